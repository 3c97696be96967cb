//! Attempts on names: of services, system controls and shared memory.
//!
//! What a system may lack is looked for by name when it is needed, so that the same program says
//! everywhere what it could not try.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::Answer;

fn text(name: &OsStr) -> Result<CString, Answer> {
    CString::new(name.as_bytes())
        .map_err(|_| Answer::Impossible("the name has a NUL byte in it".to_owned()))
}

/// Where the libraries of this process keep a function or a variable.
fn symbol(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name ends with a NUL byte, and the handle means all that is loaded.
    let at = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!at.is_null()).then_some(at)
}

/// `bootstrap_look_up` of servers/bootstrap.h: 0, or BOOTSTRAP_NOT_PRIVILEGED 1100,
/// BOOTSTRAP_UNKNOWN_SERVICE 1102 and others.
pub(super) fn look_up(name: &OsStr) -> Answer {
    type LookUp = unsafe extern "C" fn(u32, *const c_char, *mut u32) -> c_int;
    let found = symbol(c"bootstrap_look_up").zip(symbol(c"bootstrap_port"));
    let Some((function, port)) = found else {
        return Answer::Impossible("this system has no mach services".to_owned());
    };
    let name = match text(name) {
        Ok(name) => name,
        Err(answer) => return answer,
    };
    let mut service = 0;
    // SAFETY: mach ports are 32-bit names (mach/port.h), the function has the type of its header,
    // and the name and the result outlive the call.
    let code = unsafe {
        let function: LookUp = std::mem::transmute(function);
        function(*port.cast::<u32>(), name.as_ptr(), &raw mut service)
    };
    match code {
        0 => Answer::Done,
        code => Answer::Code(code.into()),
    }
}

/// By `sysctlbyname` (sysctl(3) of macOS), where there is one; a Linux system control is a file
/// below `/proc/sys`.
pub(super) fn system_control(name: &OsStr) -> Answer {
    type ByName =
        unsafe extern "C" fn(*const c_char, *mut c_void, *mut usize, *mut c_void, usize) -> c_int;
    let name = match text(name) {
        Ok(name) => name,
        Err(answer) => return answer,
    };
    let Some(function) = symbol(c"sysctlbyname") else {
        let below = String::from_utf8_lossy(name.as_bytes()).replace('.', "/");
        return match std::fs::File::open(PathBuf::from("/proc/sys").join(below)) {
            Ok(_) => Answer::Done,
            Err(error) => Answer::Errno(error.raw_os_error().unwrap_or(libc::EIO)),
        };
    };
    let (nothing, mut length) = (std::ptr::null_mut(), 0usize);
    // SAFETY: the function has the type of its manual; without a buffer it writes the length only.
    Answer::of_call(unsafe {
        let function: ByName = std::mem::transmute(function);
        function(name.as_ptr(), nothing, &raw mut length, nothing, 0)
    })
}

/// What is made is taken away again.
pub(super) fn shared_memory(name: &OsStr, flags: c_int) -> Answer {
    let name = match text(name) {
        Ok(name) => name,
        Err(answer) => return answer,
    };
    let mode: libc::c_uint = 0o600;
    // SAFETY: the name ends with a NUL byte. The mode is passed as variable arguments want it
    // where the function has those.
    let file = unsafe { libc::shm_open(name.as_ptr(), flags, mode) };
    let answer = Answer::of_call(file);
    if file >= 0 {
        // SAFETY: the descriptor is ours, and so is what was created just now.
        unsafe {
            libc::close(file);
            if flags & libc::O_CREAT != 0 {
                libc::shm_unlink(name.as_ptr());
            }
        }
    }
    answer
}
