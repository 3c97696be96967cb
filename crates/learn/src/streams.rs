//! Where the output of a run goes: the first part of each stream is kept in a file.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use lapbelt_sandbox::Stdio;

/// Most bytes of each stream of a run that are kept.
const KEPT: u64 = 1 << 20;

/// Where the program's output goes.
#[derive(Debug, Default)]
pub struct Streams {
    /// Standard output; nowhere if `None`.
    pub stdout: Option<File>,
    /// Standard error; nowhere if `None`.
    pub stderr: Option<File>,
}

/// The threads that keep output.
#[derive(Debug, Default)]
pub(crate) struct Keepers(Vec<JoinHandle<()>>);

impl Keepers {
    /// A stream for a program: a pipe, in every run, whose first part is kept in a file if there is
    /// one. (A file could be opened again by its name, which would so come into the profile.)
    pub(crate) fn stream(&mut self, file: Option<File>) -> std::io::Result<Stdio> {
        let (mut reader, writer) = std::io::pipe()?;
        self.0.push(thread::spawn(move || {
            // The program must not wait for a full disk: what is not kept is dropped.
            if let Some(mut file) = file {
                let _ = std::io::copy(&mut (&mut reader).take(KEPT), &mut file);
            }
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
        }));
        Ok(Stdio::File(File::from(OwnedFd::from(writer))))
    }

    /// Waits until all that was written has been seen; everyone who could write must be gone.
    pub(crate) fn finish(self) {
        for keeper in self.0 {
            // If it died only output is lost.
            let _ = keeper.join();
        }
    }
}
