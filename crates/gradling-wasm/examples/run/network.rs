//! A session of the network room, by the native engine.

use gradling_wasm::network::code::{Language, code};
use gradling_wasm::network::{Session, Settings, export};
use serde_json::{Value, json};
use std::error::Error;

/// Prints what a session has after so many steps: `SETTINGS STEPS [LOG]`, settings and log as JSON.
///
/// With `code LANGUAGE SETTINGS STEPS [LOG]` it prints the code of the session then instead.
///
/// # Errors
/// What is wrong with the settings.
pub(crate) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    match args {
        [word, language, settings, steps, log @ ..] if word == "code" => {
            let session = repeated(settings, steps, log)?;
            let language = if language == "python" { Language::Python } else { Language::Rust };
            print!("{}", code(&session, language));
            Ok(())
        }
        [settings, steps, log @ ..] => {
            println!("{}", figures(&mut repeated(settings, steps, log)?)?);
            Ok(())
        }
        _ => {
            Err("network SETTINGS STEPS [LOG] | network code LANGUAGE SETTINGS STEPS [LOG]".into())
        }
    }
}

fn repeated(settings: &str, steps: &str, log: &[String]) -> Result<Session, Box<dyn Error>> {
    let mut session = Session::new(Settings::from_json(settings)?)?;
    if let [log] = log {
        session.follow(serde_json::from_str(log)?)?;
    }
    session.repeat_to(steps.parse()?)?;
    Ok(session)
}

fn figures(session: &mut Session) -> Result<Value, Box<dyn Error>> {
    let (train, held, slopes) = (session.learned()?, session.held_out()?, session.slopes()?);
    let state = session.state();
    Ok(json!({
        "steps": state.steps,
        "epoch": state.epoch,
        "parameters": state.parameters,
        "slopes": slopes,
        "train": train,
        "held": held,
        "penalty": session.penalty(),
        "curve": session.curve(),
        "rows": session.problem.points.len(),
        "training_rows": session.problem.train.rows.len(),
        "model": export::model(session)?.len(),
    }))
}
