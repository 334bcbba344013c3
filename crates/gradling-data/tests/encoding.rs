//! Columns become inputs, and answers become labels, as worked out by hand.

use gradling_data::{Code, Encoder, Standard, Table, Target, Targets, Values};

fn read(csv: &str) -> Table {
    Table::read("t.csv", csv.as_bytes()).unwrap()
}

fn fit(table: &Table, target: &str) -> Encoder {
    Encoder::fit(table, &table.row_ids(), &Target::infer(table, target).unwrap()).unwrap()
}

#[test]
fn mean_and_deviation_are_those_of_the_values_themselves() {
    // Σ = 40, n = 8, squared deviations 9 1 1 1 0 0 4 16, sum 32, 32 / 8 = 4.
    let standard = Standard::of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter());
    assert_eq!(standard, Standard { mean: 5.0, scale: 2.0, constant: false });
    assert_eq!((standard.encode(9.0), standard.decode(-1.5)), (2.0, 2.0));
}

#[test]
fn standard_scores_survive_the_ends_of_the_number_range() {
    for unit in [f64::MAX, 1e200, 1e-200, f64::MIN_POSITIVE] {
        let standard = Standard::of([-unit, unit].into_iter());
        assert_eq!((standard.mean, standard.scale), (0.0, unit), "{unit}");
    }
    let standard = Standard::of([0.0, 5e-324].into_iter());
    assert!(standard.encode(5e-324).is_finite());
}

#[test]
fn constant_columns_have_scale_1_even_when_rounding_moves_them() {
    let sum = 0.1 + 0.2; // one bit above 0.3
    for numbers in [[7.0, 7.0], [0.3, sum], [0.0, -0.0], [f64::MAX, f64::MAX]] {
        let standard = Standard::of(numbers.into_iter());
        assert_eq!((standard.scale, standard.constant), (1.0, true), "{numbers:?}");
        assert_eq!(standard.encode(numbers[0]).abs(), 0.0);
    }
}

#[test]
fn text_becomes_one_input_a_value_and_one_for_the_rest() {
    let train = read("colour,size,y\nred,1,no\nblue,3,yes\nred,1,yes\nblue,3,no\n");
    let encoder = fit(&train, "y");
    assert_eq!(encoder.inputs(), ["colour=blue", "colour=red", "colour=other", "size"]);

    // Other order, one more column; 'green' and 'pink' are new.
    let other = read("size,id,colour\n3,8,green\n1,9,red\n2,7,green\n5,6,blue\n1,5,pink\n");
    let features = encoder.encode_features(&other, &[0, 1, 2, 3]).unwrap();
    assert_eq!((features.matrix.rows, features.matrix.cols), (4, 4));
    let rows: Vec<&[f64]> = (0..4).map(|row| features.matrix.row(row)).collect();
    // The sizes have mean 2 and deviation 1.
    assert_eq!(
        rows,
        [[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, -1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 3.0]]
    );
    let unseen: Vec<String> = features.unseen.iter().map(ToString::to_string).collect();
    assert_eq!(
        unseen,
        [
            r#"column "colour": "green" was not in training, so it counts as "other" (2 rows, first on line 2)"#
        ]
    );
}

#[test]
fn classes_ascend_by_value_or_by_text() {
    let numbers = read("x,y\n1,10\n2,9\n3,-1\n4,10\n5,9\n6,-1\n");
    let encoder = fit(&numbers, "y");
    assert_eq!(
        encoder.encode_targets(&numbers, &[0, 1, 2]).unwrap(),
        Targets::Classes(vec![2, 1, 0])
    );
    assert_eq!(encoder.label(0).unwrap(), "-1");
    assert_eq!((encoder.label(3), encoder.quantity(0.0)), (None, None));

    let texts = read("x,y\n1,b\n2,B\n3,a\n");
    let encoder = fit(&texts, "y");
    assert_eq!(
        (0..3).filter_map(|class| encoder.label(class)).collect::<Vec<_>>(),
        ["B", "a", "b"]
    );
    // 0 and -0 are one label.
    assert_eq!(fit(&read("x,y\n1,0\n2,-0\n3,1\n4,1\n"), "y").label(0).unwrap(), "0");
}

#[test]
fn a_table_to_predict_may_lack_the_target_and_keeps_its_codes() {
    let train = "zip,x,y\n007,1,a\n042,2,b\n007,3,b\n042,4,a\n";
    let train = gradling_data::TableReader::new("t").text(["zip"]).read(train.as_bytes()).unwrap();
    let encoder = fit(&train, "y");
    let csv = "x,zip,y\n1,042,\n2,007,?\n";
    let table = encoder.reader("p.csv").read(csv.as_bytes()).unwrap();
    let features = encoder.encode_features(&table, &[0, 1]).unwrap();
    assert_eq!(features.matrix.row(0)[..3], [0.0, 1.0, 0.0]);
    assert!(features.unseen.is_empty());

    let judged =
        encoder.reader_with_target("p.csv").read(&b"x,zip,y\n1,042,b\n2,007,a\n"[..]).unwrap();
    assert_eq!(encoder.encode_targets(&judged, &[0, 1]).unwrap(), Targets::Classes(vec![1, 0]));
}

#[test]
fn an_encoder_comes_back_from_json_as_it_was() {
    let csv = "c,x,k,y\nred,0.1,5,1.25\nblue,0.7,5,2.5\nred,0.30000000000000004,5,3\n";
    let regression = fit(&read(csv), "y");
    let classes = fit(&read(csv), "c");
    for encoder in [regression, classes] {
        let json = serde_json::to_string(&encoder).unwrap();
        assert_eq!(serde_json::from_str::<Encoder>(&json).unwrap(), encoder);
    }
}

#[test]
fn a_damaged_encoder_is_refused() {
    let sound = serde_json::to_value(fit(&read("c,x,y\nr,1,a\ns,2,b\n"), "y")).unwrap();
    let refused = |path: &str, value: serde_json::Value| {
        let mut damaged = sound.clone();
        *damaged.pointer_mut(path).expect(path) = value;
        serde_json::from_value::<Encoder>(damaged).expect_err(path).to_string()
    };
    use serde_json::json;
    assert_eq!(refused("/features", json!([])), "encoder: it has no features");
    let feature = r#"encoder: the code of feature "x" is damaged"#;
    assert_eq!(refused("/features/1/code/number/scale", json!(0.0)), feature);
    assert_eq!(refused("/features/1/code/number/scale", json!(-1.0)), feature);
    let feature = r#"encoder: the code of feature "c" is damaged"#;
    assert_eq!(refused("/features/0/code/one_hot", json!(["s", "r"])), feature);
    assert_eq!(refused("/features/0/code/one_hot", json!([])), feature);
    let target = r#"encoder: the code of target "y" is damaged"#;
    assert_eq!(refused("/target_code/classes/texts", json!(["b", "b"])), target);
    for numbers in [json!([1.0]), json!([2.0, 1.0]), json!([1.0, 1.0]), json!([-0.0, 1.0])] {
        assert_eq!(refused("/target_code", json!({"classes": {"numbers": numbers}})), target);
    }
    assert_eq!(
        refused("/target", json!("x")),
        r#"encoder: columns 2 and 3 are both named "x"; rename one of them"#
    );
}

#[test]
fn cells_are_read_as_they_were_meant() {
    let csv = "\u{feff}\"a, b\",\u{feff}c,d\r\n 1 ,\"he said \"\"no\"\"\",.5\r\n-2e3,\" x\ny\",+7\r\n\r\n";
    let table = read(csv);
    let names: Vec<&str> = table.columns().iter().map(gradling_data::Column::name).collect();
    // A byte order mark in the middle comes from files put together; it is no part of a name.
    assert_eq!(names, ["a, b", "c", "d"]);
    assert_eq!(*table.columns()[0].values(), Values::Numbers(vec![1.0, -2000.0]));
    assert_eq!(*table.columns()[2].values(), Values::Numbers(vec![0.5, 7.0]));
    let Values::Texts(texts) = table.columns()[1].values() else { panic!("c is text") };
    assert_eq!(texts.iter().collect::<Vec<_>>(), ["he said \"no\"", "x\ny"]);
}

#[test]
fn features_tell_their_codes() {
    let encoder = fit(&read("c,x,y\nr,1,a\ns,3,b\n"), "y");
    assert_eq!(encoder.features()[0].code, Code::OneHot(vec!["r".into(), "s".into()]));
    let code = Code::Number(Standard { mean: 2.0, scale: 1.0, constant: false });
    assert_eq!(encoder.features()[1].code, code);
}
