//! Options from outside the command line: a file of settings and the environment.
//!
//! Both become options in front of those that were typed, and of two options of one name the last counts.
//! So each is checked and explained in one place, whoever gave it.

use super::checkpoint::Checkpoint;
use super::save::CHECKPOINT;
use super::settings::nearest;
use crate::failure::Failure;
use clap::{Arg, Command};
use serde_json::Value as Json;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

const PREFIX: &str = "GRADLING_TRAIN_";
/// These are said on the command line alone.
const TYPED: [&str; 3] = ["config", "resume", "help"];
/// The most bytes of a file of settings.
const MOST_BYTES: u64 = 1 << 20;

/// A setting, and where it stands.
struct Given {
    place: String,
    key: String,
    value: String,
}

/// The arguments of the whole program with those that files and variables give for `train`.
pub(crate) fn arguments(command: &Command, typed: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let is_train = typed.get(1).is_some_and(|name| name == "train");
    let Some(train) = command.find_subcommand("train").filter(|_| is_train) else {
        return Ok(typed);
    };
    let mut all = Vec::new();
    let resume = option(&typed[2..], "--resume");
    if let Some(folder) = &resume {
        all.extend(of_checkpoint(&Path::new(folder).join(CHECKPOINT)));
    }
    let config =
        option(&typed[2..], "--config").or_else(|| std::env::var_os("GRADLING_TRAIN_CONFIG"));
    if let Some(file) = config {
        all.extend(of_file(&PathBuf::from(file))?);
    }
    all.extend(of_environment()?);
    if resume.is_some() {
        // The folder is told by --resume.
        all.retain(|given| given.key != "out");
    }
    let mut arguments = typed[..2].to_vec();
    for given in &all {
        arguments.extend(given.argument(train)?);
    }
    arguments.extend_from_slice(&typed[2..]);
    Ok(arguments)
}

/// The value of an option that was typed, the last one.
fn option(typed: &[OsString], name: &str) -> Option<OsString> {
    let mut found = None;
    let mut rest = typed.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            break;
        }
        if argument == name {
            found = rest.next().cloned();
        } else if let Some(value) =
            argument.to_str().and_then(|text| text.strip_prefix(name)?.strip_prefix('='))
        {
            found = Some(value.into());
        }
    }
    found
}

impl Given {
    /// As it would be typed; nothing for a switch that is off.
    fn argument(&self, train: &Command) -> Result<Option<OsString>, Failure> {
        let wrong = |what: String| Failure::Input(format!("{}: {what}", self.place));
        let known = |arg: &&Arg| arg.get_long().is_some_and(|long| !TYPED.contains(&long));
        let mut options = train.get_arguments().filter(known);
        let Some(option) = options.find(|arg| arg.get_long() == Some(&self.key)) else {
            if TYPED.contains(&self.key.as_str()) {
                return Err(wrong(format!("{} can be given on the command line alone", self.key)));
            }
            let names = train.get_arguments().filter(known).filter_map(Arg::get_long);
            return Err(wrong(format!(
                "there is no setting {:?}{}; `gradling train --help` lists them",
                self.key,
                nearest(&self.key, names)
            )));
        };
        let argument = if option.get_action().takes_values() {
            format!("--{}={}", self.key, self.value)
        } else {
            match self.value.as_str() {
                "true" | "1" => format!("--{}", self.key),
                "false" | "0" | "" => return Ok(None),
                _ => return Err(wrong(format!("{} is true or false", self.key))),
            }
        };
        // Checked alone, so that a mistake is told with its place.
        let alone = train.clone().mut_args(|arg| arg.required(false));
        if let Err(error) = alone.try_get_matches_from(["train", &argument]) {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            return Err(wrong(first.trim_start_matches("error: ").to_owned()));
        }
        Ok(Some(argument.into()))
    }
}

/// The settings of the run to go on with, if it has come so far; what is wrong with a checkpoint is told later.
fn of_checkpoint(path: &Path) -> Vec<Given> {
    let read = fs::read(path).ok().and_then(|bytes| Checkpoint::from_bytes(&bytes).ok());
    let Some(Checkpoint { settings, .. }) = read else {
        return Vec::new();
    };
    let given = |(key, json): (String, String)| {
        let value = typed(&serde_json::from_str(&json).ok()?)?;
        Some(Given { place: path.display().to_string(), key, value })
    };
    settings.into_iter().filter_map(given).collect()
}

/// A value as it would be typed.
fn typed(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Array(items) if items.is_empty() => Some("none".to_owned()),
        Json::Array(items) => Some(items.iter().map(typed).collect::<Option<Vec<_>>>()?.join(",")),
        Json::Null | Json::Object(_) => None,
        value => Some(value.to_string()),
    }
}

fn of_environment() -> Result<Vec<Given>, Failure> {
    let ours = |(name, value): (OsString, OsString)| {
        let name = name.to_str()?.to_owned();
        name.starts_with(PREFIX).then_some((name, value))
    };
    let mut variables: Vec<(String, OsString)> = std::env::vars_os().filter_map(ours).collect();
    variables.sort();
    let given = |(name, value): (String, OsString)| {
        let key = name[PREFIX.len()..].to_lowercase().replace('_', "-");
        let value = value.into_string().map_err(|_| {
            Failure::Input(format!("{name}: is not UTF-8 text; set it anew, or unset it"))
        })?;
        Ok(Given { place: name, key, value })
    };
    let config = |(name, _): &(String, OsString)| name != "GRADLING_TRAIN_CONFIG";
    variables.into_iter().filter(config).map(given).collect()
}

fn of_file(path: &Path) -> Result<Vec<Given>, Failure> {
    let name = path.display();
    let unreadable = |error: std::io::Error| {
        Failure::Input(format!("{name} cannot be read: {error}; give --config a TOML file"))
    };
    if fs::metadata(path).map_err(unreadable)?.len() > MOST_BYTES {
        return Err(Failure::Input(format!("{name} is too large for a file of settings")));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let place = |at: usize| {
        let line =
            1 + text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count();
        format!("{name}:{line}")
    };
    let table = DeTable::parse(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Failure::Input(format!("{}: {}", place(at), error.message()))
    })?;
    let mut all = Vec::new();
    for (key, value) in table.get_ref() {
        let (place, key) = (place(key.span().start), key.get_ref().to_string());
        let value = text_of(value.get_ref()).ok_or_else(|| {
            Failure::Input(format!(
                "{place}: {key} is no text, number, true or false, or list of these"
            ))
        })?;
        all.push(Given { place, key, value });
    }
    Ok(all)
}

/// A value as it would be typed.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).ok()?.to_string()
        }
        DeValue::Float(number) => number.as_str().replace('_', ""),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Array(items) if items.is_empty() => "none".to_owned(),
        DeValue::Array(items) => {
            let text = |item: &toml::Spanned<DeValue<'_>>| match item.get_ref() {
                DeValue::Array(_) => None,
                item => text_of(item),
            };
            items.iter().map(text).collect::<Option<Vec<String>>>()?.join(",")
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

/// Settings as a file for `--config`.
pub(super) fn to_toml(settings: &serde_json::Map<String, Json>) -> String {
    let mut text =
        "# The settings in effect. The same run: gradling train FILE --config THIS\n".to_owned();
    for (key, value) in settings {
        let value = match value {
            // TOML has whole numbers of 63 bits and a sign.
            Json::Number(number) if number.as_u64().is_some_and(|n| i64::try_from(n).is_err()) => {
                format!("\"{number}\"")
            }
            // A text of JSON is one of TOML, but for the delete character.
            value => value.to_string().replace('\u{7f}', "\\u007f"),
        };
        text.push_str(&format!("{key} = {value}\n"));
    }
    text
}
