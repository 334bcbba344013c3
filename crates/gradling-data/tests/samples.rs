//! The example data sets are read as their documentation describes them.

use gradling_data::{Encoder, Table, Target, Targets, Task, Values, split};
use std::fs::File;

fn sample(name: &str) -> Table {
    let path = format!("{}/data/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    Table::read(format!("{name}.csv"), File::open(path).unwrap()).unwrap()
}

fn rows_per_class(table: &Table, column: &str) -> Vec<usize> {
    let rows = table.row_ids();
    let target = Target::infer(table, column).unwrap();
    let encoder = Encoder::fit(table, &rows, &target).unwrap();
    let Targets::Classes(classes) = encoder.encode_targets(table, &rows).unwrap() else {
        panic!("{column} is a quantity");
    };
    let mut counts = vec![0; target.labels().unwrap().len()];
    classes.into_iter().for_each(|class| counts[class] += 1);
    counts
}

#[test]
fn sizes_tasks_and_classes_are_those_documented() {
    // rows, columns, target, rows of each class in the order of the labels
    let expected: [(&str, usize, usize, &str, &[usize]); 6] = [
        ("moons", 200, 3, "label", &[100, 100]),
        ("circles", 200, 3, "label", &[100, 100]),
        ("spirals", 200, 3, "label", &[100, 100]),
        ("iris", 150, 5, "species", &[50, 50, 50]),
        ("breast_cancer", 569, 31, "diagnosis", &[357, 212]),
        ("digits", 1797, 65, "digit", &[178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
    ];
    for (name, rows, columns, target, counts) in expected {
        let table = sample(name);
        assert_eq!((table.rows(), table.columns().len()), (rows, columns), "{name}");
        assert_eq!(rows_per_class(&table, target), counts, "{name}");
        let task = Target::infer(&table, target).unwrap().task();
        let expected = if counts.len() == 2 { Task::Binary } else { Task::Classes(counts.len()) };
        assert_eq!(task, expected, "{name}");
    }
    let diabetes = sample("diabetes");
    assert_eq!((diabetes.rows(), diabetes.columns().len()), (442, 11));
    assert_eq!(Target::infer(&diabetes, "progression").unwrap().task(), Task::Regression);
}

#[test]
fn what_was_inferred_is_a_sentence_with_its_reason() {
    let sentence =
        |name: &str, target: &str| Target::infer(&sample(name), target).unwrap().to_string();
    assert_eq!(
        sentence("iris", "species"),
        r#"column "species" holds text with 3 different values, so the task is classification into 3 classes"#
    );
    assert_eq!(
        sentence("digits", "digit"),
        r#"column "digit" holds 10 different whole numbers in 1797 rows, few enough to be classes, so the task is classification into 10 classes"#
    );
    assert_eq!(
        sentence("moons", "label"),
        r#"column "label" holds 2 different whole numbers in 200 rows, few enough to be classes, so the task is binary classification"#
    );
    assert_eq!(
        sentence("diabetes", "progression"),
        r#"column "progression" holds more than 20 different numbers, so the task is regression"#
    );
    assert_eq!(
        sentence("iris", "petal_length_cm"),
        r#"column "petal_length_cm" holds numbers that are not all whole, so the task is regression"#
    );
    let few = Table::read("t", &b"y\n3\n1\n2\n"[..]).unwrap();
    assert_eq!(
        Target::infer(&few, "y").unwrap().to_string(),
        r#"column "y" holds 3 different whole numbers in 3 rows, fewer than 2 rows each, so the task is regression"#
    );
    assert_eq!(
        Target::classification(&few, "y").unwrap().to_string(),
        r#"column "y" holds numbers with 3 different values, so the task is classification into 3 classes"#
    );
    assert_eq!(
        Target::regression(&few, "y").unwrap().to_string(),
        r#"column "y" is taken as a quantity, so the task is regression"#
    );
}

#[test]
fn standard_scores_have_mean_0_and_deviation_1() {
    let table = sample("diabetes");
    let rows = table.row_ids();
    let target = Target::infer(&table, "progression").unwrap();
    let encoder = Encoder::fit(&table, &rows, &target).unwrap();
    let matrix = encoder.encode_features(&table, &rows).unwrap().matrix;
    assert_eq!((matrix.rows, matrix.cols, matrix.data.len()), (442, 10, 4420));
    for col in 0..matrix.cols {
        let scores: Vec<f64> = (0..matrix.rows).map(|row| matrix.row(row)[col]).collect();
        let mean = scores.iter().sum::<f64>() / 442.0;
        let square = scores.iter().map(|z| z * z).sum::<f64>() / 442.0;
        assert!(mean.abs() < 1e-13 && (square - 1.0).abs() < 1e-13, "{col}: {mean} {square}");
    }
    // From Python's statistics.fmean and pstdev: 152.13348416289594 and 77.00574586945044.
    assert!((encoder.quantity(0.0).unwrap() - 152.13348416289594).abs() < 1e-11);
    assert!((encoder.quantity(1.0).unwrap() - 229.13923003234638).abs() < 1e-11);
}

#[test]
fn pixels_that_are_always_blank_are_reported() {
    let table = sample("digits");
    let target = Target::infer(&table, "digit").unwrap();
    let encoder = Encoder::fit(&table, &table.row_ids(), &target).unwrap();
    assert_eq!(encoder.constant_features().collect::<Vec<_>>(), ["p0", "p32", "p39"]);
}

#[test]
fn the_features_of_held_out_rows_do_not_change_the_encoder() {
    let table = sample("iris");
    let target = Target::infer(&table, "species").unwrap();
    let parts = split(&table, &target, 0.2, 3).unwrap();
    let mut columns = table.columns().to_vec();
    let Values::Numbers(lengths) = columns[0].values() else { panic!("sepal length is a number") };
    let mut lengths = lengths.clone();
    parts.held_out.iter().for_each(|&row| lengths[row] = 1e6);
    columns[0] = gradling_data::Column::numbers("sepal_length_cm", lengths);
    let changed = Table::new("changed", columns).unwrap();
    assert_eq!(
        Encoder::fit(&table, &parts.train, &target).unwrap(),
        Encoder::fit(&changed, &parts.train, &target).unwrap()
    );
}
