//! `gradling import`: a network of PyTorch's, with the table that it is for.

use crate::failure::Failure;
use crate::output::{print, write_file};
use crate::predict::read;
use crate::reading::Input;
use crate::train::AskedTask;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gradling::nn::Activation;
use gradling_data::{Code, Encoder, TableReader, Target, TargetCode};
use gradling_model::{DataHash, Dense, Model, ModelError, Network};
use std::path::PathBuf;

pub(crate) const RULES: &str = "\
The file is that of safetensors.torch.save_file(model.state_dict(), FILE), with a model that is an
nn.Sequential of nn.Linear and activations: 0.weight, 0.bias, 2.weight and so on. The inputs are the
columns of the table but the target, in their order. A column of text is one input for each of its
values, sorted, and may have a last one for other values. The outputs are one for a quantity, one (the
logit of the second class) or two for two classes, and else one for each class; classes are sorted, and
what comes behind the last nn.Linear, such as nn.Softmax, is left out.";

/// Make a model of a network that PyTorch trained.
#[derive(clap::Args)]
#[command(after_help = RULES)]
pub(crate) struct Args {
    /// The safetensors file of an nn.Sequential.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The CSV file that it was trained on, which tells names, texts and classes.
    #[arg(long, value_name = "FILE.csv")]
    table: PathBuf,
    /// The column that it predicts.
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// What the target is.
    #[arg(long, value_enum, default_value = "auto")]
    task: AskedTask,
    /// The activation of the hidden layers, or one for each, separated by commas.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = activations())]
    activation: Vec<Activation>,
    /// What the network was given for numbers: as they are, or their standard scores over the table.
    #[arg(long, value_enum, default_value = "raw")]
    inputs: Scale,
    /// What the network gives for a quantity: as it is, or its standard score over the table.
    #[arg(long, value_enum, default_value = "raw")]
    outputs: Scale,
    /// The model file to write.
    #[arg(long, short, value_name = "PATH")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Scale {
    /// In the unit of the table.
    Raw,
    /// Less the mean, over the standard deviation (of the values themselves, by n).
    Standard,
}

fn activations() -> impl TypedValueParser<Value = Activation> {
    PossibleValuesParser::new(Activation::ALL.iter().map(|activation| activation.name()))
        .try_map(|name| name.parse::<Activation>())
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let wrong = |error: ModelError| Failure::Input(format!("{}: {error}", args.file.display()));
    let network = Network::from_pytorch(&read(&args.file)?, &args.activation).map_err(wrong)?;

    let name = args.table.display().to_string();
    let table = Input::open(&args.table)?.read(&TableReader::new(&name))?;
    let target = match args.task {
        AskedTask::Auto => Target::infer(&table, &args.target),
        AskedTask::Regression => Target::regression(&table, &args.target),
        AskedTask::Classes => Target::classification(&table, &args.target),
    }?;
    let mut encoder = Encoder::fit(&table, &table.row_ids(), &target)?;
    if args.inputs == Scale::Raw {
        encoder = encoder.with_raw_features();
    }
    if args.outputs == Scale::Raw {
        encoder = encoder.with_raw_target();
    }
    let network = fit(network, &encoder).map_err(|reason| {
        Failure::Input(format!("{}: does not fit {name}: {reason}", args.file.display()))
    })?;
    let sizes = sizes(&network);
    let model = Model::new(encoder, network, 0).map_err(wrong)?;
    let model = model.with_data_hash(DataHash::of_table(&table));
    write_file(&args.out, model.to_bytes().map_err(wrong)?)?;
    print(|out| {
        writeln!(out, "{target}")?;
        if let TargetCode::Classes(labels) = model.encoder().target_code() {
            writeln!(out, "classes, in the order of the outputs: {}", labels.names().join(", "))?;
        }
        writeln!(out, "network {sizes}, saved in {}", args.out.display())
    })
}

fn sizes(network: &Network) -> String {
    let mut sizes = network.inputs().to_string();
    for layer in network.layers() {
        sizes += &format!(" → {}", layer.outputs());
    }
    sizes
}

/// The network with the inputs and outputs that the encoder has.
fn fit(network: Network, encoder: &Encoder) -> Result<Network, String> {
    let names = encoder.inputs();
    // Of each text column the network may lack the input for other values.
    let others: Vec<usize> = places_of_others(encoder);
    let network = match network.inputs() {
        inputs if inputs == names.len() => network,
        inputs if inputs + others.len() == names.len() => without_others(network, &others)?,
        inputs => {
            let shown: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
            let more = if names.len() > shown.len() { ", …" } else { "" };
            return Err(format!(
                "the network takes {inputs} inputs, and the table makes {}: {}{more}; give the table with the columns that it was trained on",
                names.len(),
                shown.join(", ")
            ));
        }
    };
    let (needs, what) = match encoder.target_code() {
        TargetCode::Number(_) => (1, "a quantity needs 1".to_owned()),
        TargetCode::Classes(labels) if labels.len() == 2 => {
            (1, "two classes need 1 or 2".to_owned())
        }
        TargetCode::Classes(labels) => {
            (labels.len(), format!("{0} classes need {0}", labels.len()))
        }
    };
    let outputs = network.outputs();
    let pair =
        matches!(encoder.target_code(), TargetCode::Classes(_)) && needs == 1 && outputs == 2;
    let fitted = if pair { network.into_logit() } else { Some(network) };
    fitted.filter(|network| network.outputs() == needs).ok_or_else(|| {
        format!(
            "the network gives {outputs} outputs, and {what}; give the --target and --task that it was trained for"
        )
    })
}

/// The places of the inputs for other values.
fn places_of_others(encoder: &Encoder) -> Vec<usize> {
    let mut place = 0;
    let mut others = Vec::new();
    for feature in encoder.features() {
        place += feature.width();
        if let Code::OneHot(_) = &feature.code {
            others.push(place - 1);
        }
    }
    others
}

/// The same network with inputs at these places that have no weight.
fn without_others(network: Network, others: &[usize]) -> Result<Network, String> {
    let mut layers: Vec<Dense> = network.layers().to_vec();
    let first = &mut layers[0];
    let rows = first.weights.chunks_exact(first.inputs());
    let wide = |row: &[f64]| {
        let mut row = row.to_vec();
        // Ascending, so that each place is that in the row with those before it.
        others.iter().for_each(|&place| row.insert(place, 0.0));
        row
    };
    first.weights = rows.flat_map(wide).collect();
    Network::new(layers).map_err(|error| error.to_string())
}
