//! The unified log, as its command line tool tells it.

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// What reaches the log of the sandbox: reports of the kernel and of its reporter.
const PREDICATE: &str = "(processID == 0 AND senderImagePath CONTAINS \"/Sandbox\") OR \
                         subsystem == \"com.apple.sandbox.reporting\" OR sender == \"Sandbox\"";

/// How long the stream may take to say that it is ready.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A message.
    Message(String),
    /// The log says that it lost some.
    Loss,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(default)]
    event_type: String,
    event_message: Option<String>,
}

/// Reads a line of `--style ndjson`; `None` if it is no entry.
pub(super) fn entry(line: &str) -> Option<Entry> {
    let record: Record = serde_json::from_str(line.trim()).ok()?;
    if record.event_type == "lossEvent" {
        return Some(Entry::Loss);
    }
    record.event_message.map(Entry::Message)
}

/// A running `log stream`.
#[derive(Debug)]
pub(super) struct Stream {
    child: Child,
    lines: Receiver<String>,
}

impl Stream {
    /// Starts it, and waits until it says that it is ready.
    pub(super) fn start(log: &Path) -> io::Result<Self> {
        let mut child = Command::new(log)
            .args(["stream", "--style", "ndjson", "--info", "--debug"])
            .args(["--predicate", PREDICATE])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (sender, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let stream = Self { child, lines };
        match stream.lines.recv_timeout(READY_WITHIN) {
            // It begins with the filter it was given, in words.
            Ok(_) => Ok(stream),
            Err(RecvTimeoutError::Timeout) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "log stream did not start within 10 s",
            )),
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "log stream ended at once",
            )),
        }
    }

    /// The next entry until `deadline`; `None` when that has passed.
    pub(super) fn next(&self, deadline: Instant) -> io::Result<Option<Entry>> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(entry) = entry(&line) {
                        return Ok(Some(entry));
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::new(
                        io::ErrorKind::BrokenPipe,
                        "log stream ended",
                    ));
                }
            }
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the log has of the last while, for when a stream stayed silent.
pub(super) fn show(log: &Path, span: Duration) -> io::Result<Vec<Entry>> {
    let last = format!("{}s", span.as_secs() + 5);
    let output = Command::new(log)
        .args(["show", "--style", "ndjson", "--info", "--debug"])
        .args(["--last", &last, "--predicate", PREDICATE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(entry).collect())
}

#[cfg(test)]
mod tests;
