//! How well scores put rows in order.

use super::check;
use crate::error::DataError;

/// Area under the receiver operating characteristic: how probable it is that a row of the class has a
/// higher score than a row of another, a tie counting half. 0.5 is chance, 1 perfect. `None` if all
/// rows are of the class, or none is.
///
/// Computed from ranks (Mann and Whitney, 1947).
///
/// # Errors
/// As [`accuracy`](super::accuracy), and scores that are not numbers.
pub fn roc_auc(scores: &[f64], is_class: &[bool]) -> Result<Option<f64>, DataError> {
    check(scores, is_class)?;
    if let Some(score) = scores.iter().find(|score| score.is_nan()) {
        return Err(DataError::setting("a score", score, "a number"));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let (mut below, mut wins) = (0.0, 0.0);
    for ties in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let inside = ties.iter().filter(|&&row| is_class[row]).count() as f64;
        let outside = ties.len() as f64 - inside;
        wins += inside * (below + 0.5 * outside);
        below += outside;
    }
    let inside = scores.len() as f64 - below;
    let pairs = inside * below;
    Ok((pairs > 0.0).then(|| wins / pairs))
}
