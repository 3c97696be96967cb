//! Writes of a compiler that was watched, held against the profile that it made: what was seen to
//! be written, by which write, and what was not.

use std::collections::BTreeMap;
use std::ops::Range;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Its number in the trace.
    pub seq: u64,
    /// Number of the process: an address means another buffer in each.
    pub process: u64,
    /// Address of the buffer.
    pub buf: u64,
    /// Offset in the buffer.
    pub at: u64,
    /// What was written.
    pub bytes: Vec<u8>,
}

/// What one buffer held at last, as far as writes to it were seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// The process it is in.
    pub process: u64,
    /// Its address.
    pub buf: u64,
    /// How many writes there were.
    pub writes: usize,
    /// Each byte that was written, by its offset, with the number of the last write to it.
    pub bytes: BTreeMap<u64, (u8, u64)>,
    /// The writes before the last to a byte, by its offset, in their order.
    pub earlier: BTreeMap<u64, Vec<u64>>,
}

/// A buffer whose every byte is that of a profile, when laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment<'b> {
    /// The buffer.
    pub buffer: &'b Buffer,
    /// Where in the profile its offset 0 is.
    pub shift: usize,
    length: usize,
}

/// Puts the writes of each buffer together, in the order of the first write to each, and held against
/// the profile that was made.
///
/// Memory is used again, so a write to the start of a buffer that has a start already may begin another
/// buffer there; or it is done over, as where a header is filled in at the end. It is taken for the
/// latter where that shows more of the profile than any buffer does else.
pub fn rebuild(writes: &[Write], profile: &[u8]) -> Vec<Buffer> {
    let mut buffers = begun(writes);
    let mut places: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
    for (number, buffer) in buffers.iter().enumerate() {
        let place = places.entry((buffer.process, buffer.buf)).or_default();
        place.push(number);
    }
    let mut most = widest(&buffers, profile).map_or(0, |best| best.buffer.bytes.len());
    let mut best: Option<(Buffer, &[usize])> = None;
    for numbers in places.values() {
        for end in 1..=numbers.len() {
            let mut whole = buffers[numbers[end - 1]].clone();
            for start in (end.saturating_sub(DONE_OVER)..end - 1).rev() {
                // What is not the profile's stays in any that begins before it.
                if whole.align(profile).is_none() {
                    break;
                }
                whole = buffers[numbers[start]].clone().followed_by(&whole);
                if whole.bytes.len() > most && whole.align(profile).is_some() {
                    most = whole.bytes.len();
                    best = Some((whole.clone(), &numbers[start..end]));
                }
            }
        }
    }
    if let Some((whole, [first, others @ ..])) = best {
        buffers[*first] = whole;
        let mut number = 0..;
        buffers.retain(|_| {
            number
                .next()
                .is_some_and(|number| !others.contains(&number))
        });
    }
    buffers
}

/// How often a start may be written, and what was written before it be looked at.
const DONE_OVER: usize = 64;

/// The buffers, if each write to a start begins one.
fn begun(writes: &[Write]) -> Vec<Buffer> {
    let mut buffers: Vec<Buffer> = Vec::new();
    let mut current: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for write in writes {
        let place = (write.process, write.buf);
        let known = current.get(&place).copied().filter(|known| {
            !(write.at == 0 && !write.bytes.is_empty() && buffers[*known].bytes.contains_key(&0))
        });
        let at = known.unwrap_or_else(|| {
            buffers.push(Buffer {
                process: write.process,
                buf: write.buf,
                writes: 0,
                bytes: BTreeMap::new(),
                earlier: BTreeMap::new(),
            });
            buffers.len() - 1
        });
        current.insert(place, at);
        buffers[at].writes += 1;
        for (offset, byte) in (0..).zip(&write.bytes) {
            buffers[at].put(write.at.saturating_add(offset), (*byte, write.seq));
        }
    }
    buffers
}

impl Buffer {
    fn put(&mut self, at: u64, byte: (u8, u64)) {
        if let Some((_, seq)) = self.bytes.insert(at, byte) {
            self.earlier.entry(at).or_default().push(seq);
        }
    }

    /// This one, written over by what came later.
    fn followed_by(mut self, later: &Self) -> Self {
        self.writes += later.writes;
        for (at, byte) in &later.bytes {
            self.put(*at, *byte);
        }
        for (at, seqs) in &later.earlier {
            self.earlier.entry(*at).or_default().extend(seqs);
        }
        for seqs in self.earlier.values_mut() {
            seqs.sort_unstable();
        }
        self
    }

    /// Lays it over a profile, so that all its bytes are the profile's; at the first place if there
    /// are many.
    pub fn align(&self, profile: &[u8]) -> Option<Alignment<'_>> {
        let (last, _) = self.bytes.last_key_value()?;
        let last = usize::try_from(*last).ok()?;
        let shifts = 0..profile.len().saturating_sub(last);
        let fits = |shift: &usize| {
            let mut bytes = self.bytes.iter();
            bytes.all(|(at, (byte, _))| profile[shift + *at as usize] == *byte)
        };
        let shift = shifts.into_iter().find(fits)?;
        Some(Alignment {
            buffer: self,
            shift,
            length: profile.len(),
        })
    }
}

/// The buffer that shows most of a profile: the one it was made in, if all of it was watched.
pub fn widest<'b>(buffers: &'b [Buffer], profile: &[u8]) -> Option<Alignment<'b>> {
    let aligned = buffers.iter().filter_map(|buffer| buffer.align(profile));
    // The first of equals.
    aligned.reduce(
        |best, one| match one.buffer.bytes.len() > best.buffer.bytes.len() {
            true => one,
            false => best,
        },
    )
}

impl Alignment<'_> {
    /// The write that made a byte of the profile.
    pub fn write_of(&self, at: usize) -> Option<u64> {
        let offset = at.checked_sub(self.shift)? as u64;
        self.buffer.bytes.get(&offset).map(|(_, seq)| *seq)
    }

    /// The ranges of the profile that were seen to be written.
    pub fn witnessed(&self) -> Vec<Range<usize>> {
        self.ranges(true)
    }

    /// The others.
    pub fn holes(&self) -> Vec<Range<usize>> {
        self.ranges(false)
    }

    fn ranges(&self, seen: bool) -> Vec<Range<usize>> {
        runs((0..self.length).filter(|at| self.write_of(*at).is_some() == seen))
    }

    /// The writes that made the bytes of a range, each once, in order.
    pub fn writes_of(&self, range: Range<usize>) -> Vec<u64> {
        let mut writes: Vec<u64> = range.filter_map(|at| self.write_of(at)).collect();
        writes.sort_unstable();
        writes.dedup();
        writes
    }

    /// The earlier writes to bytes of a range that a later write replaced; each once, in order.
    pub fn overwritten(&self, range: Range<usize>) -> Vec<u64> {
        let offsets = range.filter_map(|at| at.checked_sub(self.shift));
        let earlier = offsets.filter_map(|at| self.buffer.earlier.get(&(at as u64)));
        let mut writes: Vec<u64> = earlier.flatten().copied().collect();
        writes.sort_unstable();
        writes.dedup();
        writes
    }
}

/// Ascending numbers as ranges.
fn runs(numbers: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some(last) if last.end == number => last.end += 1,
            _ => ranges.push(number..number + 1),
        }
    }
    ranges
}

/// A byte that differs between two profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its offset.
    pub at: usize,
    /// The byte in each, if it is that long.
    pub bytes: [Option<u8>; 2],
    /// The write that made it in each, where it was seen.
    pub writes: [Option<u64>; 2],
}

impl Difference {
    /// Whether each byte that there is was seen to be written; else it is inferred.
    pub fn is_witnessed(&self) -> bool {
        let sides = self.bytes.iter().zip(&self.writes);
        sides
            .into_iter()
            .all(|(byte, write)| byte.is_none() || write.is_some())
    }
}

/// A profile with what was seen of its making.
pub type Watched<'a> = (&'a [u8], Option<&'a Alignment<'a>>);

/// All bytes that differ between two profiles, each with the writes that made it.
pub fn join(one: Watched<'_>, other: Watched<'_>) -> Vec<Difference> {
    let sides = [one, other];
    let longest = one.0.len().max(other.0.len());
    let differences = (0..longest).map(|at| Difference {
        at,
        bytes: sides.map(|(profile, _)| profile.get(at).copied()),
        writes: sides.map(|(_, alignment)| alignment?.write_of(at)),
    });
    differences
        .filter(|one| one.bytes[0] != one.bytes[1])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(seq: u64, buf: u64, at: u64, bytes: &[u8]) -> Write {
        Write {
            seq,
            process: 0,
            buf,
            at,
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn the_last_write_to_a_byte_counts_and_holes_are_seen() {
        let writes = [
            write(0, 1, 0, b"ab"),
            write(1, 1, 4, b"xf"),
            write(2, 1, 4, b"e"),
        ];
        let buffers = rebuild(&writes, b"ab\0\0ef");
        let found = widest(&buffers, b"ab\0\0ef").expect("an alignment");
        assert_eq!((found.shift, found.buffer.writes), (0, 3));
        assert_eq!(found.witnessed(), [0..2, 4..6]);
        assert_eq!(found.holes(), std::slice::from_ref(&(2..4)));
        assert_eq!(found.writes_of(0..6), [0, 1, 2]);
        assert_eq!(found.write_of(4), Some(2));
        assert_eq!(
            (found.overwritten(4..5), found.overwritten(0..4)),
            (vec![1], vec![])
        );
    }

    #[test]
    fn a_start_that_is_written_at_the_end_is_of_the_same_buffer() {
        let profile = b"\x05\x01body";
        let writes = [
            write(0, 7, 0, b"other"),
            write(1, 7, 0, b"\0\0"),
            write(2, 7, 2, b"body"),
            write(3, 7, 0, b"\x05\0"),
            write(4, 7, 1, b"\x01"),
        ];
        let buffers = rebuild(&writes, profile);
        assert_eq!(buffers.len(), 2);
        let found = widest(&buffers, profile).expect("an alignment");
        assert_eq!((found.holes(), found.buffer.writes), (vec![], 4));
        assert_eq!(
            [0, 1, 2].map(|at| found.write_of(at)),
            [Some(3), Some(4), Some(2)]
        );
        assert_eq!(found.overwritten(0..6), [1, 3]);
        // In another process the address is another buffer.
        let mut childs = writes.clone();
        childs[3].process = 1;
        assert_eq!(widest(&rebuild(&childs, profile), profile), None);
        // What is written again as it was is one that shows as much as any.
        let twice = [write(0, 7, 0, b"ab"), write(1, 7, 0, b"ab")];
        assert_eq!(rebuild(&twice, b"ab").len(), 2);
    }

    #[test]
    fn memory_that_is_used_again_is_another_buffer() {
        let writes = [
            write(0, 7, 0, b"text"),
            write(1, 7, 0, b"\x01\x02"),
            write(2, 9, 0, b"ex"),
            write(3, 7, 2, b"\x03"),
        ];
        let profile = b"\x01\x02\x03text";
        let buffers = rebuild(&writes, profile);
        assert_eq!(buffers.len(), 3);
        assert_eq!(buffers[1].writes, 2);
        assert_eq!(buffers[0].align(profile).expect("part").shift, 3);
        assert_eq!(buffers[2].align(profile).expect("part").shift, 4);
        assert_eq!(buffers[2].align(b"nothing of it"), None);
        assert_eq!(widest(&buffers, profile).expect("widest").shift, 3);
    }

    #[test]
    fn offsets_of_a_damaged_trace_are_no_matter() {
        let writes = [write(0, 1, u64::MAX, b"ab"), write(1, 2, 1 << 40, b"c")];
        let buffers = rebuild(&writes, b"abc");
        assert_eq!(widest(&buffers, b"abc"), None);
        assert!(rebuild(&[], b"abc").is_empty());
    }

    #[test]
    fn differences_are_witnessed_or_inferred() {
        let one = rebuild(&[write(0, 1, 0, b"a"), write(1, 1, 2, b"c")], b"a\0c");
        let other = rebuild(&[write(0, 1, 0, b"axd"), write(5, 1, 3, b"e")], b"axde");
        let one = widest(&one, b"a\0c").expect("an alignment");
        let other = widest(&other, b"axde").expect("an alignment");
        let found = join((b"a\0c", Some(&one)), (b"axde", Some(&other)));
        let seen: Vec<_> = found
            .iter()
            .map(|one| (one.at, one.is_witnessed()))
            .collect();
        assert_eq!(seen, [(1, false), (2, true), (3, true)]);
        assert_eq!(found[1].writes, [Some(1), Some(0)]);
        assert_eq!(found[2].bytes, [None, Some(b'e')]);
        let unseen = join((b"a", None), (b"b", Some(&other)));
        assert!(!unseen[0].is_witnessed());
    }
}
