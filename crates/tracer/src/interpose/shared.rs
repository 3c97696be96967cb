//! The ring that the hook writes to and this process reads.
#![allow(unsafe_code, reason = "memory is shared with another process")]

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::{CHUNK, Record, Stats};
use crate::recorder::Processes;

/// Words of the first page: how many slots there are, a power of two.
pub(super) const CAPACITY: usize = 0;
/// The number of the slot that is taken next by the hook.
pub(super) const HEAD: usize = 8;
/// The number of the slot that is read next.
pub(super) const TAIL: usize = 16;
/// Calls.
pub(super) const HITS: usize = 24;
/// Records for which there was no slot.
pub(super) const DROPPED: usize = 32;
/// Calls whose bytes could not be read whole.
pub(super) const TRUNCATED: usize = 40;
/// Calls of the routine that ends writing.
pub(super) const IMMUTABLE: usize = 48;
/// The buffer that the last of them named.
pub(super) const IMMUTABLE_BUF: usize = 56;
/// The process that is watched.
pub(super) const OWNER: usize = 64;
/// The address of the routine.
pub(super) const REAL: usize = 72;
/// Where slots start.
pub(super) const SLOTS: usize = 4096;

/// Words of a slot: its number and one more, once it is whole; then the fields of a record.
pub(super) const SLOT_BUF: usize = 8;
/// See [`Record::cursor`].
pub(super) const SLOT_CURSOR: usize = 16;
/// See [`Record::reported_len`].
pub(super) const SLOT_LEN: usize = 24;
/// See [`Record::chunk_offset`].
pub(super) const SLOT_OFFSET: usize = 32;
/// How many bytes there are; more than there can be for a slot that was not needed.
pub(super) const SLOT_SIZE: usize = 40;
/// The process whose memory the call uses.
pub(super) const SLOT_PROCESS: usize = 48;
/// The bytes.
pub(super) const SLOT_BYTES: usize = 64;
/// The size of a slot.
pub(super) const SLOT: usize = SLOT_BYTES + CHUNK;

/// A file that is in memory only.
#[derive(Debug)]
pub(super) struct Memory(File);

impl Memory {
    fn new() -> io::Result<Self> {
        // SAFETY: the name ends in a zero byte.
        let file = unsafe { libc::memfd_create(c"lapbelt".as_ptr(), libc::MFD_CLOEXEC) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, and nobody else's.
        Ok(Self(unsafe { File::from_raw_fd(file) }))
    }

    /// One with these bytes.
    pub(super) fn holding(bytes: &[u8]) -> io::Result<Self> {
        let mut memory = Self::new()?;
        memory.0.write_all(bytes)?;
        Ok(memory)
    }

    /// A path by which other processes of this user can open it while this one runs.
    pub(super) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}

/// The ring, seen from here.
#[derive(Debug)]
pub(super) struct Ring {
    memory: Memory,
    start: *mut u8,
    capacity: u64,
    next: u64,
    seq: u64,
    processes: Option<Processes>,
    lost: u64,
}

impl Ring {
    /// One with room for that many records, rounded up to a power of two.
    pub(super) fn new(records: usize) -> io::Result<Self> {
        let capacity = records.clamp(1, 1 << 20).next_power_of_two();
        let memory = Memory::new()?;
        let size = SLOTS + capacity * SLOT;
        memory.0.set_len(size as u64)?;
        let (access, file) = (libc::PROT_READ | libc::PROT_WRITE, memory.0.as_raw_fd());
        // SAFETY: the kernel chooses where; the file is as large as what is mapped, and nobody else
        // has it open to make it shorter, but the hook, which does not.
        let start = unsafe { libc::mmap(ptr::null_mut(), size, access, libc::MAP_SHARED, file, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let ring = Self {
            memory,
            start: start.cast(),
            capacity: capacity as u64,
            next: 0,
            seq: 0,
            processes: None,
            lost: 0,
        };
        ring.word(CAPACITY).store(ring.capacity, Ordering::Release);
        Ok(ring)
    }

    pub(super) fn path(&self) -> String {
        self.memory.path()
    }

    /// How large the file is, in bytes.
    pub(super) fn size(&self) -> usize {
        SLOTS + self.capacity as usize * SLOT
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        assert!(
            at.is_multiple_of(8) && at + 8 <= self.size(),
            "a word of the ring"
        );
        // SAFETY: the word is within what is mapped, and aligned, for the mapping starts a page;
        // both processes use words as atomic ones only.
        unsafe { AtomicU64::from_ptr(self.start.add(at).cast()) }
    }

    fn read(&self, at: usize) -> u64 {
        self.word(at).load(Ordering::Acquire)
    }

    fn slot(&self, number: u64) -> usize {
        SLOTS + (number & (self.capacity - 1)) as usize * SLOT
    }

    /// Takes a slot, if it is whole.
    fn take(&mut self, number: u64, emit: &mut dyn FnMut(Record)) -> bool {
        let slot = self.slot(number);
        if self.read(slot) != number.wrapping_add(1) {
            return false;
        }
        let size = self.read(slot + SLOT_SIZE);
        if size <= CHUNK as u64 {
            let words = (SLOT_BYTES..SLOT_BYTES + size as usize).step_by(8);
            let mut bytes: Vec<u8> = words
                .flat_map(|at| self.read(slot + at).to_le_bytes())
                .collect();
            bytes.truncate(size as usize);
            let process = self.read(slot + SLOT_PROCESS);
            let owner = self.read(OWNER);
            let processes = self.processes.get_or_insert_with(|| Processes::new(owner));
            let process = processes.number(process);
            emit(Record {
                seq: self.seq,
                process,
                buf: self.read(slot + SLOT_BUF),
                cursor: self.read(slot + SLOT_CURSOR),
                reported_len: self.read(slot + SLOT_LEN),
                chunk_offset: self.read(slot + SLOT_OFFSET),
                bytes,
            });
            self.seq += 1;
        }
        true
    }

    /// Takes all that are whole, in order.
    pub(super) fn drain(&mut self, emit: &mut dyn FnMut(Record)) {
        while self.take(self.next, emit) {
            self.next += 1;
            self.word(TAIL).store(self.next, Ordering::Release);
        }
    }

    /// Takes what is left of a program that has ended; a slot that is not whole now never will be.
    pub(super) fn finish(&mut self, emit: &mut dyn FnMut(Record)) {
        // There can be no more than there are slots, whatever the program made of the number.
        let head = self.read(HEAD).min(self.next + self.capacity);
        for number in self.next..head {
            self.lost += u64::from(!self.take(number, emit));
        }
    }

    /// What the hook counted.
    pub(super) fn stats(&self) -> Stats {
        let immutable_hits = self.read(IMMUTABLE);
        Stats {
            break_hits: self.read(HITS),
            ring_dropped: self.read(DROPPED) + self.lost,
            capture_truncated: self.read(TRUNCATED),
            immutable_hits,
            immutable_buf: (immutable_hits > 0).then(|| self.read(IMMUTABLE_BUF)),
            ..Stats::default()
        }
    }

    /// Whether the program had the hook.
    pub(super) fn is_hooked(&self) -> bool {
        self.read(OWNER) != 0
    }

    /// The address of the routine, if the hook has found it: of a library that is loaded late, at
    /// the first call.
    pub(super) fn address(&self) -> Option<u64> {
        Some(self.read(REAL)).filter(|address| *address != 0)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: this is what was mapped, and no reference to it outlives the ring.
        unsafe { libc::munmap(self.start.cast(), self.size()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(ring: &Ring, number: u64, size: u64, bytes: u64) {
        let slot = ring.slot(number);
        ring.word(slot + SLOT_BYTES).store(bytes, Ordering::Release);
        ring.word(slot + SLOT_SIZE).store(size, Ordering::Release);
        ring.word(slot).store(number + 1, Ordering::Release);
    }

    #[test]
    fn slots_are_taken_in_order_once_and_what_was_cut_off_is_counted() {
        let mut ring = Ring::new(3).expect("memory");
        assert_eq!(ring.size(), SLOTS + 4 * SLOT);
        let mut taken = Vec::new();
        put(&ring, 1, 2, 0x6261);
        ring.drain(&mut |record| taken.push(record));
        assert!(taken.is_empty());
        put(&ring, 0, 0, 0);
        put(&ring, 2, u64::MAX, 0);
        ring.drain(&mut |record| taken.push(record));
        let seen: Vec<_> = taken.iter().map(|one| (one.seq, &*one.bytes)).collect();
        assert_eq!(seen, [(0, &b""[..]), (1, b"ab")]);
        assert_eq!(ring.read(TAIL), 3);
        put(&ring, 4, 1, 0x63);
        ring.word(HEAD).store(5, Ordering::Release);
        ring.finish(&mut |record| taken.push(record));
        assert_eq!((taken.len(), ring.stats().ring_dropped), (3, 1));
    }
}
