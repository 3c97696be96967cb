//! The memory of a stopped process, through its file in `/proc`: pages that are mapped private and
//! cannot be written are copied by the kernel for a tracer, and never writable for the process.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

use libc::pid_t;

use crate::maps::{Region, max_protection, parse};

/// The memory of one process.
#[derive(Debug)]
pub(super) struct Memory {
    file: File,
    process: pid_t,
}

impl Memory {
    pub(super) fn of(process: pid_t) -> io::Result<Self> {
        let path = format!("/proc/{process}/mem");
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Self { file, process })
    }

    /// What can be read from an address on, up to a size.
    pub(super) fn read(&self, address: u64, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        let mut got = 0;
        while got < size {
            match self
                .file
                .read_at(&mut bytes[got..], address.wrapping_add(got as u64))
            {
                Ok(more @ 1..) => got += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
            }
        }
        bytes.truncate(got);
        bytes
    }

    /// What a region may be made to allow.
    pub(super) fn max_protection(&self, region: &Region) -> Option<String> {
        let smaps = std::fs::read_to_string(format!("/proc/{}/smaps", self.process));
        max_protection(&smaps.ok()?, region.start)
    }

    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, address)
    }
}

/// The regions of a process.
pub(super) fn regions(process: pid_t) -> io::Result<Vec<Region>> {
    Ok(parse(&std::fs::read_to_string(format!(
        "/proc/{process}/maps"
    ))?))
}
