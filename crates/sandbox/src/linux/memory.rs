//! Reading a waiting caller: its memory and its descriptors.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use super::arch::untagged;
use super::blank::Blank;
use super::caller::Caller;
use super::classify::Memory;
use super::custodian::open_process;
use super::mapping::mappings;

/// Longest path the kernel takes, its NUL included.
const PATH_MAX: usize = libc::PATH_MAX as usize;
/// Smallest page of any Linux; reads never straddle such a border in one piece.
const PAGE: u64 = 4096;
/// Read at once for a path; most are shorter.
const FIRST_READ: usize = 256;

/// Memory of a thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remote {
    /// The thread.
    pub(crate) thread: i32,
}

impl Remote {
    /// Reads up to `into.len()` bytes and says how many there are, 0 at an address without memory.
    /// One system call: the pages after the first are pieces of their own, so that a missing one
    /// only shortens the answer.
    pub(crate) fn read(self, address: u64, into: &mut [u8]) -> Result<usize, Blank> {
        let first = ((PAGE - address % PAGE) as usize).min(into.len());
        let piece = |from: usize, to: usize| libc::iovec {
            iov_base: address.wrapping_add(from as u64) as *mut libc::c_void,
            iov_len: to - from,
        };
        let local = libc::iovec {
            iov_base: into.as_mut_ptr().cast(),
            iov_len: into.len(),
        };
        let mut remote = [piece(0, first), piece(0, 0), piece(0, 0)];
        let mut count = 1;
        let mut at = first;
        while at < into.len() && count < remote.len() {
            let to = (at + PAGE as usize).min(into.len());
            remote[count] = piece(at, to);
            count += 1;
            at = to;
        }
        // SAFETY: the local piece is `into`; remote addresses are checked by the kernel.
        let got = unsafe {
            libc::process_vm_readv(self.thread, &local, 1, remote.as_ptr(), count as u64, 0)
        };
        match usize::try_from(got) {
            Ok(got) => Ok(got),
            Err(_) => match io::Error::last_os_error() {
                error if error.raw_os_error() == Some(libc::EFAULT) => Ok(0),
                error => Err(error.into()),
            },
        }
    }

    /// Reads all of `into`.
    pub(crate) fn read_whole(self, address: u64, into: &mut [u8]) -> Result<(), Blank> {
        match self.read(address, into)? {
            got if got == into.len() => Ok(()),
            got => Err(self.why_not(address.wrapping_add(got as u64))),
        }
    }

    /// Why an address could not be read. What is mapped there may still be read by its own thread:
    /// secret memory, and on many processors what is mapped for writing only.
    fn why_not(self, address: u64) -> Blank {
        let address = untagged(address);
        match mappings(self.thread) {
            Ok(maps) if maps.meets(address, address.saturating_add(1)) => {
                Blank::Unseen(Errno::FAULT)
            }
            Ok(_) => Blank::Nothing,
            Err(blank) => blank,
        }
    }

    /// Reads a text that ends with NUL, at most a path's length. Nothing if it is not there or too
    /// long: the kernel then fails the call by itself.
    pub(crate) fn read_text(self, address: u64, into: &mut Vec<u8>) -> Result<(), Blank> {
        for length in [FIRST_READ, PATH_MAX] {
            into.resize(length, 0);
            let got = self.read(address, into)?;
            if let Some(end) = into[..got].iter().position(|byte| *byte == 0) {
                into.truncate(end);
                return Ok(());
            }
            if got < length {
                into.clear();
                return Err(self.why_not(address.wrapping_add(got as u64)));
            }
        }
        into.clear();
        Err(Blank::Nothing)
    }
}

impl Memory for Remote {
    fn word(&self, address: u64) -> Result<u64, Blank> {
        let mut bytes = [0; 8];
        self.read_whole(address, &mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

/// A duplicate of descriptor `number` of a process (pidfd_getfd(2)).
pub(crate) fn file_of(process: BorrowedFd<'_>, number: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes and returns plain numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), number, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A duplicate of a descriptor of a waiting thread, whose table may be another than that of its
/// process, and which may outlive the first thread of that.
pub(crate) fn file_of_caller(caller: &Caller, number: i32) -> Result<OwnedFd, Blank> {
    let is_there = || rustix::fs::stat(format!("/proc/{}/fd/{number}", caller.thread));
    let file = match open_thread(caller.thread) {
        Ok(thread) => file_of(thread.as_fd(), number),
        // Linux before 6.9 knows whole processes only.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {
            let file = file_of(open_process(caller.process()?)?.as_fd(), number);
            let same = |file: &OwnedFd| {
                let (ours, theirs) = (rustix::fs::fstat(file)?, is_there()?);
                Ok((ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino))
            };
            match file {
                Ok(file) if !same(&file).map_err(|errno: Errno| Blank::from(errno))? => {
                    return Err(Blank::Unseen(Errno::BADF));
                }
                file => file,
            }
        }
        Err(error) => Err(error),
    };
    file.map_err(|error| match Blank::from(error) {
        Blank::Nothing if is_there().is_ok() => Blank::Unseen(Errno::BADF),
        blank => blank,
    })
}

/// A descriptor for a thread.
fn open_thread(thread: i32) -> io::Result<OwnedFd> {
    /// `PIDFD_THREAD` of linux/pidfd.h.
    const ONE_THREAD: libc::c_int = libc::O_EXCL;
    // SAFETY: takes and returns plain numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, thread, ONE_THREAD) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Remote {
        Remote {
            thread: std::process::id() as i32,
        }
    }

    #[test]
    fn reads_up_to_the_end_of_a_mapping() {
        // SAFETY: it takes and returns plain numbers.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        // SAFETY: two fresh pages, the second of which is given back at once.
        let base = unsafe {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let base = libc::mmap(std::ptr::null_mut(), 2 * page, protection, flags, -1, 0);
            assert_ne!(base, libc::MAP_FAILED);
            assert_eq!(libc::munmap(base.add(page), page), 0);
            base as u64
        };
        let text = b"/short\0";
        let end = base + page as u64;
        let at = end - text.len() as u64;
        // SAFETY: the last bytes of the first page, which is ours.
        unsafe { std::ptr::copy(text.as_ptr(), at as *mut u8, text.len()) };
        let mut buffer = Vec::new();
        assert_eq!(own().read_text(at, &mut buffer), Ok(()));
        assert_eq!(buffer, b"/short");
        let nothing = Err(Blank::Nothing);
        assert_eq!(own().read_text(end, &mut buffer), nothing);
        assert_eq!(own().read_text(0, &mut buffer), nothing);
        let gone = Remote { thread: i32::MAX };
        assert_eq!(gone.read_text(at, &mut buffer), nothing);
        // SAFETY: unmapping what was mapped above.
        unsafe { libc::munmap(base as *mut libc::c_void, page) };
    }

    #[test]
    fn long_texts_cross_pages() {
        for length in [0, 1, 255, 256, 257, 2000, 4095] {
            let mut text = vec![b'a'; length];
            text.push(0);
            let mut buffer = Vec::new();
            let read = own().read_text(text.as_ptr() as u64, &mut buffer);
            assert_eq!((read, buffer.len()), (Ok(()), length));
        }
        let mut text = vec![b'a'; 5000];
        text.push(0);
        let read = own().read_text(text.as_ptr() as u64, &mut Vec::new());
        assert_eq!(read, Err(Blank::Nothing));
    }
}
