//! System call numbers. Another architecture adds its column here and nothing else.

/// `AUDIT_ARCH_*` of linux/audit.h for the architecture we are built for.
#[cfg(target_arch = "x86_64")]
pub(crate) const AUDIT_ARCH: u32 = 0xc000_003e;

/// Calls numbered from here on belong to the x32 convention (`__X32_SYSCALL_BIT`).
#[cfg(target_arch = "x86_64")]
pub(crate) const FOREIGN_FROM: Option<u32> = Some(0x4000_0000);

macro_rules! calls {
    ($($name:ident = $x86_64:ident),*; $($new:ident = $number:literal),* $(,)?) => {
        /// A system call we know by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "named as in the manual")]
        pub(crate) enum Call { $($name,)* $($new),* }

        impl Call {
            /// Its number on the architecture we are built for.
            #[cfg(target_arch = "x86_64")]
            pub(crate) const fn number(self) -> u32 {
                match self {
                    $(Call::$name => libc::$x86_64 as u32,)*
                    $(Call::$new => $number,)*
                }
            }
        }
    };
}

calls! {
    Open = SYS_open, Openat = SYS_openat, Openat2 = SYS_openat2, Creat = SYS_creat,
    Stat = SYS_stat, Lstat = SYS_lstat, Newfstatat = SYS_newfstatat, Statx = SYS_statx,
    Readlink = SYS_readlink, Readlinkat = SYS_readlinkat, Getcwd = SYS_getcwd,
    Statfs = SYS_statfs, InotifyAddWatch = SYS_inotify_add_watch,
    FanotifyMark = SYS_fanotify_mark, NameToHandleAt = SYS_name_to_handle_at,
    Access = SYS_access, Faccessat = SYS_faccessat, Faccessat2 = SYS_faccessat2,
    Unlink = SYS_unlink, Unlinkat = SYS_unlinkat, Rmdir = SYS_rmdir,
    Rename = SYS_rename, Renameat = SYS_renameat, Renameat2 = SYS_renameat2,
    Mkdir = SYS_mkdir, Mkdirat = SYS_mkdirat, Mknod = SYS_mknod, Mknodat = SYS_mknodat,
    Symlink = SYS_symlink, Symlinkat = SYS_symlinkat, Link = SYS_link, Linkat = SYS_linkat,
    Chmod = SYS_chmod, Fchmod = SYS_fchmod, Fchmodat = SYS_fchmodat, Fchmodat2 = SYS_fchmodat2,
    Chown = SYS_chown, Lchown = SYS_lchown, Fchown = SYS_fchown, Fchownat = SYS_fchownat,
    Utime = SYS_utime, Utimes = SYS_utimes, Futimesat = SYS_futimesat, Utimensat = SYS_utimensat,
    Truncate = SYS_truncate, Ftruncate = SYS_ftruncate,
    Setxattr = SYS_setxattr, Lsetxattr = SYS_lsetxattr, Fsetxattr = SYS_fsetxattr,
    Getxattr = SYS_getxattr, Lgetxattr = SYS_lgetxattr, Fgetxattr = SYS_fgetxattr,
    Listxattr = SYS_listxattr, Llistxattr = SYS_llistxattr, Flistxattr = SYS_flistxattr,
    Removexattr = SYS_removexattr, Lremovexattr = SYS_lremovexattr,
    Fremovexattr = SYS_fremovexattr,
    Ioctl = SYS_ioctl, Flock = SYS_flock, Fcntl = SYS_fcntl,
    Mmap = SYS_mmap, Mprotect = SYS_mprotect, PkeyMprotect = SYS_pkey_mprotect,
    Chroot = SYS_chroot, PivotRoot = SYS_pivot_root, Mount = SYS_mount, Umount2 = SYS_umount2,
    MoveMount = SYS_move_mount, Unshare = SYS_unshare, Setns = SYS_setns,
    Execve = SYS_execve, Execveat = SYS_execveat,
    Fork = SYS_fork, Vfork = SYS_vfork, Clone = SYS_clone, Clone3 = SYS_clone3,
    Kill = SYS_kill, Tkill = SYS_tkill, Tgkill = SYS_tgkill,
    RtSigqueueinfo = SYS_rt_sigqueueinfo, RtTgsigqueueinfo = SYS_rt_tgsigqueueinfo,
    PidfdSendSignal = SYS_pidfd_send_signal,
    Ptrace = SYS_ptrace, ProcessVmReadv = SYS_process_vm_readv,
    ProcessVmWritev = SYS_process_vm_writev,
    Socket = SYS_socket, Connect = SYS_connect, Bind = SYS_bind,
    Listen = SYS_listen, Accept = SYS_accept, Accept4 = SYS_accept4,
    Sendto = SYS_sendto, Sendmsg = SYS_sendmsg, Sendmmsg = SYS_sendmmsg,
    Shmget = SYS_shmget, Semget = SYS_semget, Msgget = SYS_msgget,
    Setpriority = SYS_setpriority, SchedSetaffinity = SYS_sched_setaffinity,
    SchedSetscheduler = SYS_sched_setscheduler, SchedSetparam = SYS_sched_setparam,
    SchedSetattr = SYS_sched_setattr,
    Reboot = SYS_reboot, KexecLoad = SYS_kexec_load, KexecFileLoad = SYS_kexec_file_load,
    Settimeofday = SYS_settimeofday, ClockSettime = SYS_clock_settime,
    Swapon = SYS_swapon, Swapoff = SYS_swapoff, Acct = SYS_acct,
    InitModule = SYS_init_module, FinitModule = SYS_finit_module,
    DeleteModule = SYS_delete_module, Iopl = SYS_iopl, Ioperm = SYS_ioperm,
    IoUringSetup = SYS_io_uring_setup,
    OpenTree = SYS_open_tree, Fsmount = SYS_fsmount, Fspick = SYS_fspick,
    MountSetattr = SYS_mount_setattr, OpenByHandleAt = SYS_open_by_handle_at,
    PidfdGetfd = SYS_pidfd_getfd, IoprioSet = SYS_ioprio_set,
    Adjtimex = SYS_adjtimex, ClockAdjtime = SYS_clock_adjtime;
    // Newer than the C library's list. Calls from 424 on have one number on every architecture
    // (include/uapi/asm-generic/unistd.h of Linux).
    Setxattrat = 463, Getxattrat = 464, Listxattrat = 465, Removexattrat = 466,
    OpenTreeAttr = 467, FileGetattr = 468, FileSetattr = 469,
}
