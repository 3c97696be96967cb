//! Classes of bytes: their ranges as they are stored.

use crate::byte_set::ByteSet;

/// The bytes of a class.
pub(super) fn set(negated: bool, ranges: &[(u8, u8)]) -> ByteSet {
    let set = ByteSet::from_ranges(ranges);
    if negated { set.complement() } else { set }
}

/// Pairs of a class whose bytes must lie in one of them, in ascending order; none for the empty
/// class. Ranges stay apart as they were written unless they overlap. Of a negated class the pair
/// from what follows the last range to what precedes the first comes last, if `turned`, or is cut
/// in two at the byte 0xff.
pub(super) fn pairs(negated: bool, ranges: &[(u8, u8)], turned: bool) -> Vec<(u8, u8)> {
    let mut sorted: Vec<(u8, u8)> = Vec::new();
    let mut ranges = ranges.to_vec();
    ranges.sort_unstable();
    for (low, high) in ranges {
        match sorted.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            _ => sorted.push((low, high)),
        }
    }
    if !negated {
        return sorted;
    }
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
        return vec![(0, 0xff)];
    };
    if !turned || first.0 == 0 || last.1 == 0xff {
        return set(negated, &sorted).ranges();
    }
    let around = (last.1 + 1, first.0 - 1);
    let mut pairs: Vec<(u8, u8)> = sorted
        .windows(2)
        .map(|two| (two[0].1 + 1, two[1].0 - 1))
        .collect();
    pairs.push(around);
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_published_expressions() {
        let turned = |ranges| pairs(true, ranges, true);
        assert_eq!(turned(&[(b'/', b'/')]), [(0x30, 0x2e)]);
        assert_eq!(
            turned(&[(b'.', b'.'), (b'/', b'/')]),
            [(0x2f, 0x2e), (0x30, 0x2d)]
        );
        assert_eq!(
            pairs(false, &[(b'A', b'Z'), (b'a', b'z'), (b'0', b'9')], true),
            [(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]
        );
        assert_eq!(pairs(true, &[(0, 0x1f)], true), [(0x20, 0xff)]);
        assert_eq!(pairs(true, &[(0, 0xff)], true), []);
    }
}
