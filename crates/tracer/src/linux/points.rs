//! The breakpoints of a process.

use std::io;
use std::ops::Range;

use libc::pid_t;

use super::machine_code::{AFTER_BREAK, BREAK, BREAK_CODES, Registers, UNTOLD, arm, enable};
use super::memory::Memory;
use crate::image::Image;
use crate::instruction::LONGEST;
use crate::machine::{Change, Point};
use crate::maps::Region;
use crate::trace::{Hook, Mode, Routine};
use crate::triage::{IMMUTABLE, Triage};

/// Code of the signal of a hardware breakpoint.
const TRAP_HWBKPT: i32 = 4;
/// Room for a copy of the longest instruction.
const SLOT: u64 = 16;

/// Breakpoints that are set.
#[derive(Clone, Debug)]
pub(super) struct Points {
    addresses: [Option<u64>; 2],
    /// Copies of the instructions that breakpoints hide, and what was there before; none for
    /// breakpoints in registers.
    patched: Option<Patched>,
}

#[derive(Clone, Debug)]
struct Patched {
    copies: [u64; 2],
    original: Vec<(u64, Vec<u8>)>,
}

/// The places in a process whose image is there, in the order of [`Point`].
pub(super) fn resolve(routine: &Routine, regions: &[Region]) -> Option<[Option<u64>; 2]> {
    let [write, immutable] = routine.addresses(routine.image().slide(regions));
    // An address is of no use before its code is mapped.
    let start = write?;
    let is_code = |region: &Region| region.contains(start) && region.is_executable();
    let is_there = regions.iter().any(is_code);
    is_there.then_some([write, immutable])
}

impl Points {
    /// Sets breakpoints that the whole process shares; those in registers are set by [`Self::arm`].
    pub(super) fn set(
        addresses: [Option<u64>; 2],
        mode: Mode,
        image: &Image,
        regions: &[Region],
        memory: &Memory,
        triage: &mut Triage,
    ) -> Result<Self, Hook> {
        let mut patched = Patched {
            copies: [0; 2],
            original: Vec::new(),
        };
        // Looked for once: what is written there fills it.
        let room = match mode {
            Mode::Patch => tail(image, regions).or_else(|| elsewhere(regions, memory)),
            _ => None,
        };
        // The routine that writes comes last, so that the triage that is kept is of it.
        for number in [1, 0] {
            let Some(address) = addresses[number] else {
                continue;
            };
            let code = memory.read(address, LONGEST);
            triage.in_process(address, regions, &code, |region| {
                memory.max_protection(region)
            });
            if let Some(verdict) = triage.verdict(mode).filter(|verdict| !verdict.can_work) {
                let reason = verdict.reason.clone();
                return Err(match reason == IMMUTABLE {
                    true => Hook::SkippedImmutable(reason),
                    false => Hook::HookFailed(reason),
                });
            }
            if mode == Mode::Patch {
                let room = room.ok_or_else(|| {
                    let message = "no room behind any code for copies of instructions";
                    Hook::HookFailed(message.to_string())
                })?;
                let copy = room + SLOT * number as u64;
                let failed = |error: io::Error| Hook::HookFailed(error.to_string());
                memory.write(copy, &code).map_err(failed)?;
                memory.write(address, BREAK).map_err(failed)?;
                patched.copies[number] = copy;
                let hidden = code.get(..BREAK.len()).unwrap_or(&code);
                patched.original.push((address, hidden.to_vec()));
            }
        }
        Ok(Self {
            addresses,
            patched: (mode == Mode::Patch).then_some(patched),
        })
    }

    /// Whether the routine that writes is in a range.
    pub(super) fn are_in(&self, range: Range<u64>) -> bool {
        self.addresses[index(Point::Write)].is_some_and(|address| range.contains(&address))
    }

    /// Sets the breakpoints that each thread has for itself.
    pub(super) fn arm(&self, tid: pid_t) -> io::Result<()> {
        match self.patched {
            Some(_) => Ok(()),
            None => arm(tid, self.addresses),
        }
    }

    /// Which breakpoint a thread has met, by the code of its `SIGTRAP` and where it stands.
    pub(super) fn met(&self, code: i32, pc: u64) -> Option<Point> {
        let at = match self.patched {
            None if code == TRAP_HWBKPT || UNTOLD.contains(&code) => pc,
            Some(_) if BREAK_CODES.contains(&code) => pc.wrapping_sub(AFTER_BREAK),
            _ => return None,
        };
        let points = [Point::Write, Point::Immutable];
        points
            .into_iter()
            .find(|point| self.addresses[index(*point)] == Some(at))
    }

    /// Changes a breakpoint for a stopped thread, or where the thread stands.
    pub(super) fn change(&self, tid: pid_t, change: Change) -> io::Result<()> {
        let Some(patched) = &self.patched else {
            return match change {
                Change::Lift(point) => enable(tid, self.addresses, Some(index(point))),
                Change::Restore(_) | Change::Cancel(_) => enable(tid, self.addresses, None),
            };
        };
        let (Change::Lift(point) | Change::Restore(point) | Change::Cancel(point)) = change;
        let copy = patched.copies[index(point)];
        let address = self.addresses[index(point)].unwrap_or_default();
        let mut registers = Registers::of(tid)?;
        registers.set_pc(match change {
            Change::Lift(_) => copy,
            Change::Restore(_) => registers.pc().wrapping_sub(copy).wrapping_add(address),
            Change::Cancel(_) => address,
        });
        registers.store(tid)
    }

    /// Takes the breakpoints away from a thread that is to go on alone, and from its process.
    pub(super) fn remove(&self, tid: pid_t, memory: &Memory) -> io::Result<()> {
        let Some(patched) = &self.patched else {
            return enable(tid, [None; 2], None);
        };
        for (address, bytes) in &patched.original {
            memory.write(*address, bytes)?;
        }
        Ok(())
    }
}

fn index(point: Point) -> usize {
    match point {
        Point::Write => 0,
        Point::Immutable => 1,
    }
}

/// Room at the end of other code, where its last page is filled up with zeros: a copied instruction
/// does the same wherever it is. The program itself comes first; it is never unloaded.
fn elsewhere(regions: &[Region], memory: &Memory) -> Option<u64> {
    let code = regions.iter().filter(|region| {
        region.is_executable() && region.takes_a_patch() && region.path.is_absolute()
    });
    let mut ends = code.filter_map(|region| region.end.checked_sub(2 * SLOT));
    ends.find(|start| memory.read(*start, 2 * SLOT as usize) == [0; 2 * SLOT as usize])
}

/// Room between the end of the code and the end of its last page, which nothing uses.
fn tail(image: &Image, regions: &[Region]) -> Option<u64> {
    let slide = image.slide(regions)?;
    let mut ends = image.code().iter().filter_map(|segment| {
        let end = segment
            .address
            .checked_add(segment.size)?
            .wrapping_add(slide);
        let start = end.next_multiple_of(SLOT);
        // The end itself may be the start of what follows.
        let region = regions
            .iter()
            .find(|region| region.contains(end.wrapping_sub(1)))?;
        (region.is_executable() && start + 2 * SLOT <= region.end).then_some(start)
    });
    ends.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(patched: Option<Patched>, code: i32, pc: u64) -> Option<Point> {
        let addresses = [Some(0x1000), Some(0x2000)];
        Points { addresses, patched }.met(code, pc)
    }

    #[test]
    fn a_breakpoint_in_a_register_is_known_by_its_place_where_its_code_was_lost() {
        for code in [&[TRAP_HWBKPT], UNTOLD].concat() {
            assert_eq!(met(None, code, 0x1000), Some(Point::Write));
            assert_eq!(met(None, code, 0x2000), Some(Point::Immutable));
            assert_eq!(met(None, code, 0x1001), None);
        }
        assert_eq!(met(None, 0, 0x1000), None);
    }

    #[test]
    fn one_in_the_code_is_known_by_its_own_code_alone() {
        let patched = Patched {
            copies: [0; 2],
            original: Vec::new(),
        };
        let after = 0x1000 + AFTER_BREAK;
        let met = |code| met(Some(patched.clone()), code, after);
        assert_eq!(met(BREAK_CODES[0]), Some(Point::Write));
        assert!(UNTOLD.iter().all(|code| met(*code).is_none()));
    }
}
