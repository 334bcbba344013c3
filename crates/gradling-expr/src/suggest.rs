//! "Did you mean": the closest of the names that exist.

/// Names beyond so many are not looked at, so that an error stays quick in a text of a million names.
const LOOKED_AT: usize = 10_000;

/// The candidate that is the fewest typing errors away, if these are few enough for its length.
pub(crate) fn closest<'c>(
    written: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let length = written.chars().count();
    let tolerated = (length / 3).max(1);
    candidates
        .take(LOOKED_AT)
        .filter_map(|name| {
            let same_letters = name.to_lowercase() == written.to_lowercase();
            let distance = if same_letters { 0 } else { strsim::osa_distance(written, name) };
            // A name of one letter is no misspelling of another.
            (same_letters || distance <= tolerated && distance < length.max(2) && name.len() > 1)
                .then_some((distance, name))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}
