//! What becomes of a call that was seen: records, and what is counted of them.

use crate::arguments::Argument;
use crate::machine::Point;
use crate::record::{CAPTURE, CHUNK, Record, Stats};
use crate::trace::Watch;

/// Makes records of calls.
pub(crate) struct Recorder<'p> {
    watch: &'p Watch,
    processes: Processes,
    seq: u64,
    emit: &'p mut dyn FnMut(Record),
}

impl<'p> Recorder<'p> {
    /// One for the calls of the routines that are watched.
    pub(crate) fn new(watch: &'p Watch, leader: u64, emit: &'p mut dyn FnMut(Record)) -> Self {
        Self {
            watch,
            processes: Processes::new(leader),
            seq: 0,
            emit,
        }
    }

    /// Records a call of a process, by what its arguments are and what can be read of the program's memory: from
    /// an address on, at most so much.
    pub(crate) fn call(
        &mut self,
        process: u64,
        point: Point,
        stats: &mut Stats,
        argument: impl Fn(Argument) -> u64,
        read: impl FnOnce(u64, usize) -> Vec<u8>,
    ) {
        if point == Point::Immutable {
            let buf = self.watch.immutable.as_ref();
            stats.immutable_buf = buf.map(|(_, number)| argument(*number));
            return;
        }
        let process = self.processes.number(process);
        let arguments = self.watch.arguments;
        let reported_len = argument(arguments.len);
        let wanted = usize::try_from(reported_len)
            .unwrap_or(CAPTURE)
            .min(CAPTURE);
        let bytes = read(argument(arguments.src), wanted);
        stats.capture_truncated += u64::from((bytes.len() as u64) < reported_len);
        // A call without bytes is a call all the same.
        let chunks = bytes
            .chunks(CHUNK)
            .chain(bytes.is_empty().then_some(&[][..]));
        for (number, chunk) in chunks.enumerate() {
            (self.emit)(Record {
                seq: self.seq,
                process,
                buf: argument(arguments.buf),
                cursor: argument(arguments.cursor),
                reported_len,
                chunk_offset: (number * CHUNK) as u64,
                bytes: chunk.to_vec(),
            });
            self.seq += 1;
        }
    }
}

/// The processes of a trace, in the order of their first calls, the program itself before all.
#[derive(Debug)]
pub(crate) struct Processes(Vec<u64>);

impl Processes {
    /// Of a program that is this process.
    pub(crate) fn new(leader: u64) -> Self {
        Self(vec![leader])
    }

    /// The number of a process.
    pub(crate) fn number(&mut self, process: u64) -> u64 {
        let known = self.0.iter().position(|known| *known == process);
        let at = known.unwrap_or_else(|| {
            self.0.push(process);
            self.0.len() - 1
        });
        at as u64
    }
}
