//! Numbers of Linux in the numbering of macOS, which profiles are written in, and back.
//!
//! The macOS side is that of the XNU headers sys/errno.h, sys/signal.h, sys/socket.h and
//! sys/ttycom.h; names are the same on both systems.

/// Linux errno of each macOS errno. Those that Linux lacks become the nearest: an errno of a
/// profile must never turn into success.
const ERRNOS: &[(i64, i32)] = &[
    (11, libc::EDEADLK),
    (35, libc::EAGAIN),
    (36, libc::EINPROGRESS),
    (37, libc::EALREADY),
    (38, libc::ENOTSOCK),
    (39, libc::EDESTADDRREQ),
    (40, libc::EMSGSIZE),
    (41, libc::EPROTOTYPE),
    (42, libc::ENOPROTOOPT),
    (43, libc::EPROTONOSUPPORT),
    (44, libc::ESOCKTNOSUPPORT),
    (45, libc::EOPNOTSUPP),
    (46, libc::EPFNOSUPPORT),
    (47, libc::EAFNOSUPPORT),
    (48, libc::EADDRINUSE),
    (49, libc::EADDRNOTAVAIL),
    (50, libc::ENETDOWN),
    (51, libc::ENETUNREACH),
    (52, libc::ENETRESET),
    (53, libc::ECONNABORTED),
    (54, libc::ECONNRESET),
    (55, libc::ENOBUFS),
    (56, libc::EISCONN),
    (57, libc::ENOTCONN),
    (58, libc::ESHUTDOWN),
    (59, libc::ETOOMANYREFS),
    (60, libc::ETIMEDOUT),
    (61, libc::ECONNREFUSED),
    (62, libc::ELOOP),
    (63, libc::ENAMETOOLONG),
    (64, libc::EHOSTDOWN),
    (65, libc::EHOSTUNREACH),
    (66, libc::ENOTEMPTY),
    (67, libc::EAGAIN), // EPROCLIM
    (68, libc::EUSERS),
    (69, libc::EDQUOT),
    (70, libc::ESTALE),
    (71, libc::EREMOTE),
    (77, libc::ENOLCK),
    (78, libc::ENOSYS),
    (84, libc::EOVERFLOW),
    (89, libc::ECANCELED),
    (90, libc::EIDRM),
    (91, libc::ENOMSG),
    (92, libc::EILSEQ),
    (93, libc::ENODATA), // ENOATTR
    (94, libc::EBADMSG),
    (95, libc::EMULTIHOP),
    (96, libc::ENODATA),
    (97, libc::ENOLINK),
    (98, libc::ENOSR),
    (99, libc::ENOSTR),
    (100, libc::EPROTO),
    (101, libc::ETIME),
    (102, libc::EOPNOTSUPP),
    (104, libc::ENOTRECOVERABLE),
    (105, libc::EOWNERDEAD),
];

/// The Linux errno of a macOS one. Numbers 1–34 agree, but for EDEADLK and EAGAIN.
pub(crate) fn errno(darwin: i64) -> i32 {
    match ERRNOS.iter().find(|(number, _)| *number == darwin) {
        Some((_, linux)) => *linux,
        None if (1..=34).contains(&darwin) => darwin as i32,
        None => libc::EPERM,
    }
}

/// Signals whose numbers differ: macOS, Linux.
const SIGNALS: &[(i32, i32)] = &[
    (7, libc::SIGTRAP), // SIGEMT
    (10, libc::SIGBUS),
    (12, libc::SIGSYS),
    (16, libc::SIGURG),
    (17, libc::SIGSTOP),
    (18, libc::SIGTSTP),
    (19, libc::SIGCONT),
    (20, libc::SIGCHLD),
    (23, libc::SIGIO),
    (29, libc::SIGPWR), // SIGINFO, which SIGPWR stands in for in the Linux headers
    (30, libc::SIGUSR1),
    (31, libc::SIGUSR2),
];

/// The Linux signal of a macOS one.
pub(crate) fn signal(darwin: i64) -> i32 {
    match SIGNALS
        .iter()
        .find(|(number, _)| i64::from(*number) == darwin)
    {
        Some((_, linux)) => *linux,
        None if (1..=31).contains(&darwin) => darwin as i32,
        None => libc::SIGKILL,
    }
}

/// The macOS number of a Linux signal; real-time signals, which macOS lacks, keep theirs.
pub(crate) fn signal_from(linux: i32) -> i64 {
    // SIGTRAP and what SIGEMT became are one on Linux.
    let known = SIGNALS.iter().skip(1).find(|(_, number)| *number == linux);
    known.map_or(i64::from(linux), |(darwin, _)| i64::from(*darwin))
}

/// Address families whose numbers differ and which both systems have.
const DOMAINS: &[(i64, i32)] = &[
    (5, -1),
    (11, libc::AF_SNA),
    (12, libc::AF_DECnet),
    (16, libc::AF_APPLETALK),
    (17, libc::AF_NETLINK), // AF_ROUTE: the routing socket
    (18, libc::AF_PACKET),  // AF_LINK: the link layer
    (23, libc::AF_IPX),
    (28, libc::AF_ISDN),
    (29, libc::AF_KEY),
    (30, libc::AF_INET6),
    (34, libc::AF_PPPOX),
    (40, libc::AF_VSOCK),
];

/// Where families that macOS lacks begin, so that none is mistaken for another.
const OTHER_DOMAINS: i64 = 1000;

/// The macOS number of a Linux address family; one that macOS lacks gets 1000 more.
pub(crate) fn domain_from(linux: i32) -> i64 {
    if let Some((darwin, _)) = DOMAINS.iter().find(|(_, number)| *number == linux) {
        return *darwin;
    }
    match linux {
        0..=2 => i64::from(linux),
        _ => OTHER_DOMAINS + i64::from(linux),
    }
}

/// Terminal commands that this supervisor asks about: macOS group and number.
const TERMINAL: &[(u32, i64)] = &[(libc::TIOCSTI as u32, ((b't' as i64) << 8) | 114)];

/// What is added to commands of Linux that say neither size nor direction.
const BARE_COMMANDS: i64 = 1 << 32;

/// The macOS form of an ioctl command that is known there, group × 256 + number. Others keep their
/// number, which says size and direction too, so that none is mistaken for one of macOS; those that
/// say neither get 2^32 more.
pub(crate) fn command_from(linux: u32) -> i64 {
    match TERMINAL.iter().find(|(number, _)| *number == linux) {
        Some((_, darwin)) => *darwin,
        None if linux > 0xffff => i64::from(linux),
        None => BARE_COMMANDS + i64::from(linux),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_differ() {
        assert_eq!(errno(1), libc::EPERM);
        assert_eq!(errno(2), libc::ENOENT);
        assert_eq!(errno(13), libc::EACCES);
        assert_eq!(errno(35), libc::EAGAIN);
        assert_eq!(errno(78), libc::ENOSYS);
        assert_eq!(errno(0), libc::EPERM);
        assert_eq!(errno(-5), libc::EPERM);
        assert_eq!(signal(30), libc::SIGUSR1);
        assert_eq!(signal(9), libc::SIGKILL);
        assert_eq!(domain_from(libc::AF_INET6), 30);
        assert_eq!(domain_from(libc::AF_UNIX), 1);
        assert_eq!(domain_from(libc::AF_ALG), 1000 + i64::from(libc::AF_ALG));
        assert_eq!(command_from(libc::TIOCSTI as u32), 0x7472);
        // FS_IOC_GETFLAGS is not FIOCLEX, nor DRM_IOCTL_SET_MASTER DKIOCREQUESTIDLE.
        assert_eq!(command_from(0x8008_6601), 0x8008_6601);
        assert_eq!(command_from(0x641e), (1 << 32) + 0x641e);
    }

    #[test]
    fn signals_there_and_back() {
        for linux in 1..=31 {
            // SIGSTKFLT exists on Linux only, and its number is another signal's on macOS.
            if linux != libc::SIGSTKFLT {
                assert_eq!(signal(signal_from(linux)), linux, "signal {linux}");
            }
        }
    }
}
