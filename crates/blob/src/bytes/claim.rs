//! Who owns which byte.

use std::collections::BTreeMap;
use std::ops::Range;

/// A run of bytes with its one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<O> {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What the bytes are.
    pub owner: O,
}

/// Why the claims do not cover the input once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Two owners want the same byte.
    #[error(
        "at byte {start}: {wanted} wants bytes up to {end}, but {owner} owns {other_start} to {other_end}"
    )]
    Overlap {
        /// First byte of the second claim.
        start: usize,
        /// One past its last byte.
        end: usize,
        /// Who claims.
        wanted: String,
        /// First byte of the first claim.
        other_start: usize,
        /// One past its last byte.
        other_end: usize,
        /// Who owns.
        owner: String,
    },
    /// Bytes that nothing explains.
    #[error("at byte {start}: nothing explains the bytes up to {end}")]
    Leftover {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
    },
}

/// Spans claimed so far over an input. Several uses of one thing claim it once: a second claim of
/// the same span by an equal owner is the same claim.
#[derive(Clone, Debug)]
pub struct Claims<O> {
    length: usize,
    spans: BTreeMap<usize, Span<O>>,
}

impl<O: Clone + PartialEq + std::fmt::Display> Claims<O> {
    /// Over an input of `length` bytes.
    pub fn new(length: usize) -> Self {
        Self {
            length,
            spans: BTreeMap::new(),
        }
    }

    /// Claims bytes for an owner. An empty range claims nothing.
    ///
    /// # Errors
    /// If another owner has one of them, or this one has them in another cut.
    pub fn claim(&mut self, range: Range<usize>, owner: O) -> Result<(), ClaimError> {
        if range.is_empty() {
            return Ok(());
        }
        // Spans do not overlap, so the last that starts before our end is the only rival.
        if let Some((_, rival)) = self.spans.range(..range.end).next_back()
            && rival.end > range.start
        {
            if rival.start == range.start && rival.end == range.end && rival.owner == owner {
                return Ok(());
            }
            return Err(ClaimError::Overlap {
                start: range.start,
                end: range.end,
                wanted: owner.to_string(),
                other_start: rival.start,
                other_end: rival.end,
                owner: rival.owner.to_string(),
            });
        }
        let span = Span {
            start: range.start,
            end: range.end,
            owner,
        };
        self.spans.insert(range.start, span);
        Ok(())
    }

    /// Bytes that nobody claimed, in order.
    pub fn gaps(&self) -> Vec<Range<usize>> {
        let mut gaps = Vec::new();
        let mut at = 0;
        for span in self.spans.values() {
            if span.start > at {
                gaps.push(at..span.start);
            }
            at = span.end;
        }
        if at < self.length {
            gaps.push(at..self.length);
        }
        gaps
    }

    /// All spans in order, covering the input without a gap.
    ///
    /// # Errors
    /// The first gap.
    pub fn finish(self) -> Result<Vec<Span<O>>, ClaimError> {
        match self.gaps().first() {
            Some(gap) => Err(ClaimError::Leftover {
                start: gap.start,
                end: gap.end,
            }),
            None => Ok(self.spans.into_values().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_owner() {
        let mut claims = Claims::new(10);
        assert_eq!(claims.claim(0..4, "head"), Ok(()));
        assert_eq!(claims.claim(6..10, "tail"), Ok(()));
        assert_eq!(claims.claim(6..10, "tail"), Ok(()), "the same claim again");
        for range in [3..5, 0..4, 5..7, 0..10, 7..8] {
            let rival = claims.claim(range, "rival");
            assert!(matches!(rival, Err(ClaimError::Overlap { .. })));
        }
        assert_eq!(claims.gaps().first(), Some(&(4..6)));
        assert_eq!(claims.claim(5..5, "nothing"), Ok(()));
        let left = claims.clone().finish();
        assert_eq!(left, Err(ClaimError::Leftover { start: 4, end: 6 }));
        assert_eq!(claims.claim(4..6, "middle"), Ok(()));
        let owners: Vec<_> = claims
            .finish()
            .expect("covered")
            .into_iter()
            .map(|s| s.owner)
            .collect();
        assert_eq!(owners, ["head", "middle", "tail"]);
    }
}
