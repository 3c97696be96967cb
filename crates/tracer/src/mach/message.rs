//! The message by which the kernel tells of an exception, and the answer to it: the routine
//! `mach_exception_raise` (XNU, `osfmk/mach/mach_exc.defs`, number 2405), with the header of
//! `osfmk/mach/message.h`; its structures are packed to four bytes.

/// Room for a message, with what the kernel puts behind it (`mach_msg_max_trailer_t`, 68 bytes).
pub const ROOM: usize = 256;
/// Size of an answer.
pub const ANSWER: usize = 36;
/// `EXC_BREAKPOINT` (`osfmk/mach/exception_types.h`).
pub const BREAKPOINT: i32 = 6;
/// The thread goes on as the tracer has left it: `KERN_SUCCESS`.
pub const HANDLED: i32 = 0;
/// It does as if there were no tracer: `KERN_FAILURE`; the kernel asks the next who may handle it.
pub const NOT_HANDLED: i32 = 5;

/// Offsets: of the header's fields, the two ports that are handed over, and the exception.
const BITS: usize = 0;
const REMOTE: usize = 8;
const ID: usize = 20;
const DESCRIPTORS: usize = 24;
const THREAD: usize = 28;
const TASK: usize = 40;
const EXCEPTION: usize = 60;
const END: usize = 84;

const RAISE: u32 = 2405;
/// Answers have the number of the request and so much.
const ANSWER_ID: u32 = 100;
/// Set where ports are handed over.
const COMPLEX: u32 = 1 << 31;
/// The part of the bits that says what right the answer uses.
const REMOTE_BITS: u32 = 0x1f;

/// An exception of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The port for the answer, and the right to it.
    answer_to: (u32, u32),
    /// The port of the thread.
    pub thread: u32,
    /// The port of its task.
    pub task: u32,
    /// What happened.
    pub exception: i32,
}

impl Raised {
    /// Reads a message; `None` for any other.
    pub fn read(message: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let bytes = message.get(at..)?.first_chunk()?;
            Some(u32::from_le_bytes(*bytes))
        };
        let bits = word(BITS)?;
        let is_raise = word(ID)? == RAISE && bits & COMPLEX != 0 && word(DESCRIPTORS)? == 2;
        (is_raise && message.len() >= END).then_some(())?;
        Some(Self {
            answer_to: (word(REMOTE)?, bits & REMOTE_BITS),
            thread: word(THREAD)?,
            task: word(TASK)?,
            exception: word(EXCEPTION)?.cast_signed(),
        })
    }

    /// The answer: header, the representation of numbers (little-endian integers,
    /// `osfmk/mach/ndr.h`), the result.
    pub fn answer(&self, result: i32) -> [u8; ANSWER] {
        let (port, right) = self.answer_to;
        let words = [
            right,
            ANSWER as u32,
            port,
            0,
            0,
            RAISE + ANSWER_ID,
            0,
            1,
            result.cast_unsigned(),
        ];
        let mut answer = [0; ANSWER];
        for (place, word) in answer.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        answer
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// As the kernel sends it: a send-once right to answer by, and two ports to be moved.
    pub(in super::super) fn message(thread: u32, task: u32, exception: u32) -> Vec<u8> {
        let header = [0x8000_1112, 84, 0x903, 0x1203, 0, 2405_u32];
        let port = |name: u32| [name, 0, 17 << 16];
        let body = [2].into_iter().chain(port(thread)).chain(port(task));
        let rest = [0, 1, exception, 2, 1, 0, 0x1000, 1];
        let words = header.into_iter().chain(body).chain(rest);
        words.flat_map(u32::to_le_bytes).collect()
    }

    #[test]
    fn a_message_is_read_and_answered() {
        let bytes = message(0x1503, 0x1403, 6);
        assert_eq!(bytes.len(), END);
        let raised = Raised::read(&bytes).expect("an exception");
        assert_eq!((raised.thread, raised.task), (0x1503, 0x1403));
        assert_eq!(raised.exception, BREAKPOINT);
        let words: Vec<u32> = raised
            .answer(NOT_HANDLED)
            .chunks(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        assert_eq!(words, [18, 36, 0x903, 0, 0, 2505, 0, 1, 5]);
    }

    #[test]
    fn other_messages_and_parts_of_one_are_none() {
        let bytes = message(0x1503, 0x1403, 6);
        for end in 0..END {
            assert_eq!(Raised::read(&bytes[..end]), None, "{end}");
        }
        for (at, value) in [(3, 0), (20, 0), (24, 1)] {
            let mut wrong = bytes.clone();
            wrong[at] = value;
            assert_eq!(Raised::read(&wrong), None, "{at}");
        }
    }
}
