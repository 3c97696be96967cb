//! Names that are near to one that is none.

/// The known name that is nearest to one, if it is near: a third of its letters may differ, but at
/// most four. Of several as near, the first in alphabetical order.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (name.len() / 3).clamp(1, 4);
    let near = known
        .filter(|candidate| !candidate.is_empty() && candidate.len().abs_diff(name.len()) <= limit)
        .map(|candidate| (distance(name.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()?;
    Some(near.1)
}

/// Edits between two names: insert, delete, replace, swap of neighbours.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name() {
        let known = ["file-read*", "file-write*", "default"];
        let near = |name| nearest(name, known.into_iter());
        assert_eq!(near("file-raed*"), Some("file-read*"));
        assert_eq!(near("file-wirte"), Some("file-write*"));
        assert_eq!(near("process-exec"), None);
    }
}
