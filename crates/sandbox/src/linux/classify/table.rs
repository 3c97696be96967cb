//! The table: which calls ask which operations.

use super::asks::{
    SOCK_PACKET, access, address, at, at_address, chmod, create, file, link, messages, mknod, mmap,
    mprotect, one, open, open_how, path, rename, socket, stat, times, watch, xattr,
};
use super::signals::{
    AUTOFS_DEV_IOCTL_OPENMOUNT, BINDER_WRITE_READ, F_DUPFD, F_DUPFD_CLOEXEC, F_SETOWN_EX, F_SETSIG,
    FIOSETOWN, FS_IOC_FSSETXATTR, FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, SIOCSPGRP,
    XFS_IOC_OPEN_BY_HANDLE, fcntl, ioctl, killed, signal,
};
use super::{Arguments, Asks, Case, Memory, Only, Row, Target, Who};
use crate::linux::arch::Call;
use crate::linux::blank::Blank;
use crate::linux::bpf::Condition;
use crate::linux::vocabulary::Op;
use rustix::io::Errno;

const fn condition(argument: u8, mask: u32, value: u32, equal: bool) -> Condition {
    Condition {
        argument,
        high: false,
        mask,
        value,
        equal,
    }
}

/// Any of some bits is set.
const fn any(argument: u8, mask: u32) -> Condition {
    condition(argument, mask, 0, false)
}

/// None of some bits is set.
const fn none(argument: u8, mask: u32) -> Condition {
    condition(argument, mask, 0, true)
}

/// All of some bits are set.
const fn all(argument: u8, mask: u32) -> Condition {
    condition(argument, mask, mask, true)
}

const fn equals(argument: u8, value: u32) -> Condition {
    condition(argument, u32::MAX, value, true)
}

const fn differs(argument: u8, value: u32) -> Condition {
    condition(argument, u32::MAX, value, false)
}

/// The high word of a pointer is not null.
const fn high(argument: u8) -> Condition {
    Condition {
        argument,
        high: true,
        mask: u32::MAX,
        value: 0,
        equal: false,
    }
}

const O_TMPFILE_BIT: u32 = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u32;
const O_PATH: u32 = libc::O_PATH as u32;
const WRITES: u32 = (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC) as u32;
const OPEN_READS: &[Op] = &[Op::FileReadData, Op::FileReadMetadata];
const OPEN_WRITES: &[Op] = &[Op::FileWriteData, Op::FileWriteCreate, Op::FileWriteSetugid];
const OPEN_ANY: &[Op] = &[
    Op::FileReadData,
    Op::FileReadMetadata,
    Op::FileWriteData,
    Op::FileWriteCreate,
    Op::FileWriteSetugid,
];
/// What macOS asks where a process gets hold of another, by the port of that: whether it may for
/// processes at all, and for one. A rule about the former is one about the latter, but not the other
/// way round.
const RULING: &[Op] = &[Op::MachPrivTaskPort, Op::MachTask];
const TRACING: &[Op] = &[Op::MachPrivTaskPort, Op::MachTask, Op::MachTaskRead];
const SETUGID: u32 = libc::S_ISUID | libc::S_ISGID;
const EXEC: u32 = libc::PROT_EXEC as u32;
const WRITE: u32 = libc::PROT_WRITE as u32;
const ANONYMOUS: u32 = libc::MAP_ANONYMOUS as u32;
const EMPTY: u32 = libc::AT_EMPTY_PATH as u32;
/// The type of a socket among its flags.
const SOCK_TYPE: u32 = 0xf;
const SHM_EXEC: u32 = 0o100_000;
const READ_IMPLIES_EXEC: u32 = 0x40_0000;
/// All of an ioctl command but its number; those of terminals have type 'T' and say no size, and are
/// always allowed, but for the commands that put characters into an input queue.
const IOCTL_KIND: u32 = 0xffff_ff00;
const TERMINAL: u32 = 0x5400;
/// Commands of terminals that say a size (asm-generic/ioctls.h of Linux).
const TCGETS2: u32 = 0x802c_542a;
const TCSETS2: u32 = 0x402c_542b;
const TCSETSW2: u32 = 0x402c_542c;
const TCSETSF2: u32 = 0x402c_542d;
const TIOCGPTN: u32 = 0x8004_5430;
const TIOCSPTLCK: u32 = 0x4004_5431;
const TIOCGDEV: u32 = 0x8004_5432;
const TIOCSIG: u32 = 0x4004_5436;
const TIOCGPKT: u32 = 0x8004_5438;
const TIOCGPTLCK: u32 = 0x8004_5439;
const TIOCGEXCL: u32 = 0x8004_5440;

/// Every call that asks something.
///
/// Left out, as no operation of the world is about them: quotactl and quotactl_fd, sethostname and
/// setdomainname, keyctl, mq_open, bpf, perf_event_open, userfaultfd. Left out,
/// as they only tell of what mounts there are: statmount, listmount, listns. fsopen and fsconfig
/// prepare what fsmount makes. fallocate and its like write to what was opened for writing.
pub(crate) static TABLE: &[Row] = {
    macro_rules! rows {
        ($($call:ident, [$([$($when:expr),*] $asks:expr $(=> $only:ident)?),*], $function:expr;)*) => {
            &[$(Row {
                call: Call::$call,
                cases: &[$(Case {
                    when: &[$($when),*],
                    asks: $asks,
                    only: (&[$(Only::$only)?] as &[Only]).first().copied(),
                }),*],
                asks: |a, m| answer($function, a, m),
            }),*]
        };
    }
    rows! {
        // call, [conditions on registers] operations then; what is asked
        Open, [[none(1, 1)] OPEN_READS, [all(1, 3)] OPEN_READS, [any(1, O_PATH)] OPEN_READS, [any(1, WRITES)] OPEN_WRITES, [any(1, O_TMPFILE_BIT)] OPEN_WRITES, [] &[] => Reopening],
            |a, _| open(path(a[0]), a[1], a[2]);
        Openat, [[none(2, 1)] OPEN_READS, [all(2, 3)] OPEN_READS, [any(2, O_PATH)] OPEN_READS, [any(2, WRITES)] OPEN_WRITES, [any(2, O_TMPFILE_BIT)] OPEN_WRITES, [] &[] => Reopening],
            |a, _| open(at(a[0], a[1]), a[2], a[3]);
        Openat2, [[] OPEN_ANY, [] &[] => Reopening], |a, m| open_how(at(a[0], a[1]), a[2], m);
        Creat, [[] OPEN_WRITES],
            |a, _| open(path(a[0]), (libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC) as u64, a[1]);

        // A handle names a file without a path, so what it opens is not seen.
        OpenByHandleAt, [[none(2, 1)] OPEN_READS, [all(2, 3)] OPEN_READS, [any(2, WRITES)] OPEN_WRITES, [] &[] => Reopening],
            |_, _| Err(Blank::Unseen(Errno::OPNOTSUPP));

        Stat, [[] &[Op::FileReadMetadata]], |a, _| one(Op::FileReadMetadata, path(a[0]));
        Lstat, [[] &[Op::FileReadMetadata]], |a, _| one(Op::FileReadMetadata, path(a[0]).unfollowed());
        // What may be without a path nearly always is, and is fstat then.
        Newfstatat, [[none(3, EMPTY)] &[Op::FileReadMetadata], [any(3, EMPTY)] &[Op::FileReadMetadata] => Refused],
            |a, m| stat(at(a[0], a[1]), a[3], m);
        Statx, [[none(2, EMPTY)] &[Op::FileReadMetadata], [any(2, EMPTY)] &[Op::FileReadMetadata] => Refused],
            |a, m| stat(at(a[0], a[1]), a[2], m);
        Readlink, [[] &[Op::FileReadMetadata]],
            |a, _| one(Op::FileReadMetadata, path(a[0]).unfollowed());
        Readlinkat, [[] &[Op::FileReadMetadata]],
            |a, _| one(Op::FileReadMetadata, at(a[0], a[1]).unfollowed().empty_if(true));
        Getcwd, [[] &[Op::FileReadMetadata]], |_, _| one(Op::FileReadMetadata, Target::CurrentDirectory);
        Statfs, [[] &[Op::FileReadMetadata]], |a, _| one(Op::FileReadMetadata, path(a[0]));
        NameToHandleAt, [[] &[Op::FileReadMetadata]],
            |a, _| one(Op::FileReadMetadata, at(a[0], a[1])
                .follow_if(a[4] & libc::AT_SYMLINK_FOLLOW as u64 != 0)
                .empty_if(a[4] & u64::from(EMPTY) != 0));
        InotifyAddWatch, [[] &[Op::FileReadData]],
            |a, _| one(Op::FileReadData, path(a[1]).follow_if(a[2] & u64::from(libc::IN_DONT_FOLLOW) == 0));
        FanotifyMark, [[] &[Op::FileReadData]],
            |a, _| watch(a[1], at(a[3], a[4]).follow_if(a[1] & u64::from(libc::FAN_MARK_DONT_FOLLOW) == 0));

        Access, [[none(1, 7)] &[Op::FileTestExistence], [any(1, 4)] &[Op::FileReadData],
                 [any(1, 2)] &[Op::FileWriteData], [any(1, 1)] &[Op::ProcessExec]],
            |a, _| access(path(a[0]), a[1]);
        Faccessat, [[none(2, 7)] &[Op::FileTestExistence], [any(2, 4)] &[Op::FileReadData],
                    [any(2, 2)] &[Op::FileWriteData], [any(2, 1)] &[Op::ProcessExec]],
            |a, _| access(at(a[0], a[1]), a[2]);
        Faccessat2, [[none(2, 7)] &[Op::FileTestExistence], [any(2, 4)] &[Op::FileReadData],
                     [any(2, 2)] &[Op::FileWriteData], [any(2, 1)] &[Op::ProcessExec]],
            |a, _| access(at(a[0], a[1]).flags(a[3]), a[2]);

        Unlink, [[] &[Op::FileWriteUnlink]], |a, _| one(Op::FileWriteUnlink, path(a[0]).unfollowed());
        Unlinkat, [[] &[Op::FileWriteUnlink], [any(2, libc::AT_REMOVEDIR as u32)] &[] => Reopening],
            |a, _| one(Op::FileWriteUnlink, at(a[0], a[1]).unfollowed());
        Rmdir, [[] &[Op::FileWriteUnlink], [] &[] => Reopening], |a, _| one(Op::FileWriteUnlink, path(a[0]).unfollowed());
        Rename, [[] &[Op::FileWriteUnlink, Op::FileWriteCreate], [] &[] => Reopening],
            |a, _| rename(path(a[0]), path(a[1]), 0);
        Renameat, [[] &[Op::FileWriteUnlink, Op::FileWriteCreate], [] &[] => Reopening],
            |a, _| rename(at(a[0], a[1]), at(a[2], a[3]), 0);
        Renameat2, [[] &[Op::FileWriteUnlink, Op::FileWriteCreate], [] &[] => Reopening],
            |a, _| rename(at(a[0], a[1]), at(a[2], a[3]), a[4]);
        Mkdir, [[] &[Op::FileWriteCreate]], |a, _| create(path(a[0]), libc::S_IFDIR);
        Mkdirat, [[] &[Op::FileWriteCreate]], |a, _| create(at(a[0], a[1]), libc::S_IFDIR);
        Mknod, [[] &[Op::FileWriteCreate, Op::FileMknod, Op::FileWriteSetugid]],
            |a, _| mknod(path(a[0]), a[1]);
        Mknodat, [[] &[Op::FileWriteCreate, Op::FileMknod, Op::FileWriteSetugid]],
            |a, _| mknod(at(a[0], a[1]), a[2]);
        Symlink, [[] &[Op::FileWriteCreate]], |a, _| create(path(a[1]), libc::S_IFLNK);
        Symlinkat, [[] &[Op::FileWriteCreate]], |a, _| create(at(a[1], a[2]), libc::S_IFLNK);
        Link, [[] &[Op::FileLink, Op::FileWriteCreate]], |a, _| link(path(a[0]), path(a[1]), 0);
        Linkat, [[] &[Op::FileLink, Op::FileWriteCreate]],
            |a, _| link(at(a[0], a[1]), at(a[2], a[3]), a[4]);

        Chmod, [[] &[Op::FileWriteMode], [any(1, SETUGID)] &[Op::FileWriteSetugid]],
            |a, _| chmod(path(a[0]), a[1]);
        Fchmod, [[] &[Op::FileWriteMode], [any(1, SETUGID)] &[Op::FileWriteSetugid]],
            |a, _| chmod(file(a[0]), a[1]);
        Fchmodat, [[] &[Op::FileWriteMode], [any(2, SETUGID)] &[Op::FileWriteSetugid]],
            |a, _| chmod(at(a[0], a[1]), a[2]);
        Fchmodat2, [[] &[Op::FileWriteMode], [any(2, SETUGID)] &[Op::FileWriteSetugid]],
            |a, _| chmod(at(a[0], a[1]).flags(a[3]), a[2]);
        Chown, [[] &[Op::FileWriteOwner]], |a, _| one(Op::FileWriteOwner, path(a[0]));
        Lchown, [[] &[Op::FileWriteOwner]], |a, _| one(Op::FileWriteOwner, path(a[0]).unfollowed());
        Fchown, [[] &[Op::FileWriteOwner]], |a, _| one(Op::FileWriteOwner, file(a[0]));
        Fchownat, [[] &[Op::FileWriteOwner]],
            |a, _| one(Op::FileWriteOwner, at(a[0], a[1]).flags(a[4]));
        Utime, [[] &[Op::FileWriteTimes]], |a, _| one(Op::FileWriteTimes, path(a[0]));
        Utimes, [[] &[Op::FileWriteTimes]], |a, _| one(Op::FileWriteTimes, path(a[0]));
        Futimesat, [[] &[Op::FileWriteTimes]], |a, _| times(at(a[0], a[1]));
        Utimensat, [[] &[Op::FileWriteTimes]], |a, _| times(at(a[0], a[1]).flags(a[3]));
        Truncate, [[] &[Op::FileWriteData]], |a, _| one(Op::FileWriteData, path(a[0]));
        Ftruncate, [[] &[Op::FileWriteData]], |a, _| one(Op::FileWriteData, file(a[0]));

        Setxattr, [[] &[Op::FileWriteXattr]], |a, _| xattr(Op::FileWriteXattr, path(a[0]), a[1]);
        Lsetxattr, [[] &[Op::FileWriteXattr]],
            |a, _| xattr(Op::FileWriteXattr, path(a[0]).unfollowed(), a[1]);
        Fsetxattr, [[] &[Op::FileWriteXattr]], |a, _| xattr(Op::FileWriteXattr, file(a[0]), a[1]);
        Removexattr, [[] &[Op::FileWriteXattr]], |a, _| xattr(Op::FileWriteXattr, path(a[0]), a[1]);
        Lremovexattr, [[] &[Op::FileWriteXattr]],
            |a, _| xattr(Op::FileWriteXattr, path(a[0]).unfollowed(), a[1]);
        Fremovexattr, [[] &[Op::FileWriteXattr]], |a, _| xattr(Op::FileWriteXattr, file(a[0]), a[1]);
        Getxattr, [[] &[Op::FileReadXattr]], |a, _| xattr(Op::FileReadXattr, path(a[0]), a[1]);
        Lgetxattr, [[] &[Op::FileReadXattr]],
            |a, _| xattr(Op::FileReadXattr, path(a[0]).unfollowed(), a[1]);
        Fgetxattr, [[] &[Op::FileReadXattr]], |a, _| xattr(Op::FileReadXattr, file(a[0]), a[1]);
        Listxattr, [[] &[Op::FileReadXattr]], |a, _| one(Op::FileReadXattr, path(a[0]));
        Llistxattr, [[] &[Op::FileReadXattr]],
            |a, _| one(Op::FileReadXattr, path(a[0]).unfollowed());
        Flistxattr, [[] &[Op::FileReadXattr]], |a, _| one(Op::FileReadXattr, file(a[0]));

        Setxattrat, [[] &[Op::FileWriteXattr]],
            |a, _| xattr(Op::FileWriteXattr, at(a[0], a[1]).flags(a[2]), a[3]);
        Removexattrat, [[] &[Op::FileWriteXattr]],
            |a, _| xattr(Op::FileWriteXattr, at(a[0], a[1]).flags(a[2]), a[3]);
        Getxattrat, [[] &[Op::FileReadXattr]],
            |a, _| xattr(Op::FileReadXattr, at(a[0], a[1]).flags(a[2]), a[3]);
        Listxattrat, [[] &[Op::FileReadXattr]],
            |a, _| one(Op::FileReadXattr, at(a[0], a[1]).flags(a[2]));
        FileGetattr, [[] &[Op::FileReadMetadata]],
            |a, _| one(Op::FileReadMetadata, at(a[0], a[1]).flags(a[4]));
        // Its flags are what macOS calls file-write-flags, which the Linux world does not enforce.
        FileSetattr, [[] &[Op::FileWriteMode]],
            |a, _| one(Op::FileWriteMode, at(a[0], a[1]).flags(a[4]));

        // Of the commands of type 'T' with a size some are of terminals too, others of network
        // interfaces and timers.
        Ioctl, [[condition(1, IOCTL_KIND, TERMINAL, false), differs(1, TCGETS2), differs(1, TCSETS2),
                    differs(1, TCSETSW2), differs(1, TCSETSF2), differs(1, TIOCGPTN),
                    differs(1, TIOCSPTLCK), differs(1, TIOCGDEV), differs(1, TIOCSIG),
                    differs(1, TIOCGPKT), differs(1, TIOCGPTLCK), differs(1, TIOCGEXCL)] &[Op::FileIoctl],
                [equals(1, libc::TIOCSTI as u32)] &[Op::FileIoctl],
                [equals(1, libc::TIOCLINUX as u32)] &[Op::FileIoctl],
                [equals(1, FIOSETOWN)] &[Op::Signal],
                [equals(1, SIOCSPGRP)] &[Op::Signal],
                // As file_setattr.
                [equals(1, FS_IOC_SETFLAGS)] &[Op::FileWriteMode],
                [equals(1, FS_IOC32_SETFLAGS)] &[Op::FileWriteMode],
                [equals(1, FS_IOC_FSSETXATTR)] &[Op::FileWriteMode],
                [equals(1, AUTOFS_DEV_IOCTL_OPENMOUNT)] &[] => Reopening,
                [equals(1, XFS_IOC_OPEN_BY_HANDLE)] &[] => Reopening,
                [equals(1, BINDER_WRITE_READ)] &[] => Reopening],
            ioctl;
        Flock, [[] &[Op::FileLock]], |a, _| one(Op::FileLock, file(a[0]));
        Fcntl, [[equals(1, libc::F_SETLK as u32)] &[Op::FileLock],
                [equals(1, libc::F_SETLKW as u32)] &[Op::FileLock],
                [equals(1, libc::F_OFD_SETLK as u32)] &[Op::FileLock],
                [equals(1, libc::F_OFD_SETLKW as u32)] &[Op::FileLock],
                [equals(1, libc::F_SETOWN as u32)] &[Op::Signal],
                [equals(1, F_SETOWN_EX)] &[Op::Signal],
                [equals(1, F_SETSIG)] &[Op::Signal],
                [equals(1, F_DUPFD)] &[] => Reopening,
                [equals(1, F_DUPFD_CLOEXEC)] &[] => Reopening],
            fcntl;
        Mmap, [[any(2, EXEC), none(3, ANONYMOUS)] &[Op::FileMapExecutable],
               [all(2, EXEC | WRITE)] &[Op::DynamicCodeGeneration]],
            |a, _| mmap(a[2], a[3], a[4]);
        Mprotect, [[any(2, EXEC)] &[Op::FileMapExecutable], [all(2, EXEC | WRITE)] &[Op::DynamicCodeGeneration]],
            |a, _| mprotect(a[0], a[1], a[2]);
        PkeyMprotect, [[any(2, EXEC)] &[Op::FileMapExecutable], [all(2, EXEC | WRITE)] &[Op::DynamicCodeGeneration]],
            |a, _| mprotect(a[0], a[1], a[2]);
        // What is shared can be written by whoever else has it.
        Shmat, [[] &[Op::IpcSysvShm], [any(2, SHM_EXEC)] &[Op::DynamicCodeGeneration]],
            |a, _| one(Op::IpcSysvShm, Target::Nothing)
                .and_if(a[2] & u64::from(SHM_EXEC) != 0, Op::DynamicCodeGeneration, Target::Nothing);
        // All that can be read can be run then, whatever mmap says; all ones only ask what it is.
        Personality, [[any(0, READ_IMPLIES_EXEC), differs(0, u32::MAX)] &[Op::DynamicCodeGeneration]],
            |_, _| one(Op::DynamicCodeGeneration, Target::Nothing);

        Dup, [[] &[] => Reopening], |_, _| Asks::NONE;
        Dup2, [[] &[] => Reopening], |_, _| Asks::NONE;
        Dup3, [[] &[] => Reopening], |_, _| Asks::NONE;
        Recvmsg, [[] &[] => Reopening], |_, _| Asks::NONE;
        Recvmmsg, [[] &[] => Reopening], |_, _| Asks::NONE;

        // These change what paths mean, so the supervisor must know of them in any case.
        Chdir, [[] &[]], |_, _| Asks::NONE;
        Fchdir, [[] &[]], |_, _| Asks::NONE;
        Chroot, [[] &[], [] &[Op::FileChroot]], |a, _| one(Op::FileChroot, path(a[0]));
        PivotRoot, [[] &[], [] &[Op::FileMount]], |a, _| one(Op::FileMount, path(a[0]));
        Unshare, [[any(0, (libc::CLONE_NEWNS | libc::CLONE_FS) as u32)] &[]], |_, _| Asks::NONE;
        Setns, [[] &[]], |_, _| Asks::NONE;
        Mount, [[] &[], [] &[Op::FileMount]], |a, _| one(Op::FileMount, path(a[1]));
        MoveMount, [[] &[], [] &[Op::FileMount]],
            |a, _| one(Op::FileMount, at(a[2], a[3]).empty_if(a[4] & 0x40 != 0));
        // Without OPEN_TREE_CLONE it opens like O_PATH.
        OpenTree, [[any(2, 1)] &[], [any(2, 1)] &[Op::FileMount], [none(2, 1)] &[Op::FileReadMetadata], [] &[] => Reopening],
            |a, _| one(if a[2] & 1 == 0 { Op::FileReadMetadata } else { Op::FileMount },
                at(a[0], a[1]).flags(a[2]));
        OpenTreeAttr, [[] &[], [] &[Op::FileMount]], |a, _| one(Op::FileMount, at(a[0], a[1]).flags(a[2]));
        MountSetattr, [[] &[Op::FileMount]], |a, _| one(Op::FileMount, at(a[0], a[1]).flags(a[2]));
        // Of a file system that has no place yet.
        Fsmount, [[] &[], [] &[Op::FileMount]], |_, _| one(Op::FileMount, Target::Nothing);
        // FSPICK_SYMLINK_NOFOLLOW and FSPICK_EMPTY_PATH.
        Fspick, [[] &[Op::FileMount]],
            |a, _| one(Op::FileMount, at(a[0], a[1]).follow_if(a[2] & 2 == 0).empty_if(a[2] & 8 != 0));
        Umount2, [[] &[], [] &[Op::FileUnmount]],
            |a, _| one(Op::FileUnmount, path(a[0]).follow_if(a[1] & libc::UMOUNT_NOFOLLOW as u64 == 0));

        Execve, [[] &[Op::ProcessExec], [] &[] => Reopening], |a, _| one(Op::ProcessExec, path(a[0]));
        Execveat, [[] &[Op::ProcessExec], [] &[] => Reopening],
            |a, _| one(Op::ProcessExec, at(a[0], a[1]).flags(a[4]));

        Kill, [[] &[Op::Signal]], |a, _| signal(killed(a[0]), a[1]);
        Tkill, [[] &[Op::Signal]], |a, _| signal(Who::Thread(a[0] as i32), a[1]);
        Tgkill, [[] &[Op::Signal]], |a, _| signal(Who::Process(a[0] as i32), a[2]);
        RtSigqueueinfo, [[] &[Op::Signal]], |a, _| signal(Who::Process(a[0] as i32), a[1]);
        RtTgsigqueueinfo, [[] &[Op::Signal]], |a, _| signal(Who::Process(a[0] as i32), a[2]);
        PidfdSendSignal, [[] &[Op::Signal]], |a, _| signal(sent_to(a[0], a[3]), a[1]);
        // Who traces another reads its memory, too.
        Ptrace, [[equals(0, libc::PTRACE_ATTACH)] TRACING, [equals(0, libc::PTRACE_SEIZE)] TRACING],
            |a, _| rule(Who::Process(a[1] as i32)).and(Op::MachTaskRead, Target::Process(Who::Process(a[1] as i32)));
        ProcessVmReadv, [[] &[Op::MachTaskRead]],
            |a, _| one(Op::MachTaskRead, Target::Process(Who::Process(a[0] as i32)));
        ProcessVmWritev, [[] RULING], |a, _| rule(Who::Process(a[0] as i32));

        // To read the limits of another is to ask about it, to set them is to rule it.
        Prlimit64, [[any(0, u32::MAX)] RULING, [any(0, u32::MAX)] &[Op::ProcessInfoPidinfo]],
            |a, _| limits(Who::Thread(a[0] as i32), a[2]);
        PidfdGetfd, [[] RULING, [] &[] => Reopening], |a, _| rule(Who::Descriptor(a[0] as i32));

        Socket, [[] &[Op::SystemSocket], [equals(0, libc::AF_PACKET as u32)] &[Op::NetworkInbound],
                 [equals(0, libc::AF_INET as u32), condition(1, SOCK_TYPE, SOCK_PACKET as u32, true)] &[Op::NetworkInbound]],
            |a, _| socket(a[0], a[1], a[2]);
        Connect, [[] &[Op::NetworkOutbound]],
            |a, _| one(Op::NetworkOutbound, at_address(a[0], a[1], a[2], false));
        // A socket of a path is a file that is made. What a listener is bound to says who chose it.
        Bind, [[] &[Op::NetworkBind, Op::FileWriteCreate, Op::NetworkInbound]],
            |a, _| address(Op::NetworkBind, a[0], a[1], a[2]).and(Op::FileWriteCreate, at_address(a[0], a[1], a[2], true));
        Listen, [[] &[Op::NetworkInbound]], |a, _| one(Op::NetworkInbound, Target::Bound(a[0] as i32));
        Accept, [[] &[Op::NetworkInbound]], |a, _| one(Op::NetworkInbound, Target::Bound(a[0] as i32));
        Accept4, [[] &[Op::NetworkInbound]], |a, _| one(Op::NetworkInbound, Target::Bound(a[0] as i32));
        Sendto, [[any(4, u32::MAX)] &[Op::NetworkOutbound], [high(4)] &[Op::NetworkOutbound]],
            |a, _| address(Op::NetworkOutbound, a[0], a[4], a[5]);
        Sendmsg, [[] &[Op::NetworkOutbound]],
            |a, _| messages(a[0], a[1], 1, size_of::<libc::msghdr>());
        Sendmmsg, [[] &[Op::NetworkOutbound]],
            |a, _| messages(a[0], a[1], a[2], size_of::<libc::mmsghdr>());

        Shmget, [[] &[Op::IpcSysvShm]], |_, _| one(Op::IpcSysvShm, Target::Nothing);
        Semget, [[] &[Op::IpcSysvSem]], |_, _| one(Op::IpcSysvSem, Target::Nothing);
        Msgget, [[] &[Op::IpcSysvMsg]], |_, _| one(Op::IpcSysvMsg, Target::Nothing);
        // An id may be guessed or handed on: who has it needs no get.
        Shmctl, [[] &[Op::IpcSysvShm]], |_, _| one(Op::IpcSysvShm, Target::Nothing);
        Semop, [[] &[Op::IpcSysvSem]], |_, _| one(Op::IpcSysvSem, Target::Nothing);
        Semtimedop, [[] &[Op::IpcSysvSem]], |_, _| one(Op::IpcSysvSem, Target::Nothing);
        Semctl, [[] &[Op::IpcSysvSem]], |_, _| one(Op::IpcSysvSem, Target::Nothing);
        Msgsnd, [[] &[Op::IpcSysvMsg]], |_, _| one(Op::IpcSysvMsg, Target::Nothing);
        Msgrcv, [[] &[Op::IpcSysvMsg]], |_, _| one(Op::IpcSysvMsg, Target::Nothing);
        Msgctl, [[] &[Op::IpcSysvMsg]], |_, _| one(Op::IpcSysvMsg, Target::Nothing);

        Setpriority, [[any(1, u32::MAX)] &[Op::SystemSched], [any(0, u32::MAX)] &[Op::SystemSched]],
            |a, _| one(Op::SystemSched, Target::Process(scheduled(a[0], a[1])));
        SchedSetaffinity, [[any(0, u32::MAX)] &[Op::SystemSched]], |a, _| thread(a[0]);
        SchedSetscheduler, [[any(0, u32::MAX)] &[Op::SystemSched]], |a, _| thread(a[0]);
        SchedSetparam, [[any(0, u32::MAX)] &[Op::SystemSched]], |a, _| thread(a[0]);
        SchedSetattr, [[any(0, u32::MAX)] &[Op::SystemSched]], |a, _| thread(a[0]);
        // IOPRIO_WHO_PROCESS is one more than PRIO_PROCESS, and so on.
        IoprioSet, [[any(1, u32::MAX)] &[Op::SystemSched], [differs(0, 1)] &[Op::SystemSched]],
            |a, _| one(Op::SystemSched, Target::Process(scheduled(a[0].wrapping_sub(1), a[1])));
        Reboot, [[] &[Op::SystemReboot]], |_, _| one(Op::SystemReboot, Target::Nothing);
        KexecLoad, [[] &[Op::SystemReboot]], |_, _| one(Op::SystemReboot, Target::Nothing);
        KexecFileLoad, [[] &[Op::SystemReboot]], |_, _| one(Op::SystemReboot, Target::Nothing);
        Settimeofday, [[] &[Op::SystemSetTime]], |_, _| one(Op::SystemSetTime, Target::Nothing);
        ClockSettime, [[] &[Op::SystemSetTime]], |_, _| one(Op::SystemSetTime, Target::Nothing);
        Adjtimex, [[] &[Op::SystemSetTime]], |a, m| adjust(a[0], m);
        ClockAdjtime, [[] &[Op::SystemSetTime]], |a, m| adjust(a[1], m);
        // The kernel writes to the file then.
        Swapon, [[] &[Op::SystemSwap, Op::FileWriteData]],
            |a, _| one(Op::SystemSwap, Target::Nothing).and(Op::FileWriteData, path(a[0]));
        Swapoff, [[] &[Op::SystemSwap]], |_, _| one(Op::SystemSwap, Target::Nothing);
        Acct, [[] &[Op::SystemAcct, Op::FileWriteData]],
            |a, _| one(Op::SystemAcct, Target::Nothing).and_if(a[0] != 0, Op::FileWriteData, path(a[0]));
        InitModule, [[] &[Op::SystemKextLoad]], |_, _| one(Op::SystemKextLoad, Target::Nothing);
        FinitModule, [[] &[Op::SystemKextLoad]], |_, _| one(Op::SystemKextLoad, Target::Nothing);
        DeleteModule, [[] &[Op::SystemKextUnload]], |_, _| one(Op::SystemKextUnload, Target::Nothing);
        Iopl, [[] &[Op::SystemPrivilege]], |_, _| one(Op::SystemPrivilege, Target::Nothing);
        Ioperm, [[] &[Op::SystemPrivilege]], |_, _| one(Op::SystemPrivilege, Target::Nothing);

        // Refused, when a profile denies process-fork, by the filter of `gate`.
        Fork, [[] &[Op::ProcessFork]], |_, _| one(Op::ProcessFork, Target::Nothing);
        Vfork, [[] &[Op::ProcessFork]], |_, _| one(Op::ProcessFork, Target::Nothing);
        Clone, [[none(0, libc::CLONE_THREAD as u32)] &[Op::ProcessFork]],
            |_, _| one(Op::ProcessFork, Target::Nothing);
    }
};

/// Runs what a row says; only those that read memory can fail.
fn answer<A: Into<Result<Asks, Blank>>>(
    asked: impl FnOnce(&Arguments, &dyn Memory) -> A,
    arguments: &Arguments,
    memory: &dyn Memory,
) -> Result<Asks, Blank> {
    asked(arguments, memory).into()
}

impl From<Asks> for Result<Asks, Blank> {
    fn from(asks: Asks) -> Self {
        Ok(asks)
    }
}

/// `struct timex` begins with what is to be set; nothing, to read only.
fn adjust(timex: u64, memory: &dyn Memory) -> Result<Asks, Blank> {
    let sets = memory.word(timex)? as u32 != 0;
    Ok(Asks::NONE.and_if(sets, Op::SystemSetTime, Target::Nothing))
}

/// To rule another process.
fn rule(who: Who) -> Asks {
    let who = Target::Process(who);
    one(Op::MachPrivTaskPort, who).and(Op::MachTask, who)
}

fn limits(who: Who, to_set: u64) -> Asks {
    match to_set {
        0 => one(Op::ProcessInfoPidinfo, Target::Process(who)),
        _ => rule(who),
    }
}

fn thread(id: u64) -> Asks {
    one(Op::SystemSched, Target::Process(Who::Thread(id as i32)))
}

/// Whom pidfd_send_signal means: with `PIDFD_SIGNAL_PROCESS_GROUP` a group.
fn sent_to(descriptor: u64, flags: u64) -> Who {
    let descriptor = descriptor as i32;
    if flags & 4 == 0 {
        Who::Descriptor(descriptor)
    } else {
        Who::GroupBehind(descriptor)
    }
}

/// Whom setpriority means: a thread, a process group or all of a user.
fn scheduled(which: u64, who: u64) -> Who {
    match which as u32 {
        libc::PRIO_PROCESS => Who::Thread(who as i32),
        libc::PRIO_PGRP => Who::Group(who as i32),
        _ => Who::Everybody,
    }
}

/// The row of the call with a number.
pub(crate) fn row(number: u32) -> Option<&'static Row> {
    static INDEX: std::sync::LazyLock<Vec<Option<&'static Row>>> = std::sync::LazyLock::new(|| {
        let numbers = TABLE.iter().filter_map(|row| row.call.number());
        let mut index = vec![None; numbers.max().map_or(0, |highest| highest as usize + 1)];
        for row in TABLE {
            if let Some(number) = row.call.number() {
                index[number as usize] = Some(row);
            }
        }
        index
    });
    INDEX.get(number as usize).copied().flatten()
}
