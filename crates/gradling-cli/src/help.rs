//! Help that starts with examples: most people look for a line to copy.

use clap::Command;
use clap::builder::StyledStr;
use gradling::Op;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// Examples come before the options.
const TEMPLATE: &str =
    "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// What to type, and what it does.
type Example = (&'static str, &'static str);

const GRADLING: &[Example] = &[
    ("gradling demo", "The whole idea in a minute: slopes, a neuron, a network that learns"),
    ("gradling eval 'a = 2; b = -3; d = a*b + 10'", "Every value of a formula, and its gradient"),
    ("gradling train iris.csv --target species", "A network for the table in a file"),
    ("gradling play", "See every gradient in the browser"),
    ("gradling help eval", "More on one of the commands"),
];

const DEMO: &[Example] = &[
    ("gradling demo", "Show it, and draw the neuron into neuron.svg"),
    ("gradling demo --seed 7", "Another beginning for the networks"),
    ("gradling demo --out /tmp/neuron.svg", "Put the picture elsewhere"),
];

const EVAL: &[Example] = &[
    ("gradling eval 'a = 2; b = -3; c = 10; d = a*b + c'", "All values and gradients"),
    ("gradling eval 'tanh(w*x + b)' w=-3 x=2 b=6.9", "Numbers for names from outside"),
    ("gradling eval 'x = 0.5; x^2 * sin(x)' --check", "Slopes beside the gradients"),
    ("gradling eval 'x = 2; x*x + x' --svg graph.svg", "A picture of the graph"),
    ("gradling eval --file model.txt x=1 --json", "From a file, for another program"),
    ("echo 'x^2' | gradling eval - x=3", "From a pipe"),
];

const TRAIN: &[Example] = &[
    ("gradling train iris.csv --target species", "Learn to tell one column from the others"),
    (
        "gradling train iris.csv --target species --out iris",
        "Keep the network in a folder, with pictures",
    ),
    (
        "gradling train iris.csv --target species --resume iris",
        "Go on where that was interrupted or killed",
    ),
    ("gradling train moons.csv --target label --layers 16,16 --epochs 200", "Another network"),
    (
        "gradling train people.csv --missing median --without id",
        "Fill gaps, leave a column out, predict the last one",
    ),
    (
        "gradling train moons.csv --target label --patience 20 --calibrate temperature",
        "Stop when it gets no better, and give probabilities to trust",
    ),
    (
        "gradling train moons.csv --target label --sweep rate=0.1,0.01 'layers=16;32,32' --out moons",
        "Try settings on all cores, and keep the best",
    ),
    (
        "gradling train iris.csv --target species --repeat 10",
        "Ten times, to see how much is chance",
    ),
];

const PREDICT: &[Example] = &[
    ("gradling predict iris new.csv", "Apply the network in a folder to a table"),
    ("cat new.csv | gradling predict iris - > predictions.csv", "From a pipe, into a file"),
];

const INSPECT: &[Example] = &[
    ("gradling inspect iris.csv", "What a table holds, column by column, and what is suspicious"),
    ("gradling inspect iris", "What a trained network predicts, and from what"),
    ("gradling inspect iris --data iris.csv", "And whether it learned from this table"),
    ("gradling inspect iris.csv --json", "For another program"),
];

const EXPORT: &[Example] = &[
    ("gradling export iris --to onnx -o iris.onnx", "For onnxruntime, and whatever reads ONNX"),
    ("gradling export iris --to pytorch -o iris-torch", "For PyTorch: tensors, and a model.py"),
    (
        "gradling export iris --to rust -o iris.rs",
        "As source that depends on nothing: rust, c, javascript",
    ),
];

const IMPORT: &[Example] = &[
    (
        "gradling import net.safetensors --table iris.csv --target species --activation relu -o iris",
        "An nn.Sequential that was trained on the numbers of a table as they are",
    ),
    (
        "gradling import net.safetensors --table t.csv --target y --inputs standard -o t",
        "One that was trained on their standard scores",
    ),
    ("gradling predict iris new.csv", "Apply it"),
];

const PLAY: &[Example] = &[
    ("gradling play", "Serve the playground on this machine and open it"),
    (
        "gradling play --no-open --port 9000",
        "At a port of your choice, for a browser of your choice",
    ),
];

const COMPLETIONS: &[Example] = &[
    ("gradling completions bash > ~/.local/share/bash-completion/completions/gradling", "For bash"),
    ("gradling completions fish > ~/.config/fish/completions/gradling.fish", "For fish"),
    ("gradling completions zsh > ~/.zfunc/_gradling", "For zsh, with ~/.zfunc in fpath"),
];

/// The command with examples in front of its help and that of its subcommands.
pub(crate) fn with_examples(command: Command) -> Command {
    let language = language();
    let examples = |name: &str| match name {
        "demo" => DEMO,
        "eval" => EVAL,
        "train" => TRAIN,
        "predict" => PREDICT,
        "inspect" => INSPECT,
        "export" => EXPORT,
        "import" => IMPORT,
        "play" => PLAY,
        "completions" => COMPLETIONS,
        _ => GRADLING,
    };
    let dress = |command: Command| {
        let shown = shown(examples(command.get_name()));
        command.help_template(TEMPLATE).before_help(shown)
    };
    dress(command).mut_subcommands(dress).mut_subcommand("eval", |eval| eval.after_help(language))
}

fn shown(examples: &[Example]) -> StyledStr {
    let styles = clap::builder::Styles::styled();
    let (heading, literal) = (styles.get_header(), styles.get_literal());
    let mut text = format!("{heading}Examples:{heading:#}");
    for (typed, does) in examples {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {does}\n    {literal}{typed}{literal:#}");
    }
    text.into()
}

/// What a formula can be made of.
fn language() -> StyledStr {
    let styles = clap::builder::Styles::styled();
    let heading = styles.get_header();
    // Those that are signs as well are written as signs.
    let is_sign = |name: &str| {
        Op::from_name(name).is_some_and(|op| !op.symbol().contains(char::is_alphabetic))
    };
    let functions = gradling_expr::functions().filter(|name| !is_sign(name));
    let mut text = format!(
        "{heading}Formulas:{heading:#}
  a = 2        a leaf, with a gradient; numbers within an expression are constants
  d = a*b + c  a value with the label d; what was written last is the result
  + - * /      arithmetic; ^ or ** is a power, and < <= > >= == != give 1 or 0
  w = [1, 2]   a list, for dot(w, [x, y]) or w[0]
  pi, e        the constants; # begins a comment
  Functions:  "
    );
    let mut width = 14;
    for name in functions {
        if width + name.len() + 1 > 78 {
            text.push_str("\n              ");
            width = 14;
        }
        text.push(' ');
        text.push_str(name);
        width += name.len() + 1;
    }
    text.into()
}

/// Shows the help of a subcommand that was called with nothing to do: wrong usage.
pub(crate) fn of(command: &mut Command, name: &str) -> ExitCode {
    if let Some(command) = command.find_subcommand_mut(name) {
        let help = command.render_help();
        // Where stderr is closed, the exit code has to do.
        let _ = write!(anstream::stderr(), "{}", help.ansi());
    }
    ExitCode::from(2)
}
