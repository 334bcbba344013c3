//! `gradling train` and `gradling predict`, run as a user runs them.

use assert_cmd::Command;
use gradling::Value;
use gradling_data::{Table, samples};
use gradling_model::Model;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn gradling() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gradling"));
    command.env_remove("CLICOLOR_FORCE").env_remove("COLORTERM").env_remove("NO_COLOR");
    command
}

/// A folder with these files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// Runs in a folder and gives exit code, stdout and stderr.
fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = gradling().current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Runs what must succeed without a word on stderr, and gives stdout.
fn done(folder: &Path, args: &[&str]) -> String {
    let (code, stdout, stderr) = run(folder, args);
    assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}");
    stdout
}

fn json(path: PathBuf) -> Json {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The mean held-out score over five seeds with the defaults.
fn mean_over_five_seeds(csv: &str, target: &str) -> f64 {
    let folder = folder(&[("data.csv", csv)]);
    let args = ["train", "data.csv", "--target", target, "--repeat", "5"];
    let stdout = done(folder.path(), &args);
    let last = stdout.lines().last().unwrap();
    let (_, mean) = last.split_once("over 5 seeds: mean ").unwrap();
    mean.split(',').next().unwrap().parse().unwrap()
}

macro_rules! reaches {
    ($($name:ident: $csv:ident, $target:literal, $least:literal;)*) => {
        $(#[test]
        fn $name() {
            let mean = mean_over_five_seeds(samples::$csv, $target);
            assert!(mean >= $least, "the mean is {mean}, and should be at least {}", $least);
        })*
    };
}

reaches! {
    moons_are_told_apart: MOONS, "label", 0.95;
    circles_are_told_apart: CIRCLES, "label", 0.98;
    spirals_are_told_apart: SPIRALS, "label", 0.95;
    irises_are_told_apart: IRIS, "species", 0.94;
    tumours_are_told_apart: BREAST_CANCER, "diagnosis", 0.96;
    digits_are_told_apart: DIGITS, "digit", 0.95;
    the_course_of_diabetes_is_foreseen: DIABETES, "progression", 0.4;
}

#[test]
fn the_same_seed_gives_the_same_files_and_another_seed_others() {
    let folder = folder(&[("moons.csv", samples::MOONS)]);
    let train = |out: &str, seed: &str| {
        let base = ["train", "moons.csv", "--target", "label", "--epochs", "5"];
        done(folder.path(), &[&base[..], &["--out", out, "--seed", seed]].concat());
    };
    train("a", "1");
    train("b", "1");
    train("c", "2");
    for name in [
        "model.safetensors",
        "record.json",
        "report.html",
        "boundary.svg",
        "boundary.png",
        "learning-curve.svg",
        "learning-curve.png",
    ] {
        let bytes = |out: &str| fs::read(folder.path().join(out).join(name)).unwrap();
        assert_eq!(bytes("a"), bytes("b"), "{name}");
        assert_ne!(bytes("a"), bytes("c"), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 9);
}

/// Predictions of a folder's model for a file, cell by cell, with the header apart.
fn predictions(folder: &Path, csv: &str) -> (String, Vec<Vec<String>>) {
    let stdout = done(folder, &["predict", "out", csv]);
    let mut lines = stdout.lines();
    let header = lines.next().unwrap().to_owned();
    (header, lines.map(|line| line.split(',').map(str::to_owned).collect()).collect())
}

#[test]
fn predictions_of_classes_are_those_of_the_network_on_the_tape() {
    let folder = folder(&[("iris.csv", samples::IRIS)]);
    let base = ["train", "iris.csv", "--target", "species", "--epochs", "20", "--out", "out"];
    done(folder.path(), &base);
    let (header, rows) = predictions(folder.path(), "iris.csv");
    assert_eq!(header, "prediction,p(setosa),p(versicolor),p(virginica)");
    assert_eq!(rows.len(), 150);

    let bytes = fs::read(folder.path().join("out/model.safetensors")).unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    let table = Table::read("iris.csv", samples::IRIS.as_bytes()).unwrap();
    let inputs = model.encoder().encode_features(&table, &table.row_ids()).unwrap().matrix;
    let mlp = model.network();
    for (row, cells) in rows.iter().enumerate() {
        let p = gradling::softmax(&mlp.forward(inputs.row(row)));
        for (cell, p) in cells[1..].iter().zip(&p) {
            assert!((cell.parse::<f64>().unwrap() - p.data()).abs() < 1e-12);
        }
        let of = |cell: &String| cell.parse::<f64>().unwrap();
        let best = (1..4).max_by(|&a, &b| of(&cells[a]).total_cmp(&of(&cells[b]))).unwrap();
        assert!(header.split(',').nth(best).unwrap().contains(&cells[0]));
    }

    // The figures in the record, counted again from the predictions of all rows.
    let truth = samples::IRIS.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
    let right = rows.iter().zip(truth).filter(|(cells, truth)| cells[0] == *truth).count();
    let record = json(folder.path().join("out/record.json"));
    let part = |name: &str, rows: &str| {
        let accuracy = record["result"][name]["accuracy"].as_f64().unwrap();
        accuracy * record["data"][rows].as_f64().unwrap()
    };
    let recorded = part("training", "training_rows") + part("held_out", "held_out_rows");
    assert!((recorded - right as f64).abs() < 1e-9, "{recorded} of record, {right} counted");
}

#[test]
fn predictions_of_quantities_are_in_the_unit_of_the_target() {
    // y = 100 + 10 x, which a linear model finds.
    let csv: String = (0..50).map(|x| format!("{x},{}\n", 100 + 10 * x)).collect();
    let folder = folder(&[("line.csv", &format!("x,y\n{csv}")), ("new.csv", "x\n10.5\n-1\n")]);
    let base = ["train", "line.csv", "--target", "y", "--layers", "none", "--weight-decay", "0"];
    done(folder.path(), &[&base[..], &["--out", "out"]].concat());
    let (header, rows) = predictions(folder.path(), "new.csv");
    assert_eq!(header, "prediction");
    for (cells, right) in rows.iter().zip([205.0, 90.0]) {
        let y: f64 = cells[0].parse().unwrap();
        assert!((y - right).abs() < 0.1, "{y} is not {right}");
    }
}

#[test]
fn tables_to_predict_may_have_other_columns_in_another_order_and_come_from_a_pipe() {
    let folder = folder(&[
        ("toys.csv", "size,colour,kind\n1,red,a\n2,blue,b\n3,red,b\n4,blue,a\n5,red,a\n"),
        ("same.csv", "size,colour\n1,red\n2,blue\n"),
    ]);
    let base = ["train", "toys.csv", "--target", "kind", "--epochs", "3", "--held-out", "0"];
    done(folder.path(), &[&base[..], &["--out", "out"]].concat());
    let plain = done(folder.path(), &["predict", "out/model.safetensors", "same.csv"]);

    let mixed = "note,colour,size\n?,red,1\nNA,blue,2\n";
    let mut piped = gradling();
    piped.current_dir(&folder).args(["predict", "out", "-", "--out", "p.csv"]);
    piped.write_stdin(mixed).assert().success().stdout("");
    assert_eq!(fs::read_to_string(folder.path().join("p.csv")).unwrap(), plain);
}

#[test]
fn text_that_was_not_in_training_is_told_on_stderr() {
    let folder = folder(&[
        ("toys.csv", "colour,kind\nred,a\nblue,b\nred,b\nblue,a\n"),
        ("new.csv", "colour\ngreen\nred\ngreen\n"),
    ]);
    let base = ["train", "toys.csv", "--target", "kind", "--epochs", "1", "--held-out", "0"];
    done(folder.path(), &[&base[..], &["--out", "out"]].concat());
    let (code, stdout, stderr) = run(folder.path(), &["predict", "out", "new.csv"]);
    assert_eq!((code, stdout.lines().count()), (0, 4));
    assert_eq!(
        stderr,
        "note: column \"colour\": \"green\" was not in training, so it counts as \"other\" (2 rows, first on line 2)\n"
    );
}

#[test]
fn the_report_says_what_was_understood_and_what_came_of_it() {
    let csv = "a,same,y\n1,7,0.5\n2,7,1.5\n3,7,2.5\n4,7,3.5\n5,7,4.5\n";
    let folder = folder(&[("line.csv", csv)]);
    let args = ["train", "line.csv", "--target", "y", "--epochs", "100", "--seed", "3"];
    let stdout = done(folder.path(), &args);
    for line in [
        "line.csv: 5 rows, 2 features: a, same",
        "column \"y\" holds numbers that are not all whole, so the task is regression",
        "the same in every training row, so of no use: same",
        "4 rows to train on, 1 row held out, at random, by seed 3",
        "network 2 → 32 → 32 → 1 with tanh, 1,185 parameters",
        "100 epochs of 1 step, rate 0.01 falling to 0, weight decay 0.5",
    ] {
        assert!(stdout.lines().any(|told| told == line), "{line}\n  is not in\n{stdout}");
    }
    let numbers = stdout.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let epochs: Vec<u32> = numbers.skip_while(|&n: &u32| n != 1).take(21).collect();
    assert_eq!(epochs[..3], [1, 5, 10]);
    assert_eq!(epochs[20], 100);
    assert!(stdout.lines().last().unwrap().starts_with("held out: R² "));

    let quiet = done(folder.path(), &[&args[..], &["--quiet"]].concat());
    assert_eq!(quiet.lines().collect::<Vec<_>>(), [stdout.lines().last().unwrap()]);
}

#[test]
fn drawings_are_coloured_where_colour_is_on_and_of_letters_else() {
    let folder = folder(&[("moons.csv", samples::MOONS)]);
    let args = ["train", "moons.csv", "--target", "label", "--epochs", "30"];
    let plain = done(folder.path(), &args);
    assert!(!plain.contains('\u{1b}') && !plain.contains('▀'));
    let letters = |letter| plain.matches(letter).count();
    assert!(letters('x') > 40 && letters('o') > 40 && letters('⠤') > 4);

    let coloured = |variable: &str, value: &str| {
        let mut command = gradling();
        command.current_dir(&folder).args(args).env("CLICOLOR_FORCE", "1").env(variable, value);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(coloured("TERM", "xterm").matches('▀').count(), 60 * 22);
    assert!(coloured("COLORTERM", "truecolor").contains("\u{1b}[38;2;"));
    assert!(!coloured("COLORTERM", "").contains("\u{1b}[38;2;"));
}

#[test]
fn pictures_are_sound_svg_whatever_the_names() {
    // Two features and two labels with what SVG and terminals give a meaning to.
    let header = "<b>&'1',\"x\u{1b}[31m\ny\",<script>\n";
    let row = |i: u32| format!("{},{},{}\n", i % 7, i % 5, if i % 7 > 3 { "a&b" } else { "<&>" });
    let csv = header.to_owned() + &(0..60).map(row).collect::<String>();
    let folder = folder(&[("odd<.csv", &csv)]);
    let args = ["train", "odd<.csv", "--target", "<script>", "--epochs", "3", "--out", "out"];
    let stdout = done(folder.path(), &args);
    assert!(!stdout.contains('\u{1b}'));

    let svg = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let (curve, boundary) = (svg("learning-curve.svg"), svg("boundary.svg"));
    let texts = |svg: &str| -> Vec<String> {
        let document = roxmltree::Document::parse(svg).unwrap();
        assert!(document.descendants().all(|node| !node.has_tag_name("script")));
        let texts = document.descendants().filter(|node| node.has_tag_name("text"));
        texts.map(|node| node.text().unwrap_or_default().trim().to_owned()).collect()
    };
    for text in ["odd<.csv: <script>", "loss", "accuracy", "training", "held out", "epoch"] {
        assert!(texts(&curve).iter().any(|found| found == text), "{text}");
    }
    for text in ["a&b", "<&>", "<b>&'1'", "x\u{fffd}[31m\u{fffd}y", "held out"] {
        assert!(texts(&boundary).iter().any(|found| found == text), "{text}");
    }
    // A disc and an edge for each of 60 rows, and for each of the 3 entries of the legend.
    let document = roxmltree::Document::parse(&boundary).unwrap();
    let circles = document.descendants().filter(|node| node.has_tag_name("circle")).count();
    assert_eq!(circles, 2 * (60 + 3));
}

#[test]
fn pictures_in_pixels_show_what_the_svg_says() {
    let folder = folder(&[("moons.csv", samples::MOONS)]);
    let args = ["train", "moons.csv", "--target", "label", "--epochs", "4", "--out", "out"];
    done(folder.path(), &args);
    for name in ["boundary", "learning-curve"] {
        let path = folder.path().join("out").join(name);
        let pixels = tiny_skia::Pixmap::load_png(path.with_extension("png")).unwrap();
        let svg = fs::read_to_string(path.with_extension("svg")).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let number = |node: roxmltree::Node<'_, '_>, name: &str| -> u32 {
            node.attribute(name).unwrap().parse().unwrap()
        };
        let root = document.root_element();
        let size = (2 * number(root, "width"), 2 * number(root, "height"));
        assert_eq!((pixels.width(), pixels.height()), size);
        let colour = |x: u32, y: u32| {
            let pixel = pixels.pixel(2 * x, 2 * y).unwrap();
            format!("#{:02X}{:02X}{:02X}", pixel.red(), pixel.green(), pixel.blue())
        };
        let all = |tag: &'static str| root.descendants().filter(move |node| node.has_tag_name(tag));
        // The title has letters, and there are none to its left.
        let title = all("text").next().unwrap();
        let (left, top) = (number(title, "x"), number(title, "y"));
        let inked = |from: u32| {
            let row = |y| (from..from + 20).filter(move |&x| colour(x, y) != "#FFFFFF").count();
            (top..top + 16).map(row).sum::<usize>()
        };
        assert!(inked(left) > 40, "{name}");
        assert_eq!(inked(left - 20), 0, "{name}");
        // The disc that was drawn last covers the others, as a row that was held out.
        let filled = |node: &roxmltree::Node<'_, '_>| node.attribute("fill") != Some("none");
        if let Some(disc) = all("circle").rfind(filled) {
            let found = colour(number(disc, "cx"), number(disc, "cy"));
            assert_eq!(Some(found.as_str()), disc.attribute("fill"));
        }
        // The field in a corner of the plane, or else the white below all.
        let corner = if name == "boundary" { (78, 74) } else { (2, 2) };
        let covers = |node: &roxmltree::Node<'_, '_>| {
            let (x, y) = (number(*node, "x"), number(*node, "y"));
            let (right, bottom) = (x + number(*node, "width"), y + number(*node, "height"));
            (x..right).contains(&corner.0) && (y..bottom).contains(&corner.1)
        };
        let field = all("rect").filter(filled).rfind(covers).unwrap();
        assert_eq!(Some(colour(corner.0, corner.1).as_str()), field.attribute("fill"), "{name}");
        // The lines of the training rows.
        let lines = all("polyline").filter(|line| line.attribute("stroke") == Some("#0072B2"));
        assert_eq!(lines.count(), if name == "boundary" { 0 } else { 4 }, "two, and their legends");
    }
}

#[test]
fn a_boundary_of_an_earlier_run_does_not_stay_beside_another_model() {
    let folder = folder(&[("moons.csv", samples::MOONS), ("iris.csv", samples::IRIS)]);
    let train = |file, target| {
        let args = ["train", file, "--target", target, "--epochs", "1", "--out", "out"];
        done(folder.path(), &args);
        let there = |name: &str| folder.path().join("out").join(name).exists();
        assert_eq!(there("boundary.svg"), there("boundary.png"));
        there("boundary.svg")
    };
    assert!(train("moons.csv", "label"));
    assert!(!train("iris.csv", "species"));
}

/// Runs what must fail with this code, and without a file, and gives the message.
fn fails(folder: &Path, code: i32, args: &[&str]) -> String {
    let before = fs::read_dir(folder).unwrap().count();
    let (found, stdout, stderr) = run(folder, args);
    assert_eq!((found, stdout.as_str()), (code, ""), "{args:?}: {stderr}");
    assert_eq!(fs::read_dir(folder).unwrap().count(), before, "{args:?} left a file");
    stderr
}

#[test]
fn wrong_input_is_refused_with_its_place_and_the_fix() {
    let folder = folder(&[
        ("iris.csv", samples::IRIS),
        ("one.csv", "x,y\n1,a\n2,a\n"),
        ("hole.csv", "x,y\n1,a\n,b\n"),
        ("empty.csv", ""),
        ("lonely.csv", "y\n1.5\n2.5\n"),
    ]);
    let train = |args: &[&str]| fails(folder.path(), 2, &[&["train"], args].concat());
    let iris = |args: &[&str]| train(&[&["iris.csv", "--target", "species"], args].concat());
    let cases = [
        (train(&["none.csv", "--target", "y"]), "none.csv cannot be opened: "),
        (train(&["empty.csv", "--target", "y"]), "empty.csv: is empty; the first line must name"),
        (
            train(&["iris.csv", "--target", "specis"]),
            "iris.csv: there is no column \"specis\", but there is \"species\"; the columns are ",
        ),
        (train(&["one.csv", "--target", "y"]), "one.csv: column \"y\" holds \"a\" in every row"),
        (train(&["hole.csv", "--target", "y"]), "hole.csv:3, column \"x\": "),
        (train(&["lonely.csv", "--target", "y"]), "lonely.csv: has no column besides the target"),
        (
            iris(&["--task", "regression"]),
            "iris.csv: column \"species\" holds text, and regression",
        ),
        (iris(&["--layers", "4,0"]), "invalid value '4,0' for '--layers"),
        (iris(&["--layers", "9000,9000"]), "a network 4 → 9000 → 9000 → 3 has 81,081,003 weights"),
        (iris(&["--activation", "swish"]), "invalid value 'swish' for '--activation"),
        (iris(&["--rate", "0"]), "invalid value '0' for '--rate <R>': write a number above 0"),
        (iris(&["--rate", "nan"]), "invalid value 'nan' for '--rate"),
        (iris(&["--weight-decay=-1"]), "invalid value '-1' for '--weight-decay"),
        (iris(&["--held-out", "1"]), "invalid value '1' for '--held-out"),
        (iris(&["--epochs", "0"]), "invalid value '0' for '--epochs"),
        (iris(&["--batch", "0"]), "invalid value '0' for '--batch"),
        (iris(&["--repeat", "2", "--out", "x"]), "the argument '--repeat <N>' cannot be used with"),
    ];
    for (stderr, message) in cases {
        assert!(stderr.starts_with(&format!("error: {message}")), "{stderr} is not\n{message}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_training() {
    let folder = folder(&[("iris.csv", samples::IRIS)]);
    let args = ["train", "iris.csv", "--target", "species", "--out", "iris.csv/out"];
    // Nothing on stdout: training did not begin.
    let stderr = fails(folder.path(), 2, &args);
    assert!(stderr.starts_with("error: iris.csv/out cannot be written to: "), "{stderr}");
}

#[test]
fn wrong_tables_and_models_are_refused_for_prediction() {
    let folder = folder(&[
        ("moons.csv", samples::MOONS),
        ("few.csv", "label,other\n1,2\n"),
        ("text.csv", "x1,x2\n1,2\n3,many\n"),
        // y = 1000 x, so that a number near the largest there is has a prediction beyond it.
        ("line.csv", "x,y\n0,0\n1,1000\n2,2000.5\n3,3000\n"),
        ("far.csv", "x\n1\n1e307\n"),
    ]);
    let base = ["train", "moons.csv", "--target", "label", "--epochs", "1", "--out", "out"];
    done(folder.path(), &base);
    let base = ["train", "line.csv", "--target", "y", "--held-out", "0", "--out", "line"];
    done(folder.path(), &[&base[..], &["--layers", "none", "--weight-decay", "0"]].concat());
    let predict =
        |model: &str, file: &str| fails(folder.path(), 2, &["predict", model, file, "--out", "p"]);
    let cases = [
        (predict("none", "moons.csv"), "none: cannot be read: "),
        (predict("moons.csv", "moons.csv"), "moons.csv: is no model file, or a damaged one ("),
        (predict(".", "moons.csv"), "./model.safetensors: cannot be read: "),
        (predict("out", "none.csv"), "none.csv cannot be opened: "),
        (
            predict("out", "few.csv"),
            "few.csv: misses the columns \"x1\", \"x2\", which the model was trained on; add what is missing",
        ),
        (predict("out", "text.csv"), "text.csv:3, column \"x2\": "),
        (predict("line", "far.csv"), "far.csv:3: the prediction for this row is not finite; "),
    ];
    for (stderr, message) in cases {
        assert!(stderr.starts_with(&format!("error: {message}")), "{stderr} is not\n{message}");
    }
}

#[test]
fn training_that_diverges_says_where_and_what_to_try() {
    let folder = folder(&[("diabetes.csv", samples::DIABETES)]);
    let base = ["train", "diabetes.csv", "--target", "progression", "--quiet"];
    let diverge = |args: &[&str]| fails(folder.path(), 1, &[&base[..], args].concat());
    let stderr = diverge(&["--rate", "1e100", "--activation", "relu"]);
    assert!(stderr.starts_with("error: training diverged in epoch 1: "), "{stderr}");
    assert!(stderr.contains(" gave ") || stderr.contains(" became "), "{stderr}");
    assert!(stderr.ends_with("; try --rate 0.01 or --activation tanh\n"), "{stderr}");
    diverge(&["--rate", "1e100", "--activation", "relu", "--out", "fresh"]);
    assert!(!folder.path().join("fresh").exists(), "an empty folder was left");
    let stderr = diverge(&["--rate", "1e200", "--repeat", "2"]);
    assert!(stderr.starts_with("error: seed 0: training diverged in epoch 1: "), "{stderr}");
}

#[test]
fn a_reader_of_stdout_that_leaves_does_not_stop_the_run() {
    let folder = folder(&[("moons.csv", samples::MOONS)]);
    let leave = |args: &[&str]| {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("gradling"))
            .current_dir(&folder)
            .args(args)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert!(child.wait().unwrap().success(), "{args:?}");
    };
    leave(&["train", "moons.csv", "--target", "label", "--epochs", "40", "--out", "out"]);
    leave(&["predict", "out", "moons.csv"]);
    let bytes = fs::read(folder.path().join("out/model.safetensors")).unwrap();
    assert!(Model::from_bytes(&bytes).is_ok());
}

/// What Ctrl-C sends.
#[cfg(unix)]
#[test]
fn an_interrupted_run_saves_what_there_is_and_exits_with_130() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = folder(&[("moons.csv", samples::MOONS)]);
    let args = ["train", "moons.csv", "--target", "label", "--epochs", "1000000", "--out", "out"];
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("gradling"))
        .current_dir(&folder)
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // Once the first epoch is told of, training is under way.
    let mut line = String::new();
    while !line.starts_with("    1 ") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "no epoch was told of");
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: interrupted\n");

    let model = fs::read(folder.path().join("out/model.safetensors")).unwrap();
    let outputs = Model::from_bytes(&model).unwrap().network().forward(&[0.5, -0.5]);
    assert!(outputs.into_iter().map(Value::data).all(f64::is_finite));
    let record = json(folder.path().join("out/record.json"));
    assert_eq!(record["end"], "interrupted");
    let epochs = record["epochs"].as_array().unwrap();
    assert!(!epochs.is_empty() && epochs.len() < 1_000_000);
    assert!(record["result"]["held_out"]["accuracy"].is_number());
}
