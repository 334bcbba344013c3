//! `gradling eval`, as a person and as a program use it.

mod terminal;

use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use terminal::{Run, gradling, run};

fn eval(args: &[&str]) -> Run {
    run(gradling().arg("eval").args(args))
}

fn values(args: &[&str]) -> Vec<Json> {
    let run = eval(args);
    assert_eq!(run.code, 0, "{}", run.err);
    let json: Json = serde_json::from_str(&run.out).unwrap();
    json["values"].as_array().unwrap().clone()
}

/// The last value of this label: what the name means at the end.
fn labelled<'v>(values: &'v [Json], label: &str) -> &'v Json {
    values.iter().rev().find(|value| value["label"] == label).unwrap()
}

/// A formula, then what each of its names comes to: its number, and its gradient if that is known.
type Example = (&'static str, &'static [(&'static str, f64, Option<f64>)]);

/// Karpathy's lecture and the tests and README of micrograd, computed with micrograd 0.1.0 in Python.
#[expect(clippy::approx_constant, reason = "numbers stand as micrograd printed them")]
const WORKED: &[Example] = &[
    (
        "a=2;b=-3;c=10;f=-2; e=a*b; d=e+c; L=d*f",
        &[
            ("L", -8.0, Some(1.0)),
            ("f", -2.0, Some(4.0)),
            ("d", 4.0, Some(-2.0)),
            ("c", 10.0, Some(-2.0)),
            ("e", -6.0, Some(-2.0)),
            ("a", 2.0, Some(6.0)),
            ("b", -3.0, Some(-4.0)),
        ],
    ),
    (
        "x1=2;x2=0;w1=-3;w2=1;b=6.8813735870195432; n=x1*w1+x2*w2+b; o=tanh(n)",
        &[
            ("n", 0.8813735870195432, Some(0.5)),
            ("o", 0.7071067811865476, Some(1.0)),
            ("b", 6.881373587019543, Some(0.5)),
            ("x2", 0.0, Some(0.5)),
            ("x1", 2.0, Some(-1.5)),
            ("w1", -3.0, Some(1.0)),
            ("w2", 1.0, Some(0.0)),
        ],
    ),
    (
        "x1=2;x2=0;w1=-3;w2=1;b=6.8813735870195432; n=x1*w1+x2*w2+b; m=2*n; ex=exp(m); p=ex-1; q=ex+1; o=p/q",
        &[
            ("o", 0.7071067811865476, Some(1.0)),
            ("ex", 5.828427124746192, Some(0.04289321881345247)),
            ("p", 4.828427124746192, Some(0.1464466094067262)),
            ("q", 6.828427124746192, Some(-0.10355339059327374)),
            ("m", 1.7627471740390863, Some(0.25)),
            ("x1", 2.0, Some(-1.5)),
            ("w1", -3.0, Some(1.0)),
        ],
    ),
    ("a=3; b=a+a", &[("b", 6.0, Some(1.0)), ("a", 3.0, Some(2.0))]),
    (
        "a=-2;b=3; d=a*b; e=a+b; f=d*e",
        &[
            ("f", -6.0, Some(1.0)),
            ("e", 1.0, Some(-6.0)),
            ("d", -6.0, Some(1.0)),
            ("a", -2.0, Some(-3.0)),
            ("b", 3.0, Some(-8.0)),
        ],
    ),
    ("a=1; b=a+a; c=b+b", &[("c", 4.0, Some(1.0)), ("a", 1.0, Some(4.0))]),
    (
        "a=2;b=3; c=a+b; d=a*b; e=c+d; f=c*d; y=e+f",
        &[
            ("y", 41.0, Some(1.0)),
            ("a", 2.0, Some(25.0)),
            ("b", 3.0, Some(19.0)),
            ("c", 5.0, Some(7.0)),
            ("d", 6.0, Some(6.0)),
        ],
    ),
    (
        "x=-4; z=2*x+2+x; q=relu(z)+z*x; h=relu(z*z); y=h+q+q*x",
        &[
            ("y", -20.0, Some(1.0)),
            ("z", -10.0, Some(-8.0)),
            ("q", 40.0, Some(-3.0)),
            ("h", 100.0, Some(1.0)),
            ("x", -4.0, Some(46.0)),
        ],
    ),
    (
        "a=-4;b=2; c=a+b; d=a*b+b**3; c=c+c+1; c=c+1+c-a; d=d+d*2+relu(b+a); d=d+3*d+relu(b-a)\n\
         e=c-d; f=e**2; g=f/2; g=g+10/f",
        &[
            ("g", 24.70408163265306, Some(1.0)),
            ("c", -1.0, Some(-6.941690962099126)),
            ("d", 6.0, Some(6.941690962099126)),
            ("e", -7.0, Some(-6.941690962099126)),
            ("f", 49.0, Some(0.4958350687213661)),
            ("a", -4.0, Some(138.8338192419825)),
            ("b", 2.0, Some(645.5772594752186)),
        ],
    ),
    (
        "a=2;b=3; y=a^b",
        &[("y", 8.0, Some(1.0)), ("a", 2.0, Some(12.0)), ("b", 3.0, Some(5.545177444479562))],
    ),
    (
        "a=-2;b=-3; y=a^b",
        &[("y", -0.125, Some(1.0)), ("a", -2.0, Some(-0.1875)), ("b", -3.0, None)],
    ),
];

#[test]
fn worked_examples_come_to_the_numbers_of_micrograd() {
    for (formula, expected) in WORKED {
        let values = values(&[formula, "--json"]);
        for &(name, data, grad) in *expected {
            let value = labelled(&values, name);
            assert_eq!(value["data"].as_f64(), Some(data), "{formula}: {name}");
            let Some(grad) = grad else {
                assert_eq!(value["grad"], "nan", "{formula}: {name}");
                continue;
            };
            let found = value["grad"].as_f64().unwrap();
            assert!((found - grad).abs() <= 1e-12 * grad.abs(), "{formula}: d/d{name} is {found}");
        }
    }
}

#[test]
fn a_step_along_the_gradient_raises_the_result() {
    // L after adding 0.01 times the gradients 6, -4, -2 and 4 to a, b, c and f: the lecture's figure.
    let formula = "a=2;b=-3;c=10;f=-2; L=(a*b+c)*f";
    let values = values(&[formula, "a=2.06", "b=-3.04", "c=9.98", "f=-1.96", "--json"]);
    let l = labelled(&values, "L")["data"].as_f64().unwrap();
    assert!((l + 7.286496).abs() < 1e-12, "{l}");
}

#[test]
fn the_table_has_every_value_in_order_with_how_it_was_made() {
    let run = eval(&["a = 2; b = -3; c = 10; d = a*b + c"]);
    let expected = "\
#  label  made by  data  grad
0  a                  2    -3
1  b                 -3     2
2  c                 10     1
3         a * b      -6     1
4  d      #3 + c      4     1
";
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), (expected, "", 0));
}

#[test]
fn numbers_are_aligned_and_constants_stand_where_they_are_used() {
    let run = eval(&["長さ = 0.5; b = (長さ - 1.25)**2; c = tanh(b)*1e-9 + 0*ln(b)"]);
    // With b = 0.5625: tanh(b) = 0.509829…, its slope 1 - tanh² = 0.740073….
    let expected = [
        " #  label  made by             data          grad",
        " 0  長さ                 0.5         -1.11011e-9",
        " 2         長さ - 1.25  -0.75        -1.11011e-9",
        " 3  b      #2 ** 2       0.5625       7.40073e-10",
        " 4         tanh(b)       0.50983      1e-9",
        " 6         #4 * 1e-9     5.0983e-10   1",
        " 7         ln(b)        -0.575364     0",
        " 9         0 * #7        0            1",
        "10  c      #6 + #9       5.0983e-10   1",
    ];
    assert_eq!(run.out.lines().collect::<Vec<_>>(), expected);
    // With --all they have a row, too.
    let constants = eval(&["x*2 + 1", "x=3", "--all"]).out;
    assert_eq!(constants.lines().count(), 1 + 5, "{constants}");
}

#[test]
fn a_label_that_was_given_on_is_not_mistaken_for_the_new_value() {
    let table = eval(&["a=1; b=2; c=a+b; old=c; c=c+1; old*c"]).out;
    assert!(table.contains("4  c      c + 1"), "{table}");
    assert!(table.contains("5         #2 * c"), "{table}");
}

#[test]
fn json_is_a_list_of_values_with_places_of_inputs() {
    let run = eval(&["x = 3; unused = 7; y = x*x - 1.5", "--json"]);
    let expected = r#"{"values": [
{"label":"x","op":"","inputs":[],"data":3.0,"grad":6.0},
{"label":"unused","op":"","inputs":[],"data":7.0,"grad":null},
{"label":null,"op":"*","inputs":[0,0],"data":9.0,"grad":1.0},
{"label":null,"op":"","inputs":[],"data":1.5,"grad":-1.0},
{"label":"y","op":"-","inputs":[2,3],"data":7.5,"grad":1.0}
]}
"#;
    assert_eq!((run.out.as_str(), run.code), (expected, 0));
}

#[test]
fn json_has_the_inputs_of_names_that_the_result_does_not_use() {
    // The sum a + 1 has no name, and the result b is not made from it.
    let values = values(&["a = 2; c = (a + 1)*5; b = a*3", "--json"]);
    let number = |place: &Json| values[place.as_u64().unwrap() as usize]["data"].as_f64().unwrap();
    let c = labelled(&values, "c");
    let inputs: Vec<f64> = c["inputs"].as_array().unwrap().iter().map(number).collect();
    assert_eq!((inputs, c["data"].as_f64()), (vec![3.0, 5.0], Some(15.0)));
    for value in &values {
        let inputs: Vec<f64> = value["inputs"].as_array().unwrap().iter().map(number).collect();
        let expected = match value["op"].as_str().unwrap() {
            "*" => inputs[0] * inputs[1],
            "+" => inputs[0] + inputs[1],
            _ => continue,
        };
        assert_eq!(value["data"].as_f64(), Some(expected), "{value}");
    }
}

#[test]
fn numbers_that_are_not_finite_are_texts_in_json_and_explained() {
    let values = values(&["a = 0; y = ln(a); z = y - y", "--json"]);
    assert_eq!(labelled(&values, "y")["data"], "-inf");
    assert_eq!(labelled(&values, "z")["data"], "nan");
    assert_eq!(labelled(&values, "a")["grad"], "nan");
    let values = self::values(&["1/x", "x=0", "--json"]);
    assert_eq!(values[2]["data"], "inf");

    let run = eval(&["ln(x) * 2", "x=-1"]);
    assert_eq!((run.err.as_str(), run.code), ("note: ln gave NaN from x = -1\n", 0));
    assert!(run.out.contains("nan"), "{}", run.out);
}

#[test]
fn a_gradient_never_computed_is_shown_as_such() {
    let table = eval(&["a = 1; b = 2; a"]).out;
    assert!(table.contains("1  b                  2     –"), "{table}");
}

#[test]
fn check_shows_the_slopes_and_agrees_with_them() {
    let run = eval(&["x = 0.5; y = x^2 * sin(x) + 3", "--check"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.err, "note: each gradient agrees with its slope, to 1e-5\n");
    assert!(run.out.lines().next().unwrap().ends_with("slope"), "{}", run.out);
    let values = values(&["x = 0.5; y = x^2 * sin(x) + 3", "--check", "--json"]);
    // 2x sin x + x² cos x, by hand.
    let slope = 2.0 * 0.5 * 0.5_f64.sin() + 0.25 * 0.5_f64.cos();
    assert!((labelled(&values, "x")["slope"].as_f64().unwrap() - slope).abs() < 1e-8);
    // A large result rounds its slopes more.
    assert_eq!(eval(&["x = 1; x + 1e10", "--check"]).code, 0);
}

#[test]
fn check_fails_where_there_is_no_one_slope() {
    let run = eval(&["y = relu(x)", "x=0", "--check"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err
            .starts_with("error: 1 of 2 gradients and their slopes are more than 1e-5 apart: x\n"),
        "{}",
        run.err
    );
    assert!(run.out.contains("0.5 ≠"), "{}", run.out);
    assert_eq!(eval(&["y = relu(x)", "x=0", "--check", "--json"]).code, 1);
}

#[test]
fn minus_signs_are_no_options() {
    let of = |args: &[&str]| values(args).last().unwrap()["data"].as_f64().unwrap();
    assert_eq!(of(&["-x^2", "x=-3", "--json"]), -9.0);
    assert_eq!(of(&["--json", "-2*x", "x=-1e-3"]), 0.002);
    assert_eq!(of(&["-h*2", "h=4", "--json"]), -8.0);
    assert_eq!(of(&["--json", "--", "-x", "x=1"]), -1.0);
}

#[test]
fn the_formula_can_come_from_a_file_or_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("formula.txt");
    fs::write(&file, "# a parabola\r\na = 2\r\ny = a*x^2\r\n").unwrap();
    let expected = eval(&["a = 2; y = a*x^2", "x=3"]).out;
    assert!(expected.contains("18"), "{expected}");
    assert_eq!(eval(&["--file", file.to_str().unwrap(), "x=3"]).out, expected);
    let piped = |args: &[&str]| run(gradling().arg("eval").args(args).pipe_stdin(&file).unwrap());
    assert_eq!(piped(&["-", "x=3"]).out, expected);
    assert_eq!(piped(&["--file", "-", "x=3"]).out, expected);
    let run = run(gradling().arg("eval").write_stdin("1 + 2"));
    assert!(run.out.ends_with("1 + 2       3     1\n"), "{}", run.out);
}

#[test]
fn errors_have_a_place_a_fix_and_the_exit_code_2() {
    let run = eval(&["rate = 0.1\ny = 2x + 1"]);
    let expected = "\
error: `2` and `x` stand side by side
 --> 2:5
  |
2 | y = 2x + 1
  |     ^^
  = help: for their product write `2*x`
";
    assert_eq!((run.err.as_str(), run.out.as_str(), run.code), (expected, "", 2));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    fs::write(&file, "1 +").unwrap();
    let path = file.to_str().unwrap();
    let run = eval(&["--file", path]);
    assert!(run.err.contains(&format!("--> {path}:1:3\n")), "{}", run.err);
    fs::write(&file, b"a = 1\nb\xff").unwrap();

    for (args, says) in [
        (&["x"][..], "x"),
        (&["x", "y=1"], "`y` is given, but the text does not use it"),
        (&["x", "x=1", "x=2"], "`x` is given twice"),
        (&["x", "x=one"], "`x` is given as `one`, which is not a number: write x=2"),
        (&["x", "x="], "`x` is given as ``"),
        (&["x", "=1"], "`=1` should be NAME=NUMBER"),
        (&["a", "=", "2"], "a formula with spaces in it needs quotes"),
        (&["x", "x=\u{1b}[31m"], "`\\u{1b}[31m`"),
        (&["[1, 2]"], "list"),
        (&[""], "there is nothing to compute"),
        (&["--jsn"], "there is no option --jsn"),
        (&["x", "x=1", "--jsn"], "--json"),
        (&["--file", "no such file"], "no such file cannot be read"),
        (&["--file", path], "is not UTF-8 text: see byte 8 (line 2)"),
        (&["x", "x=1", "--svg", "no such folder/x.svg"], "no such folder/x.svg cannot be written"),
        (&["x", "x=1", "--svg", "-", "--dot", "-"], "only one"),
        (&["x", "x=1", "--svg", "-", "--json"], "only one"),
    ] {
        let run = eval(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.starts_with("error: ") && run.err.contains(says), "{args:?}: {}", run.err);
    }
}

#[test]
fn pictures_go_to_files_or_to_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let (svg, dot) = (folder.path().join("g.svg"), folder.path().join("g.dot"));
    let (svg_path, dot_path) = (svg.to_str().unwrap(), dot.to_str().unwrap());
    fs::write(&svg, "an older picture").unwrap();
    let run = eval(&["x*x", "x=2", "--svg", svg_path, "--dot", dot_path]);
    assert_eq!(run.code, 0);
    // The table is printed as always.
    assert_eq!(run.out, eval(&["x*x", "x=2"]).out);
    let (svg, dot) = (fs::read_to_string(svg).unwrap(), fs::read_to_string(dot).unwrap());
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert!(dot.starts_with("digraph {") && dot.contains("{ x | data 2.0000 | grad 4.0000 }"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");

    assert_eq!(eval(&["x*x", "x=2", "--svg", "-"]).out, svg);
    assert_eq!(eval(&["x*x", "x=2", "--dot", "-"]).out, dot);
}

#[test]
fn a_formula_of_a_megabyte_is_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long");
    let path = file.to_str().unwrap();
    let long = format!("x = 1\ny = {}x", "0.5*x + ".repeat(130_000));
    fs::write(&file, &long).unwrap();
    let run = eval(&["--file", path]);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("rows from the middle are left out; --all shows them"), "{}", run.err);
    assert_eq!(run.out.lines().count(), 1 + 200 + 1);
    assert!(run.out.lines().last().unwrap().contains("65001"), "{}", run.out);

    // x, then a constant, a product and a sum for each term.
    let json: Json = serde_json::from_str(&eval(&["--file", path, "--json"]).out).unwrap();
    let values = json["values"].as_array().unwrap();
    assert_eq!(values.len(), 1 + 3 * 130_000);
    assert_eq!(values[0]["grad"].as_f64(), Some(65_001.0));

    let svg = eval(&["--file", path, "--svg", "-"]);
    assert!(svg.err.contains("the picture shows the last 10000 of 390001 values"), "{}", svg.err);
    let check = eval(&["--file", path, "--check"]);
    assert!(check.code == 2 && check.err.contains("check a smaller part"), "{}", check.err);

    for hostile in
        ["(".repeat(1 << 20), "-".repeat(1 << 20), "x".repeat(1 << 20), "\0".repeat(1 << 20)]
    {
        fs::write(&file, hostile).unwrap();
        let run = eval(&["--file", path]);
        assert!(run.code == 2 && run.err.len() < 2000, "{}", run.err);
    }
    fs::write(&file, format!("{}2", "-".repeat(1 << 20))).unwrap();
    assert_eq!(eval(&["--file", path]).code, 0);
    fs::write(&file, " ".repeat((16 << 20) + 1)).unwrap();
    assert!(eval(&["--file", path]).err.contains("longer than 16 MiB"));
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let formula = format!("x = 1\ny = {}x", "0.5*x + ".repeat(50_000));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long");
    fs::write(&file, formula).unwrap();
    for option in ["--all", "--json"] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("gradling"))
            .args(["eval", option, "--file"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
    }
}

#[test]
fn colour_is_for_those_who_ask() {
    let escapes = |args: &[&str], name: &str, value: &str| {
        let run = run(gradling().arg("eval").args(args).env(name, value));
        (run.out + &run.err).contains('\u{1b}')
    };
    for args in [&["1 + x", "x=2"][..], &["1 +"]] {
        assert!(!escapes(args, "NO_COLOR", "1"));
        assert!(!escapes(args, "TERM", "xterm"), "a pipe is no terminal");
        assert!(escapes(args, "CLICOLOR_FORCE", "1"));
    }
}
