//! Calls of the kernel, as far as they are needed, declared as the headers of XNU have them:
//! `osfmk/mach/task.defs`, `thread_act.defs`, `mach_port.defs`, `mach_vm.defs`, `exc.defs` and
//! `message.h`; `bsd/sys/ptrace.h`; and of dyld `mach-o/dyld.h`.
#![allow(unsafe_code, reason = "the calls of Mach have no safe form")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::message::{ANSWER, ROOM, Raised};
use super::state::{Flavor, Machine};
use crate::trace::Outcome;

/// The name of a port in this process.
type Port = u32;

unsafe extern "C" {
    static mach_task_self_: Port;

    fn task_for_pid(own: Port, process: c_int, task: *mut Port) -> c_int;
    fn task_threads(task: Port, threads: *mut *mut Port, count: *mut u32) -> c_int;
    fn task_set_exception_ports(task: Port, mask: u32, to: Port, how: c_int, state: c_int)
    -> c_int;
    fn task_set_state(task: Port, flavor: c_int, state: *const u64, count: u32) -> c_int;
    fn thread_get_state(thread: Port, flavor: c_int, state: *mut u64, count: *mut u32) -> c_int;
    fn thread_set_state(thread: Port, flavor: c_int, state: *const u64, count: u32) -> c_int;
    fn mach_port_allocate(own: Port, right: u32, name: *mut Port) -> c_int;
    fn mach_port_insert_right(own: Port, name: Port, right: Port, kind: u32) -> c_int;
    fn mach_port_deallocate(own: Port, name: Port) -> c_int;
    fn mach_vm_deallocate(own: Port, address: u64, size: u64) -> c_int;
    fn mach_vm_read_overwrite(task: Port, from: u64, size: u64, to: u64, got: *mut u64) -> c_int;
    fn mach_vm_region(
        task: Port,
        address: *mut u64,
        size: *mut u64,
        flavor: c_int,
        info: *mut c_int,
        count: *mut u32,
        object: *mut Port,
    ) -> c_int;
    fn mach_msg(
        message: *mut c_void,
        options: c_int,
        sent: u32,
        room: u32,
        from: Port,
        milliseconds: u32,
        notify: Port,
    ) -> c_int;
    fn ptrace(request: c_int, process: c_int, address: *mut c_char, data: c_int) -> c_int;
    fn _dyld_image_count() -> u32;
    fn _dyld_get_image_name(number: u32) -> *const c_char;
    fn _dyld_get_image_header(number: u32) -> *const c_void;
    fn _dyld_shared_cache_contains_path(path: *const c_char) -> bool;
}

/// `MACH_PORT_RIGHT_RECEIVE`, `MACH_MSG_TYPE_MAKE_SEND`.
const RECEIVE: u32 = 1;
const MAKE_SEND: u32 = 20;
/// `EXC_MASK_BREAKPOINT`; `EXCEPTION_DEFAULT` with `MACH_EXCEPTION_CODES`.
const BREAKPOINTS: u32 = 1 << 6;
const WITH_CODES: c_int = 1 | c_int::MIN;
/// `MACH_SEND_MSG`, `MACH_RCV_MSG`, `MACH_RCV_TIMEOUT`, and what the last leads to.
const SEND: c_int = 1;
const RECEIVE_IN_TIME: c_int = 2 | 0x100;
const TIMED_OUT: c_int = 0x1000_4003;
/// `VM_REGION_BASIC_INFO_64` and its size in words of 32 bits.
const BASIC_INFO: c_int = 9;
const BASIC_INFO_WORDS: usize = 9;
/// `PT_TRACE_ME`, `PT_DETACH`.
const TRACE_ME: c_int = 0;
const DETACH: c_int = 11;
/// `MH_MAGIC_64`, `MH_EXECUTE` (`mach-o/loader.h`).
const MAGIC: u32 = 0xfeed_facf;
const EXECUTE: u32 = 2;
const PAGE: u64 = 4096;

fn own() -> Port {
    // SAFETY: it is set before the first instruction of a program, and stays.
    unsafe { mach_task_self_ }
}

fn done(result: c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        code => Err(io::Error::other(format!("the kernel answers {code:#x}"))),
    }
}

/// How many words of 32 bits a state has.
fn count(flavor: Flavor) -> u32 {
    2 * flavor.words as u32
}

/// Makes a command stop after `exec`.
pub(super) fn stop_after_exec(command: &mut Command) {
    // SAFETY: the hook makes one system call, which a child of fork may, and allocates nothing.
    unsafe {
        command.pre_exec(|| match ptrace(TRACE_ME, 0, std::ptr::null_mut(), 0) {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
}

/// Lets a stopped child run, and has its signals no more.
pub(super) fn detach(process: i32) -> io::Result<()> {
    // From where it stands: an address of 1.
    let here = std::ptr::without_provenance_mut(1);
    // SAFETY: only numbers are passed.
    match unsafe { ptrace(DETACH, process, here, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// How a child has ended; `None` while it has not.
pub(super) fn ended(process: i32) -> io::Result<Option<Outcome>> {
    wait(process, libc::WNOHANG)
}

/// Waits until a child stops or ends.
pub(super) fn stopped(process: i32) -> io::Result<Option<Outcome>> {
    wait(process, libc::WUNTRACED)
}

fn wait(process: i32, options: c_int) -> io::Result<Option<Outcome>> {
    let mut status = 0;
    // SAFETY: `status` lives through the call.
    match unsafe { libc::waitpid(process, &raw mut status, options) } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        _ if libc::WIFEXITED(status) => Ok(Some(Outcome::Exited(libc::WEXITSTATUS(status)))),
        _ if libc::WIFSIGNALED(status) => Ok(Some(Outcome::Signaled(libc::WTERMSIG(status)))),
        _ => Ok(None),
    }
}

/// Gives a right to a port back.
pub(super) fn release(port: u32) {
    // SAFETY: only names are passed; a wrong one is refused.
    unsafe { mach_port_deallocate(own(), port) };
}

/// A process, by the right to do anything with it.
#[derive(Debug)]
pub(super) struct Task(Port);

impl Task {
    pub(super) fn of(process: i32) -> io::Result<Self> {
        let mut task = 0;
        // SAFETY: `task` lives through the call.
        done(unsafe { task_for_pid(own(), process, &raw mut task) })?;
        Ok(Self(task))
    }

    /// A port that its breakpoints come to.
    pub(super) fn breakpoints(&self) -> io::Result<Exceptions> {
        let mut port = 0;
        let none = Machine::HERE.no_state();
        // SAFETY: `port` lives through the first call; the others are passed numbers.
        unsafe {
            done(mach_port_allocate(own(), RECEIVE, &raw mut port))?;
            done(mach_port_insert_right(own(), port, port, MAKE_SEND))?;
            done(task_set_exception_ports(
                self.0,
                BREAKPOINTS,
                port,
                WITH_CODES,
                none,
            ))?;
        }
        Ok(Exceptions(port))
    }

    /// Its threads, each with a right that is to be released.
    pub(super) fn threads(&self) -> io::Result<Vec<u32>> {
        let (mut list, mut count) = (std::ptr::null_mut(), 0);
        // SAFETY: both live through the call.
        done(unsafe { task_threads(self.0, &raw mut list, &raw mut count) })?;
        let size = size_of::<Port>() * count as usize;
        // SAFETY: the kernel has put that many names there, in memory of ours, which is copied and
        // then given back.
        let threads = unsafe {
            let threads = std::slice::from_raw_parts(list, count as usize).to_vec();
            mach_vm_deallocate(own(), list.addr() as u64, size as u64);
            threads
        };
        Ok(threads)
    }

    /// Gives threads that start from now on this state (`machine_thread_inherit_taskwide`).
    pub(super) fn set_state(&self, flavor: Flavor, words: &[u64]) -> io::Result<()> {
        assert_eq!(words.len(), flavor.words, "the size of a state");
        // SAFETY: the kernel reads no more than the count says, which the array has.
        done(unsafe { task_set_state(self.0, flavor.number, words.as_ptr(), count(flavor)) })
    }

    /// What can be read from an address on, up to a size.
    pub(super) fn read(&self, address: u64, size: usize) -> Vec<u8> {
        let mut bytes = vec![0_u8; size];
        let mut done = 0;
        // The kernel reads all or nothing: page by page, it reads what there is.
        while done < size {
            let from = address.wrapping_add(done as u64);
            let part = ((PAGE - from % PAGE) as usize).min(size - done);
            let mut got = 0;
            let to = bytes[done..].as_mut_ptr().addr() as u64;
            // SAFETY: there is room for `part` bytes at `to`, and `got` lives through the call.
            let result =
                unsafe { mach_vm_read_overwrite(self.0, from, part as u64, to, &raw mut got) };
            if result != 0 || got != part as u64 {
                break;
            }
            done += part;
        }
        bytes.truncate(done);
        bytes
    }

    /// Where the program itself is.
    pub(super) fn program(&self) -> Option<u64> {
        let mut address = 0;
        loop {
            let (mut size, mut object) = (0, 0);
            let mut info = [0; BASIC_INFO_WORDS];
            let mut words = BASIC_INFO_WORDS as u32;
            // SAFETY: all live through the call, and `info` has as many words as `words` says.
            let result = unsafe {
                mach_vm_region(
                    self.0,
                    &raw mut address,
                    &raw mut size,
                    BASIC_INFO,
                    info.as_mut_ptr(),
                    &raw mut words,
                    &raw mut object,
                )
            };
            if result != 0 {
                return None;
            }
            let header = self.read(address, 16);
            let word = |at: usize| Some(u32::from_le_bytes(*header.get(at..)?.first_chunk()?));
            if word(0) == Some(MAGIC) && word(12) == Some(EXECUTE) {
                return Some(address);
            }
            address = address.checked_add(size)?;
        }
    }
}

/// Where a library of the shared cache is, by the name of its file: here, and so everywhere.
pub(super) fn shared_library(name: &OsStr) -> Option<u64> {
    let leaf = CString::new(name.as_bytes()).ok()?;
    // SAFETY: the name ends in a zero byte; what the library does when it is loaded is no worse
    // here than in the program that is traced. It stays loaded.
    unsafe { libc::dlopen(leaf.as_ptr(), libc::RTLD_LAZY) };
    // SAFETY: only a number comes back.
    let count = unsafe { _dyld_image_count() };
    (0..count).find_map(|number| {
        // SAFETY: dyld keeps names of images as long as they are loaded, and answers null for a
        // number that it does not have.
        let path = unsafe {
            let path = _dyld_get_image_name(number);
            if path.is_null() || !_dyld_shared_cache_contains_path(path) {
                return None;
            }
            Path::new(OsStr::from_bytes(CStr::from_ptr(path).to_bytes())).to_owned()
        };
        // SAFETY: as above; the header is not read.
        let header = unsafe { _dyld_get_image_header(number) };
        (path.file_name() == Some(name)).then_some(header.addr() as u64)
    })
}

/// The state of a thread.
pub(super) fn state(thread: u32, flavor: Flavor) -> io::Result<Vec<u64>> {
    let mut words = vec![0; flavor.words];
    let mut count = count(flavor);
    let (number, start) = (flavor.number, words.as_mut_ptr());
    // SAFETY: the kernel writes no more than the count says, which the array has.
    done(unsafe { thread_get_state(thread, number, start, &raw mut count) })?;
    Ok(words)
}

/// Changes the state of a thread.
pub(super) fn set_state(thread: u32, flavor: Flavor, words: &[u64]) -> io::Result<()> {
    assert_eq!(words.len(), flavor.words, "the size of a state");
    // SAFETY: the kernel reads no more than the count says, which the array has.
    done(unsafe { thread_set_state(thread, flavor.number, words.as_ptr(), count(flavor)) })
}

/// A port that exceptions come to.
#[derive(Debug)]
pub(super) struct Exceptions(Port);

impl Exceptions {
    /// The next that comes in that time.
    pub(super) fn next(&self, milliseconds: u32) -> io::Result<Option<Raised>> {
        let mut message = [0_u32; ROOM / 4];
        let place = message.as_mut_ptr().cast();
        let (options, room) = (RECEIVE_IN_TIME, ROOM as u32);
        // SAFETY: there is room for as many bytes as are said.
        let result = unsafe { mach_msg(place, options, 0, room, self.0, milliseconds, 0) };
        if result == TIMED_OUT {
            return Ok(None);
        }
        done(result)?;
        let bytes: Vec<u8> = message.into_iter().flat_map(u32::to_ne_bytes).collect();
        Ok(Raised::read(&bytes))
    }

    /// Answers one.
    pub(super) fn answer(&self, raised: &Raised, result: i32) -> io::Result<()> {
        let mut words = [0_u32; ANSWER / 4];
        for (word, bytes) in words.iter_mut().zip(raised.answer(result).chunks_exact(4)) {
            *word = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        let place = words.as_mut_ptr().cast();
        // SAFETY: the message is as long as is said, and so is its header.
        done(unsafe { mach_msg(place, SEND, ANSWER as u32, 0, 0, 0, 0) })
    }
}
