//! Where nodes may end: where what is left of all files reads as literals.

use super::field::Endianness;
use super::literal::Framing;

/// Which framings read what is left of a file from an offset on, as bits; each looked up once.
pub(super) struct Endings<'a> {
    blobs: &'a [&'a [u8]],
    endianness: Endianness,
    framings: Vec<Framing>,
    known: Vec<Vec<Option<u128>>>,
}

impl<'a> Endings<'a> {
    pub(super) fn new(blobs: &'a [&'a [u8]], endianness: Endianness) -> Self {
        Self {
            blobs,
            endianness,
            framings: Framing::all(),
            known: blobs
                .iter()
                .map(|blob| vec![None; blob.len() + 1])
                .collect(),
        }
    }

    /// Whether one framing reads most of the files in which something is left, if their nodes end
    /// there; not all, since some keep things without a length.
    pub(super) fn fit(&mut self, ends: impl Iterator<Item = usize>) -> bool {
        let mut left: Vec<u128> = Vec::new();
        for (number, end) in ends.enumerate() {
            if end != self.blobs[number].len() {
                left.push(self.framings_at(number, end));
            }
        }
        let is_most = |files: usize| 2 * files > left.len();
        // Nearly always most are read by none.
        if left.is_empty() || !is_most(left.iter().filter(|bits| **bits != 0).count()) {
            return left.is_empty();
        }
        let bits = 0..self.framings.len();
        bits.map(|bit| left.iter().filter(|own| *own >> bit & 1 == 1).count())
            .any(is_most)
    }

    fn framings_at(&mut self, number: usize, end: usize) -> u128 {
        let blob = self.blobs[number];
        let Some(known) = self.known[number].get_mut(end) else {
            return 0;
        };
        if let Some(bits) = known {
            return *bits;
        }
        let mut bits: u128 = 0;
        for (bit, framing) in self.framings.iter().enumerate() {
            if framing.literals(blob, end, self.endianness).is_some() {
                bits |= 1 << bit;
            }
        }
        *known = Some(bits);
        bits
    }
}
