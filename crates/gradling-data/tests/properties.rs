//! What holds for any numbers, labels and seeds.

use gradling_data::{Column, Table, Target, split};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_finite_number_reads_back_bit_for_bit(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
        let table = Table::new("t", vec![Column::numbers("x", vec![x])]).unwrap();
        let mut csv = Vec::new();
        table.write_csv(&mut csv).unwrap();
        let number: f64 = std::str::from_utf8(&csv).unwrap().lines().nth(1).unwrap().parse().unwrap();
        prop_assert_eq!(number.to_bits(), x.to_bits());
        prop_assert!(csv.len() < 30);
    }

    #[test]
    fn the_size_of_reads_does_not_matter(size in 1usize..9, text in "\u{feff}?\"?a\"?,b\n[1-3\",\n]{0,30}") {
        struct Bites<'a>(&'a [u8], usize);
        impl std::io::Read for Bites<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let count = self.1.min(buffer.len());
                self.0.read(&mut buffer[..count])
            }
        }
        let whole = Table::read("t", text.as_bytes()).map_err(|error| error.to_string());
        let bites = Table::read("t", Bites(text.as_bytes(), size)).map_err(|error| error.to_string());
        prop_assert_eq!(whole.map(|t| t.columns().to_vec()), bites.map(|t| t.columns().to_vec()));
    }

    #[test]
    fn a_split_has_each_row_once_and_each_class_in_its_share(
        labels in prop::collection::vec(0u8..5, 2..200), held in 0.0..1.0f64, seed: u64,
    ) {
        let csv: String = labels.iter().map(|label| format!("k{label}\n")).collect();
        let table = Table::read("t", format!("y\n{csv}").as_bytes()).unwrap();
        let Ok(target) = Target::infer(&table, "y") else { return Ok(()) };
        let parts = split(&table, &target, held, seed).unwrap();
        prop_assert_eq!(&parts, &split(&table, &target, held, seed).unwrap());

        let mut all = [&parts.train[..], &parts.held_out].concat();
        all.sort_unstable();
        prop_assert_eq!(all, table.row_ids());
        prop_assert!(parts.train.is_sorted() && parts.held_out.is_sorted());
        for class in 0..5 {
            let of_class = |rows: &[usize]| rows.iter().filter(|&&row| labels[row] == class).count();
            let (train, held_out) = (of_class(&parts.train), of_class(&parts.held_out));
            let total = train + held_out;
            prop_assert!(total == 0 || train > 0);
            prop_assert!((held_out as f64 - total as f64 * held).abs() <= 1.0 + 1e-9);
        }
    }
}

#[test]
fn folds_hold_each_row_out_once_and_each_class_in_its_share() {
    let csv: String =
        (0..50).map(|i| format!("{i},{}\n", if i % 5 == 0 { "a" } else { "b" })).collect();
    let table = Table::read("t", format!("x,y\n{csv}").as_bytes()).unwrap();
    let target = Target::infer(&table, "y").unwrap();
    for count in [2, 3, 7, 10] {
        let folds = gradling_data::folds(&table, &target, count, 4).unwrap();
        let mut held: Vec<usize> = folds.iter().flat_map(|fold| fold.held_out.clone()).collect();
        held.sort_unstable();
        assert_eq!(held, table.row_ids());
        for fold in &folds {
            assert_eq!(fold.train.len() + fold.held_out.len(), 50);
            assert!(fold.train.iter().all(|row| !fold.held_out.contains(row)));
            assert!(fold.held_out.len().abs_diff(50 / count) <= 1);
            let rare = fold.held_out.iter().filter(|&row| row % 5 == 0).count();
            assert!(rare.abs_diff(10 / count) <= 1, "{rare} of class a in one of {count} folds");
        }
    }
    for count in [0, 1, 11] {
        let error = gradling_data::folds(&table, &target, count, 4).unwrap_err().to_string();
        assert!(error.contains("from 2 to the number of rows of the rarest class, 10"), "{error}");
    }
}

#[test]
fn rows_that_are_split_again_are_those_that_were_given() {
    let csv: String =
        (0..50).map(|i| format!("{i},{}\n", if i % 5 == 0 { "a" } else { "b" })).collect();
    let table = Table::read("t", format!("x,y\n{csv}").as_bytes()).unwrap();
    let target = Target::infer(&table, "y").unwrap();
    let first = gradling_data::split(&table, &target, 0.2, 1).unwrap();
    let second = gradling_data::split_rows(&table, &target, &first.train, 0.25, 1).unwrap();
    let mut all = [second.train.clone(), second.held_out.clone()].concat();
    all.sort_unstable();
    assert_eq!(all, first.train);
    assert_eq!(second.held_out.len(), 10);
    assert_eq!(second.held_out.iter().filter(|&row| row % 5 == 0).count(), 2);
    assert!(gradling_data::split_rows(&table, &target, &[50], 0.25, 1).is_err());
}
