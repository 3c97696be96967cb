//! A program to be watched in tests: it writes numbers to buffers, and says on standard output what
//! it wrote, a line `CURSOR LENGTH SUM` each.
#![forbid(unsafe_code)]

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// What is written to.
#[derive(Default)]
struct Buffer(Vec<u8>);

impl Buffer {
    #[inline(never)]
    fn write(&mut self, cursor: usize, bytes: &[u8]) {
        let end = cursor + bytes.len();
        if self.0.len() < end {
            self.0.resize(end, 0);
        }
        self.0[cursor..end].copy_from_slice(bytes);
    }

    #[inline(never)]
    fn finish(&mut self) -> u64 {
        self.0.iter().map(|byte| u64::from(*byte)).sum()
    }
}

/// Writes that differ by thread and number; some are long, some empty.
fn bytes(thread: usize, number: usize) -> Vec<u8> {
    let length = if number % 50 == 7 { 700 } else { number % 9 };
    (0..length)
        .map(|at| (thread * 31 + number * 7 + at) as u8)
        .collect()
}

fn work(thread: usize, writes: usize) -> String {
    let (mut buffer, mut log) = (Buffer::default(), String::new());
    for number in 0..writes {
        let bytes = bytes(thread, number);
        let cursor = thread * 1_000_000 + number;
        buffer.write(cursor % 1_000_000, &bytes);
        let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
        log += &format!("{} {} {sum}\n", cursor % 1_000_000, bytes.len());
    }
    std::hint::black_box(buffer.finish());
    log
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| {
        words
            .get(at)
            .and_then(|word| word.parse().ok())
            .unwrap_or(0)
    };
    let what = words.first().map_or("", String::as_str);
    let text = match what {
        "threads" => {
            let threads = (0..number(1)).map(|thread| {
                let writes = number(2);
                std::thread::spawn(move || work(thread, writes))
            });
            let threads: Vec<_> = threads.collect();
            threads
                .into_iter()
                .filter_map(|one| one.join().ok())
                .collect()
        }
        "die" => {
            let log = work(0, number(1));
            let _ = std::io::stdout().write_all(log.as_bytes());
            std::process::abort();
        }
        "children" => {
            let mut log = work(0, number(1));
            if let Ok(output) = Command::new("true").output() {
                log += &work(1, output.stdout.len() + 3);
            }
            log
        }
        "exec" => {
            let log = work(0, number(1));
            let _ = std::io::stdout().write_all(log.as_bytes());
            let _ = Command::new("true").exec();
            return ExitCode::FAILURE;
        }
        _ => return ExitCode::from(64),
    };
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
