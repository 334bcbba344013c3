//! Metrics against figures worked out by hand.

use gradling_data::metrics::{Confusion, accuracy, r2, rmse};

#[test]
fn accuracy_is_the_share_of_right_classes() {
    assert_eq!(accuracy(&[0, 1, 2, 2], &[0, 1, 1, 2]).unwrap(), 0.75);
}

#[test]
fn errors_are_in_the_unit_of_the_truth() {
    // Errors 0, 3, -4, 0: squares sum to 25, over 4 is 6.25.
    assert_eq!(rmse(&[1.0, 5.0, -1.0, 4.0], &[1.0, 2.0, 3.0, 4.0]).unwrap(), 2.5);
}

#[test]
fn r2_is_1_when_perfect_and_0_for_the_mean() {
    let truth = [1.0, 2.0, 3.0, 6.0]; // mean 3, squared deviations 4 + 1 + 0 + 9 = 14
    assert_eq!(r2(&truth, &truth).unwrap(), 1.0);
    assert_eq!(r2(&[3.0; 4], &truth).unwrap(), 0.0);
    // Errors 1, 1, 1, 2: squares sum to 7.
    assert_eq!(r2(&[2.0, 3.0, 4.0, 4.0], &truth).unwrap(), 0.5);
    assert_eq!(r2(&[3.0, 4.0], &[3.0, 3.0]).unwrap(), 0.0);
    assert_eq!(r2(&[0.1; 3], &[0.1; 3]).unwrap(), 1.0);
}

#[test]
fn confusion_has_a_row_for_each_true_class() {
    let confusion = Confusion::new(&[0, 1, 2, 2, 0], &[0, 1, 1, 2, 0], 3).unwrap();
    let rows: Vec<&[usize]> = confusion.rows().collect();
    assert_eq!(rows, [[2, 0, 0], [0, 1, 1], [0, 0, 1]]);
    assert_eq!(confusion.count(1, 2), 1);
    assert_eq!((confusion.count(3, 0), confusion.count(0, 3)), (0, 0));
}
