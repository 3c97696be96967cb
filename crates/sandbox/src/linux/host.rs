//! What a Linux host can do.

use std::io;

use crate::host::Check;

use super::{kernel_at_least, notify};

/// What supervising needs, and what it is better with.
pub fn linux_checks() -> Vec<Check> {
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let since = |major, minor| {
        if kernel_at_least(major, minor) {
            Ok(format!("Linux {release}"))
        } else {
            Err(format!("Linux {release}"))
        }
    };
    let newer = "run a newer kernel";
    vec![
        Check::new(
            "kernel 5.6",
            "supervising needs pidfd_getfd and openat2",
            newer,
            since(5, 6),
        ),
        Check::new(
            "seccomp user notification",
            "supervising is told of each call by it",
            "use a kernel with CONFIG_SECCOMP_FILTER, and a container that does not refuse seccomp",
            notify::available()
                .map(|()| "available".to_owned())
                .map_err(|error| error.to_string()),
        ),
        Check::new(
            "/proc",
            "supervising looks at the caller there",
            "mount it: mount -t proc proc /proc",
            match std::path::Path::new("/proc/self/fd").exists() {
                true => Ok("mounted".to_owned()),
                false => Err("not mounted".to_owned()),
            },
        ),
        Check::new(
            "kernel 5.19",
            "signals do not interrupt a call that is being decided",
            newer,
            since(5, 19),
        ),
        Check::new(
            "kernel 6.6",
            "an answered call goes on at once, on the same processor",
            newer,
            since(6, 6),
        ),
        Check::new(
            "Landlock",
            "the kernel itself can hold what a profile lowers to",
            "use a kernel with CONFIG_SECURITY_LANDLOCK and landlock in its lsm= list",
            landlock().map(|level| format!("ABI {level}")),
        ),
    ]
}

/// The level of the kernel's Landlock (`LANDLOCK_CREATE_RULESET_VERSION`).
fn landlock() -> Result<i64, String> {
    const VERSION: u32 = 1;
    let nothing = std::ptr::null::<libc::c_void>();
    // SAFETY: with this flag the kernel wants no attributes and reads no memory of ours.
    let level = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0, VERSION) };
    if level < 0 {
        Err(io::Error::last_os_error().to_string())
    } else {
        Ok(level)
    }
}
