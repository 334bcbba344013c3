//! Metrics against figures worked out by hand.

use gradling_data::Matrix;
use gradling_data::metrics::{
    Confusion, accuracy, brier, calibration_error, log_loss, mae, r2, reliability, rmse, roc_auc,
};

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

/// Three classes, seven rows. What scikit-learn 1.9.1 makes of them stands beside our figures.
fn classes() -> (Matrix, [usize; 7]) {
    let data = [
        [0.7, 0.2, 0.1],
        [0.1, 0.8, 0.1],
        [0.3, 0.4, 0.3],
        [0.2, 0.2, 0.6],
        [0.05, 0.15, 0.8],
        [0.5, 0.3, 0.2],
        [0.25, 0.5, 0.25],
    ];
    (Matrix { rows: 7, cols: 3, data: data.concat() }, [0, 1, 2, 2, 2, 1, 1])
}

#[track_caller]
fn close(ours: f64, right: f64) {
    assert!((ours - right).abs() < 1e-14, "{ours} instead of {right}");
}

#[test]
fn measures_of_classes_are_those_of_scikit_learn() {
    let (probabilities, truth) = classes();
    let confusion = Confusion::new(&[0, 1, 1, 2, 2, 0, 1], &truth, 3).unwrap();
    // confusion_matrix, f1_score(average=None) and f1_score(average="macro").
    let rows: Vec<&[usize]> = confusion.rows().collect();
    assert_eq!(rows, [&[1, 0, 0], &[1, 2, 0], &[0, 1, 2]]);
    let f1: Vec<f64> = confusion.f1().into_iter().map(Option::unwrap).collect();
    close(f1[0], 0.6666666666666666);
    close(f1[1], 0.6666666666666666);
    close(f1[2], 0.8);
    close(confusion.f1_macro(), 0.7111111111111111);
    // log_loss, and brier_score_loss.
    close(log_loss(&probabilities, &truth).unwrap(), 0.630697208506423);
    close(brier(&probabilities, &truth).unwrap(), 0.34285714285714286);
    // roc_auc_score(multi_class="ovr"), the mean over the classes.
    let auc = |class: usize| {
        let scores: Vec<f64> = (0..7).map(|row| probabilities.row(row)[class]).collect();
        let is_class = truth.map(|t| t == class);
        roc_auc(&scores, &is_class).unwrap().unwrap()
    };
    close((auc(0) + auc(1) + auc(2)) / 3.0, 0.9722222222222222);
    // calibration_curve(n_bins=10) of the most probable class, and by hand |0.4 - 0| + |0.6 - 1| + |0.7 - 1|
    // + 2 · |0.8 - 1| over 7.
    let bins = reliability(&probabilities, &truth, 10).unwrap();
    let curve = [(0.4, 0.0), (0.5, 0.5), (0.6, 1.0), (0.7, 1.0), (0.8, 1.0)];
    assert_eq!(bins.len(), curve.len());
    for (bin, (confidence, accuracy)) in bins.iter().zip(curve) {
        close(bin.confidence, confidence);
        close(bin.accuracy, accuracy);
    }
    close(calibration_error(&bins), 1.5 / 7.0);
}

#[test]
fn measures_of_two_classes_are_those_of_scikit_learn() {
    let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2, 0.6];
    let truth = [0, 0, 1, 1, 1, 1, 0, 0];
    let data = scores.iter().flat_map(|p| [1.0 - p, *p]).collect();
    let probabilities = Matrix { rows: 8, cols: 2, data };
    close(roc_auc(&scores, &truth.map(|t| t == 1)).unwrap().unwrap(), 0.78125);
    close(brier(&probabilities, &truth).unwrap(), 0.1753125);
    close(log_loss(&probabilities, &truth).unwrap(), 0.5062796682446313);
    assert_eq!(roc_auc(&scores, &[true; 8]).unwrap(), None);
}

#[test]
fn measures_of_quantities_are_those_of_scikit_learn() {
    let (predicted, truth) = ([2.5, 0.0, 2.1, 7.8], [3.0, -0.5, 2.0, 7.0]);
    close(r2(&predicted, &truth).unwrap(), 0.9605995717344754);
    close(rmse(&predicted, &truth).unwrap(), 0.5361902647381803);
    close(mae(&predicted, &truth).unwrap(), 0.475);
}

#[test]
fn measures_of_what_does_not_fit_are_refused() {
    let (probabilities, truth) = classes();
    assert!(brier(&probabilities, &truth[1..]).is_err());
    assert!(log_loss(&probabilities, &[3; 7]).is_err());
    assert!(reliability(&probabilities, &truth, 0).is_err());
    assert!(roc_auc(&[f64::NAN], &[true]).is_err());
    assert!(roc_auc(&[], &[]).is_err());
}
