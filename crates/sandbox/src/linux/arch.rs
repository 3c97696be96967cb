//! System call numbers. Another architecture adds what it has here and nothing else.

#[cfg(not(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little")
)))]
compile_error!("the system calls of this architecture are not known: add them to this file");

/// `AUDIT_ARCH_*` of linux/audit.h for the architecture we are built for. The conventions of its
/// 32-bit programs have values of their own (`AUDIT_ARCH_I386`, `AUDIT_ARCH_ARM`).
pub(crate) const AUDIT_ARCH: u32 = if cfg!(target_arch = "x86_64") {
    0xc000_003e
} else {
    0xc000_00b7
};

/// Calls numbered from here on belong to the x32 convention (`__X32_SYSCALL_BIT`), which shares
/// its `AUDIT_ARCH` with that of x86-64; others have nothing of the kind.
pub(crate) const FOREIGN_FROM: Option<u32> = if cfg!(target_arch = "x86_64") {
    Some(0x4000_0000)
} else {
    None
};

/// An address of a call as `/proc` tells it. AArch64 looks at no more than 56 bits of one, and
/// mprotect(2) takes what else is in it for a tag (Documentation/arch/arm64/tagged-address-abi.rst
/// of Linux).
pub(crate) const fn untagged(address: u64) -> u64 {
    if cfg!(target_arch = "aarch64") {
        ((address << 8) as i64 >> 8) as u64
    } else {
        address
    }
}

macro_rules! calls {
    (
        everywhere { $($name:ident = $number:ident),* $(,)? }
        x86_64_only { $($own:ident = $own_number:ident),* $(,)? }
        by_number { $($new:ident = $literal:literal),* $(,)? }
    ) => {
        /// A system call we know by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "named as in the manual")]
        pub(crate) enum Call { $($name,)* $($own,)* $($new),* }

        impl Call {
            /// Its number on the architecture we are built for, if that has the call.
            pub(crate) const fn number(self) -> Option<u32> {
                Some(match self {
                    $(Call::$name => libc::$number as u32,)*
                    $(#[cfg(target_arch = "x86_64")] Call::$own => libc::$own_number as u32,)*
                    #[cfg(not(target_arch = "x86_64"))]
                    $(Call::$own)|* => return None,
                    $(Call::$new => $literal,)*
                })
            }
        }
    };
}

calls! {
    everywhere {
        Openat = SYS_openat, Openat2 = SYS_openat2, Newfstatat = SYS_newfstatat, Statx = SYS_statx,
        Readlinkat = SYS_readlinkat, Getcwd = SYS_getcwd, Statfs = SYS_statfs,
        InotifyAddWatch = SYS_inotify_add_watch, FanotifyMark = SYS_fanotify_mark,
        NameToHandleAt = SYS_name_to_handle_at, Faccessat = SYS_faccessat,
        Faccessat2 = SYS_faccessat2, Unlinkat = SYS_unlinkat, Renameat = SYS_renameat,
        Renameat2 = SYS_renameat2, Mkdirat = SYS_mkdirat, Mknodat = SYS_mknodat,
        Symlinkat = SYS_symlinkat, Linkat = SYS_linkat, Fchmod = SYS_fchmod,
        Fchmodat = SYS_fchmodat, Fchown = SYS_fchown,
        Fchownat = SYS_fchownat, Utimensat = SYS_utimensat, Truncate = SYS_truncate,
        Ftruncate = SYS_ftruncate, Setxattr = SYS_setxattr, Lsetxattr = SYS_lsetxattr,
        Fsetxattr = SYS_fsetxattr, Getxattr = SYS_getxattr, Lgetxattr = SYS_lgetxattr,
        Fgetxattr = SYS_fgetxattr, Listxattr = SYS_listxattr, Llistxattr = SYS_llistxattr,
        Flistxattr = SYS_flistxattr, Removexattr = SYS_removexattr, Lremovexattr = SYS_lremovexattr,
        Fremovexattr = SYS_fremovexattr, Ioctl = SYS_ioctl, Flock = SYS_flock, Fcntl = SYS_fcntl,
        Mmap = SYS_mmap, Mprotect = SYS_mprotect, PkeyMprotect = SYS_pkey_mprotect,
        Chdir = SYS_chdir, Fchdir = SYS_fchdir, Chroot = SYS_chroot, PivotRoot = SYS_pivot_root, Mount = SYS_mount, Umount2 = SYS_umount2,
        MoveMount = SYS_move_mount, Unshare = SYS_unshare, Setns = SYS_setns, Execve = SYS_execve,
        Execveat = SYS_execveat, Clone = SYS_clone, Clone3 = SYS_clone3, Kill = SYS_kill,
        Tkill = SYS_tkill, Tgkill = SYS_tgkill, RtSigqueueinfo = SYS_rt_sigqueueinfo,
        RtTgsigqueueinfo = SYS_rt_tgsigqueueinfo, PidfdSendSignal = SYS_pidfd_send_signal,
        Ptrace = SYS_ptrace, ProcessVmReadv = SYS_process_vm_readv,
        ProcessVmWritev = SYS_process_vm_writev, Socket = SYS_socket, Connect = SYS_connect,
        Bind = SYS_bind, Listen = SYS_listen, Accept = SYS_accept, Accept4 = SYS_accept4,
        Sendto = SYS_sendto, Sendmsg = SYS_sendmsg, Sendmmsg = SYS_sendmmsg,
        Recvmsg = SYS_recvmsg, Recvmmsg = SYS_recvmmsg, Dup = SYS_dup, Dup3 = SYS_dup3, Shmget = SYS_shmget,
        Semget = SYS_semget, Msgget = SYS_msgget, Setpriority = SYS_setpriority,
        SchedSetaffinity = SYS_sched_setaffinity, SchedSetscheduler = SYS_sched_setscheduler,
        SchedSetparam = SYS_sched_setparam, SchedSetattr = SYS_sched_setattr, Reboot = SYS_reboot,
        KexecLoad = SYS_kexec_load, KexecFileLoad = SYS_kexec_file_load,
        Settimeofday = SYS_settimeofday, ClockSettime = SYS_clock_settime, Swapon = SYS_swapon,
        Swapoff = SYS_swapoff, Acct = SYS_acct, InitModule = SYS_init_module,
        FinitModule = SYS_finit_module, DeleteModule = SYS_delete_module,
        IoUringSetup = SYS_io_uring_setup, OpenTree = SYS_open_tree, Fsmount = SYS_fsmount,
        Fspick = SYS_fspick, MountSetattr = SYS_mount_setattr,
        OpenByHandleAt = SYS_open_by_handle_at, PidfdGetfd = SYS_pidfd_getfd,
        IoprioSet = SYS_ioprio_set, Prlimit64 = SYS_prlimit64, Shmat = SYS_shmat,
        Shmctl = SYS_shmctl, Semop = SYS_semop, Semtimedop = SYS_semtimedop, Semctl = SYS_semctl,
        Msgsnd = SYS_msgsnd, Msgrcv = SYS_msgrcv, Msgctl = SYS_msgctl,
        Personality = SYS_personality, Adjtimex = SYS_adjtimex, ClockAdjtime = SYS_clock_adjtime,
    }
    // Older than their like that take a directory or flags, which is all that architectures newer
    // than those have (include/uapi/asm-generic/unistd.h of Linux); and what only x86 can do.
    x86_64_only {
        Open = SYS_open, Creat = SYS_creat, Stat = SYS_stat, Lstat = SYS_lstat,
        Readlink = SYS_readlink, Access = SYS_access, Unlink = SYS_unlink, Rmdir = SYS_rmdir,
        Rename = SYS_rename, Mkdir = SYS_mkdir, Mknod = SYS_mknod, Symlink = SYS_symlink,
        Link = SYS_link, Chmod = SYS_chmod, Chown = SYS_chown, Lchown = SYS_lchown,
        Utime = SYS_utime, Utimes = SYS_utimes, Futimesat = SYS_futimesat, Fork = SYS_fork,
        Vfork = SYS_vfork, Dup2 = SYS_dup2,
        Iopl = SYS_iopl, Ioperm = SYS_ioperm,
    }
    // Newer than some list of the C library. Calls from 424 on have one number on every
    // architecture (include/uapi/asm-generic/unistd.h of Linux).
    by_number {
        Fchmodat2 = 452, Setxattrat = 463, Getxattrat = 464, Listxattrat = 465, Removexattrat = 466,
        OpenTreeAttr = 467, FileGetattr = 468, FileSetattr = 469,
    }
}
