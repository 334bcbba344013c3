//! Source that a model is exported to: compiled, run on every row, and compared with `gradling predict`.

use crate::case::{Case, cases, program};
use crate::terminal;
use gradling_data::Fill;
use std::fs;
use std::process::Command;

/// The last digits depend on the order of sums and on each language's own functions.
const TOLERANCE: f64 = 1e-12;

/// The names between these two in each line that has both.
fn fields<'a>(source: &'a str, before: &'a [&'a str], after: &str) -> Vec<&'a str> {
    let field = |line: &'a str| {
        let rest = before.iter().find_map(|before| line.strip_prefix(before))?;
        rest.split_once(after).map(|(name, _)| name)
    };
    source.lines().filter_map(field).collect()
}

/// What runs one of many models: its number is the argument.
#[test]
fn rust_compiles_without_a_warning_and_predicts_the_same() {
    let all = tempfile::tempdir().unwrap();
    let (mut modules, mut arms) = (String::new(), String::new());
    let cases = cases();
    for (n, case) in cases.iter().enumerate() {
        let source = fs::read_to_string(case.export("rust", "model.rs")).unwrap();
        let row = source.split_once("pub struct Row").unwrap().1.split_once("}\n").unwrap().0;
        let names = fields(row, &["    pub "], ":");
        assert_eq!(names.len(), case.rows[0].len(), "{}", case.name);
        let number = row.lines().filter(|line| line.starts_with("    pub "));
        let sets = names.iter().zip(number).enumerate().map(|(i, (name, line))| {
            match line.ends_with(": f64,") {
                true => format!("{name}: number(cells[{i}]), "),
                false => format!("{name}: cells[{i}], "),
            }
        });
        let row: String = sets.collect();
        let print = if case.model.encoder().label(0).is_some() {
            "print!(\"{}\\x1f\", p.label()); for p in p.probabilities { print!(\"{p:?}\\x1f\"); }"
        } else {
            "print!(\"{p:?}\\x1f{p:?}\\x1f\");"
        };
        fs::write(all.path().join(format!("model_{n}.rs")), source).unwrap();
        modules += &format!("mod model_{n};\n");
        arms += &format!(
            "\"{n}\" => {{ let p = model_{n}::predict(&model_{n}::Row {{ {row} }}); {print} }}\n"
        );
    }
    let main = format!(
        "{modules}fn number(cell: &str) -> f64 {{ if cell.is_empty() {{ f64::NAN }} else {{ cell.parse().unwrap() }} }}\n\
         fn main() {{\n let which = std::env::args().nth(1).unwrap();\n \
         let all = std::io::read_to_string(std::io::stdin()).unwrap();\n \
         for row in all.split_terminator('\\x1e') {{\n let cells: Vec<&str> = row.split_terminator('\\x1f').collect();\n \
         match which.as_str() {{\n {arms} _ => panic!() }}\n print!(\"\\x1e\");\n }}\n}}\n"
    );
    fs::write(all.path().join("main.rs"), main).unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2021", "-D", "warnings", "-A", "dead_code", "main.rs", "-o", "main"]);
    program(rustc.current_dir(all.path()), "");
    for (n, case) in cases.iter().enumerate() {
        let mut main = Command::new(all.path().join("main"));
        let printed = program(main.arg(n.to_string()), &case.cells());
        case.compare(&printed, TOLERANCE);
    }
}

#[test]
fn c_compiles_without_a_warning_and_predicts_the_same() {
    for case in cases() {
        let path = case.export("c", "model.c");
        let source = fs::read_to_string(path).unwrap();
        let row =
            source.split_once("struct model_row {\n").unwrap().1.split_once("};\n").unwrap().0;
        let names = fields(row, &["    double ", "    const char *"], ";");
        assert_eq!(names.len(), case.rows[0].len(), "{}", case.name);
        let sets = names.iter().zip(row.lines()).map(|(name, line)| {
            if line.starts_with("    double ") {
                format!("row.{name} = number(cell(&at));\n")
            } else {
                format!("row.{name} = cell(&at);\n")
            }
        });
        let sets: String = sets.collect();
        let print = if case.model.encoder().label(0).is_some() {
            "struct model_prediction p = model_predict(&row); int k; printf(\"%s\\x1f\", p.label); \
             for (k = 0; k < MODEL_CLASSES; k++) printf(\"%.17g\\x1f\", p.probabilities[k]);"
        } else {
            "double p = model_predict(&row); printf(\"%.17g\\x1f%.17g\\x1f\", p, p);"
        };
        let main = format!(
            "#include \"model.c\"\n#include <stdio.h>\n#include <stdlib.h>\n\
             static char *cell(char **at) {{ char *begin = *at, *end = strchr(begin, 0x1f); *end = 0; *at = end + 1; return begin; }}\n\
             static double number(const char *cell) {{ return *cell ? strtod(cell, NULL) : NAN; }}\n\
             static char all[1 << 22];\n\
             int main(void) {{\n char *at = all; struct model_row row;\n all[fread(all, 1, sizeof all - 1, stdin)] = 0;\n \
             while (*at) {{\n {sets} at++;\n {{ {print} }}\n printf(\"\\x1e\");\n }}\n return 0;\n}}\n"
        );
        fs::write(case.folder.path().join("main.c"), main).unwrap();
        let mut cc = Command::new("cc");
        // With trigraphs, as the standard has them.
        cc.args(["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main", "-lm"]);
        program(cc.current_dir(case.folder.path()), "");
        let printed = program(&mut Command::new(case.folder.path().join("main")), &case.cells());
        case.compare(&printed, TOLERANCE);
    }
}

const NODE: &str = r#"
import { readFileSync } from "node:fs";
import * as model from "./model.mjs";
const rows = readFileSync(0, "utf8").split("\x1e").slice(0, -1);
let out = "";
for (const row of rows) {
  const cells = row.split("\x1f");
  const entries = model.columns.map(({ name, values }, i) => [name, values ? cells[i] : cells[i] === "" ? NaN : Number(cells[i])]);
  let p;
  try {
    p = model.predict(Object.fromEntries(entries));
  } catch (error) {
    // It refuses a row without a prediction.
    if (!(error instanceof TypeError)) throw error;
    p = model.labels ? { label: "", probabilities: model.labels.map(() => NaN) } : NaN;
  }
  out += (typeof p === "number" ? [p, p] : [p.label, ...p.probabilities]).map((x) => x + "\x1f").join("") + "\x1e";
}
process.stdout.write(out);
"#;

#[test]
fn javascript_predicts_the_same_and_refuses_rows_that_lack_a_column() {
    for case in cases() {
        let path = case.export("javascript", "model.mjs");
        assert!(!fs::read_to_string(path).unwrap().contains("</script"), "{}", case.name);
        fs::write(case.folder.path().join("main.mjs"), NODE).unwrap();
        let mut node = Command::new("node");
        let printed = program(node.arg("main.mjs").current_dir(case.folder.path()), &case.cells());
        case.compare(&printed, TOLERANCE);

        let empty = "import('./model.mjs').then((m) => { try { m.predict({}) } catch (e) { console.log(e.message) } })";
        let mut node = Command::new("node");
        let said = program(node.args(["-e", empty]).current_dir(case.folder.path()), "");
        let mut features = case.model.encoder().features().iter();
        if features.any(|feature| matches!(feature.missing, None | Some(Fill::Drop))) {
            assert!(
                said.starts_with("column ") && said.ends_with(", and is undefined\n"),
                "{said}"
            );
        } else {
            assert_eq!(said, "", "{}", case.name);
        }
    }
}

/// The files of PyTorch, run with a small twin of what they use of torch and safetensors.
#[test]
fn the_program_for_pytorch_loads_its_tensors_and_predicts_the_same() {
    let twin = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interchange/twin");
    for case in cases() {
        let folder = case.export("pytorch", "torch");
        let mut python = Command::new("python3");
        python.arg(format!("{twin}/run.py")).arg(&folder).env("PYTHONPATH", twin);
        let printed = program(python.env("PYTHONDONTWRITEBYTECODE", "1"), &case.cells());
        case.compare(&printed, TOLERANCE);
    }
}

#[test]
fn what_cannot_be_exported_is_refused_and_nothing_is_written() {
    let nul = "a,kind\nx\0y,1\nz,2\nx\0y,2\nz,1\n";
    let case = Case::train("nul", nul, "kind", &["--layers", "none"]);
    let folder = case.folder.path();
    fs::write(folder.join("file"), "").unwrap();
    let before = fs::read_dir(folder).unwrap().count();
    let cases = [
        (
            &["out", "--to", "c", "-o", "m.c"][..],
            "out: cannot be exported to c: the text \"x\\0y\" holds",
        ),
        (&["none", "--to", "onnx", "-o", "m"], "none: cannot be read: "),
        (
            &["table.csv", "--to", "onnx", "-o", "m"],
            "table.csv: is no model file, or a damaged one (",
        ),
        (&["out", "--to", "onnx", "-o", "file/m.onnx"], "file/m.onnx cannot be written: "),
        (&["out", "--to", "pytorch", "-o", "file"], "file cannot be made: "),
        (&["out", "--to", "rust", "--dtype", "f32", "-o", "m.rs"], "--dtype is for --to pytorch"),
        (&["out", "--to", "keras", "-o", "m"], "invalid value 'keras' for '--to <FORMAT>'"),
        (&["out", "--to", "onnx"], "the following required arguments were not provided"),
    ];
    for (args, message) in cases {
        let run = terminal::run(terminal::gradling().current_dir(folder).arg("export").args(args));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.starts_with(&format!("error: {message}")), "{args:?}: {}", run.err);
        assert_eq!(fs::read_dir(folder).unwrap().count(), before, "{args:?} left a file");
    }
}
