//! Weights of classes, so that a rare class counts as much as a frequent one.

use crate::error::DataError;

/// A weight for each of `count` classes: n / (k n_c) for class c, where n samples are of k classes that
/// occur, n_c of them of class c. Each class then weighs as much as any other, and the mean weight of a
/// sample is 1; a class that does not occur has weight 0. (King and Zeng, Logistic Regression in Rare Events
/// Data, 2001; what scikit-learn calls `balanced`.)
///
/// ```
/// let weights = gradling_data::balanced_weights(&[0, 0, 0, 1], 2)?;
/// assert_eq!(weights, [4.0 / 6.0, 2.0]);
/// # Ok::<(), gradling_data::DataError>(())
/// ```
///
/// # Errors
/// A class that is not below `count`, or more than [`MAX_VALUES`](crate::MAX_VALUES) of them.
pub fn balanced_weights(classes: &[usize], count: usize) -> Result<Vec<f64>, DataError> {
    if count > crate::MAX_VALUES {
        let rule = format!("at most {}", crate::MAX_VALUES);
        return Err(DataError::setting("the number of classes", count, rule));
    }
    let mut counts = vec![0_usize; count];
    for &class in classes {
        let rule = || format!("less than {count}, the number of classes");
        *counts.get_mut(class).ok_or_else(|| DataError::setting("a class", class, rule()))? += 1;
    }
    Ok(balanced_weights_of_counts(&counts))
}

/// The same where so many samples are of each class.
pub fn balanced_weights_of_counts(counts: &[usize]) -> Vec<f64> {
    let all: usize = counts.iter().sum();
    let kinds = counts.iter().filter(|&&count| count > 0).count();
    let weight = |&of: &usize| match of {
        0 => 0.0,
        of => all as f64 / (kinds * of) as f64,
    };
    counts.iter().map(weight).collect()
}
