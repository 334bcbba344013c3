//! Seeds give the same values everywhere. The expected orders come from a separate ChaCha8 and
//! shuffle, written in Python from their definitions.

use gradling_data::{Batches, Rng, Table, Target, Values, generate, split};

fn table(rows: usize, label: impl Fn(usize) -> String) -> Table {
    let csv: String = (0..rows).map(|row| label(row) + "\n").collect();
    Table::read("t", format!("y\n{csv}").as_bytes()).unwrap()
}

#[test]
fn the_bits_are_the_published_chacha8_key_stream() {
    // Zero key: 3e 00 ef 2f 89 5f 40 d6 7f 5b b8 e8 1f 09 a5 a1 (draft-strombergson-chacha).
    let mut rng = Rng::new(0);
    assert_eq!([rng.bits(), rng.bits()], [0xd640_5f89_2fef_003e, 0xa1a5_091f_e8b8_5b7f]);
}

#[test]
fn shuffles_and_splits_never_change() {
    let mut items: Vec<usize> = (0..10).collect();
    Rng::new(7).shuffle(&mut items);
    assert_eq!(items, [5, 3, 9, 8, 1, 6, 2, 0, 4, 7]);

    let quantities = table(10, |row| format!("{row}.5"));
    let target = Target::infer(&quantities, "y").unwrap();
    assert_eq!(split(&quantities, &target, 0.3, 7).unwrap().held_out, [0, 1, 3]);

    let classes = table(12, |row| if row % 3 == 0 { "b" } else { "a" }.to_owned());
    let target = Target::infer(&classes, "y").unwrap();
    let parts = split(&classes, &target, 0.25, 7).unwrap();
    assert_eq!(parts.held_out, [1, 4, 9]);
    assert_eq!(parts.train, [0, 2, 3, 5, 6, 7, 8, 10, 11]);
}

#[test]
fn the_shares_of_many_classes_add_up_to_the_whole() {
    // A quarter of each 14 rows is 3.5; rounding each up would hold out 40 of 140, not 35.
    let table = table(140, |row| format!("{}", row % 10));
    let target = Target::infer(&table, "y").unwrap();
    assert_eq!(split(&table, &target, 0.25, 1).unwrap().held_out.len(), 35);
}

#[test]
fn moons_never_change() {
    let expected = [
        [0.8477826656714967, 0.13710223396840118, 0.0],
        [-0.07879957467138739, 0.6515409832858268, 1.0],
        [0.5780078051342293, 0.9804028278183441, 0.0],
        [0.6452440469882624, -0.48880285081778196, 1.0],
        [-0.3951244029764709, 0.8172655838417241, 0.0],
        [1.5730836984128738, -0.5034626808208921, 1.0],
        [-1.0609420996397954, -0.014146940111250617, 0.0],
        [1.8911014717110213, 0.5388294223013542, 1.0],
    ];
    let points = points(&generate::moons(8, 0.1, 42).unwrap());
    for (point, expected) in points.iter().zip(expected) {
        for (x, y) in point.iter().zip(expected) {
            assert!((x - y).abs() < 1e-15, "{point:?} {expected:?}");
        }
    }
}

fn points(table: &Table) -> Vec<[f64; 3]> {
    let column = |name: &str| match table.column(name).unwrap().values() {
        Values::Numbers(numbers) => numbers.clone(),
        Values::Texts(_) => panic!("{name} is text"),
    };
    let (x1, x2, label) = (column("x1"), column("x2"), column("label"));
    (0..table.rows()).map(|row| [x1[row], x2[row], label[row]]).collect()
}

#[test]
fn without_noise_points_lie_on_their_curves() {
    for [x, y, label] in points(&generate::moons(101, 0.0, 1).unwrap()) {
        let (x, y) = if label == 0.0 { (x, y) } else { (1.0 - x, 0.5 - y) };
        assert!((x.hypot(y) - 1.0).abs() < 1e-12 && y > -1e-12);
    }
    for [x, y, label] in points(&generate::circles(101, 0.0, 1).unwrap()) {
        assert!((x.hypot(y) - if label == 0.0 { 1.0 } else { 0.5 }).abs() < 1e-12);
    }
    for [x, y, label] in points(&generate::spirals(301, 3, 0.0, 1).unwrap()) {
        let turns = y.atan2(x) / std::f64::consts::TAU - x.hypot(y) - label / 3.0;
        assert!((turns - turns.round()).abs() < 1e-12 && x.hypot(y) <= 1.0 + 1e-12);
    }
    let mut quadrants = [0; 4];
    for [x, y, label] in points(&generate::xor(400, 0.0, 1).unwrap()) {
        assert_eq!(label == 1.0, (x > 0.0) != (y > 0.0));
        assert!(x.abs() <= 1.0 && y.abs() <= 1.0);
        quadrants[usize::from(x > 0.0) * 2 + usize::from(y > 0.0)] += 1;
    }
    assert!(quadrants.iter().all(|&count| count > 60), "{quadrants:?}");
}

#[test]
fn noise_is_the_standard_deviation() {
    let table = generate::gaussians(40_000, 4, 0.25, 5).unwrap();
    let (mut sum, mut squares) = (0.0, 0.0);
    for [x, y, label] in points(&table) {
        let (sin, cos) = (std::f64::consts::FRAC_PI_2 * label).sin_cos();
        sum += (x - cos) + (y - sin);
        squares += (x - cos).powi(2) + (y - sin).powi(2);
    }
    // 80,000 draws: mean 0 ± 0.25 / 283, variance 0.0625 ± 0.0625 * sqrt(2 / 80,000), 5 sigma each.
    assert!((sum / 80_000.0).abs() < 0.0045, "{}", sum / 80_000.0);
    assert!((squares / 80_000.0 - 0.0625).abs() < 0.0016, "{}", squares / 80_000.0);
}

#[test]
fn every_order_is_as_likely_as_any_other() {
    let mut rng = Rng::new(11);
    let mut counts = std::collections::HashMap::new();
    for _ in 0..24_000 {
        let mut items = [0, 1, 2, 3];
        rng.shuffle(&mut items);
        *counts.entry(items).or_insert(0i32) += 1;
    }
    // 1,000 of each of the 24 orders; the deviation is 31, so 5 sigma is 155.
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|count| (count - 1000).abs() < 155), "{counts:?}");
}

#[test]
fn an_epoch_gives_each_row_once_and_each_epoch_another_order() {
    let mut rng = Rng::new(3);
    let mut batches = Batches::new(103, 10.try_into().unwrap());
    let mut epoch = || {
        let dealt: Vec<Vec<usize>> = batches.epoch(&mut rng).map(<[usize]>::to_vec).collect();
        assert_eq!(
            dealt.iter().map(Vec::len).collect::<Vec<_>>(),
            [vec![10; 10], vec![3]].concat()
        );
        dealt.concat()
    };
    let (first, second) = (epoch(), epoch());
    assert_ne!(first, second);
    for mut rows in [first, second] {
        rows.sort_unstable();
        assert_eq!(rows, (0..103).collect::<Vec<_>>());
    }
    assert_eq!(Batches::new(0, 5.try_into().unwrap()).epoch(&mut rng).count(), 0);
}
