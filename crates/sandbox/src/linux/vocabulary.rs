//! The operations and filters that system calls ask, by their names in the world.

use lapbelt_policy::world::{FilterId, OperationId, World};

macro_rules! operations {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// An operation that a system call may ask.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Op { $($name),* }

        impl Op {
            /// Every one, in the order of declaration.
            pub(crate) const ALL: &[Op] = &[$(Op::$name),*];

            /// Its name in every world.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Op::$name => $text),* }
            }
        }
    };
}

operations! {
    FileReadData = "file-read-data", FileReadMetadata = "file-read-metadata",
    FileReadXattr = "file-read-xattr", FileTestExistence = "file-test-existence",
    FileWriteData = "file-write-data", FileWriteCreate = "file-write-create",
    FileWriteUnlink = "file-write-unlink", FileWriteMode = "file-write-mode",
    FileWriteOwner = "file-write-owner", FileWriteTimes = "file-write-times",
    FileWriteXattr = "file-write-xattr", FileWriteSetugid = "file-write-setugid",
    FileMknod = "file-mknod", FileLink = "file-link", FileIoctl = "file-ioctl",
    FileLock = "file-lock", FileMapExecutable = "file-map-executable",
    FileChroot = "file-chroot", FileMount = "file-mount", FileUnmount = "file-unmount",
    ProcessExec = "process-exec*", ProcessExecInterpreter = "process-exec-interpreter",
    ProcessFork = "process-fork", ProcessInfoPidinfo = "process-info-pidinfo",
    DynamicCodeGeneration = "dynamic-code-generation", Signal = "signal",
    MachTaskRead = "mach-task-read", MachTask = "mach-task*",
    MachPrivTaskPort = "mach-priv-task-port",
    NetworkOutbound = "network-outbound", NetworkBind = "network-bind",
    NetworkInbound = "network-inbound", SystemSocket = "system-socket",
    IpcPosixShmReadData = "ipc-posix-shm-read-data",
    IpcPosixShmWriteData = "ipc-posix-shm-write-data",
    IpcPosixShmWriteCreate = "ipc-posix-shm-write-create",
    IpcPosixShmWriteUnlink = "ipc-posix-shm-write-unlink",
    IpcPosixSemOpen = "ipc-posix-sem-open", IpcPosixSemCreate = "ipc-posix-sem-create",
    IpcPosixSemUnlink = "ipc-posix-sem-unlink",
    IpcSysvShm = "ipc-sysv-shm", IpcSysvSem = "ipc-sysv-sem", IpcSysvMsg = "ipc-sysv-msg",
    SysctlRead = "sysctl-read", SysctlWrite = "sysctl-write",
    SystemSched = "system-sched", SystemReboot = "system-reboot",
    SystemSetTime = "system-set-time", SystemSwap = "system-swap", SystemAcct = "system-acct",
    SystemKextLoad = "system-kext-load", SystemKextUnload = "system-kext-unload",
    SystemPrivilege = "system-privilege",
}

impl Op {
    /// What the operation turns into for files that stand for something else: POSIX shared memory
    /// and semaphores, sysctls, other processes, mappings without a file.
    pub(crate) const fn becomes(self) -> &'static [Op] {
        match self {
            Self::FileReadData => &[
                Self::SysctlRead,
                Self::IpcPosixShmReadData,
                Self::IpcPosixSemOpen,
                Self::ProcessInfoPidinfo,
                Self::MachTaskRead,
            ],
            Self::FileWriteData => &[
                Self::SysctlWrite,
                Self::IpcPosixShmWriteData,
                Self::IpcPosixSemOpen,
                Self::MachPrivTaskPort,
                Self::MachTask,
            ],
            Self::FileWriteCreate => &[Self::IpcPosixShmWriteCreate, Self::IpcPosixSemCreate],
            Self::FileWriteUnlink => &[Self::IpcPosixShmWriteUnlink, Self::IpcPosixSemUnlink],
            Self::FileMapExecutable => &[Self::DynamicCodeGeneration],
            Self::ProcessExec => &[Self::ProcessExecInterpreter],
            _ => &[],
        }
    }

    /// Whether it reaches into the memory of another process, or takes its descriptors.
    pub(crate) fn reaches_into(self) -> bool {
        matches!(
            self,
            Self::MachTaskRead | Self::MachTask | Self::MachPrivTaskPort
        )
    }

    /// Whether it makes a name or takes one away: each time something else may have it.
    pub(crate) fn is_of_names(self) -> bool {
        matches!(
            self,
            Self::FileWriteCreate
                | Self::FileWriteUnlink
                | Self::FileMknod
                | Self::FileLink
                | Self::IpcPosixShmWriteCreate
                | Self::IpcPosixShmWriteUnlink
                | Self::IpcPosixSemCreate
                | Self::IpcPosixSemUnlink
        )
    }
}

/// A set of [`Op`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpSet(u64);

const _: () = assert!(Op::ALL.len() <= 64);

impl OpSet {
    /// Whether an operation is in the set.
    pub(crate) const fn has(self, op: Op) -> bool {
        self.0 & (1 << op as u64) != 0
    }

    /// Adds an operation.
    pub(crate) const fn add(&mut self, op: Op) {
        self.0 |= 1 << op as u64;
    }
}

/// Ids of one world. An operation that the world lacks is not asked.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    operations: Vec<Option<OperationId>>,
    /// `path`
    pub(crate) path: Option<FilterId>,
    /// `xattr`
    pub(crate) xattr: Option<FilterId>,
    /// `ioctl-command`
    pub(crate) ioctl_command: Option<FilterId>,
    /// `ipc-posix-name`
    pub(crate) ipc_posix_name: Option<FilterId>,
    /// `sysctl-name`
    pub(crate) sysctl_name: Option<FilterId>,
    /// `local`
    pub(crate) local: Option<FilterId>,
    /// `remote`
    pub(crate) remote: Option<FilterId>,
    /// `socket-domain`
    pub(crate) socket_domain: Option<FilterId>,
    /// `socket-type`
    pub(crate) socket_type: Option<FilterId>,
    /// `socket-protocol`
    pub(crate) socket_protocol: Option<FilterId>,
    /// `target`
    pub(crate) target: Option<FilterId>,
    /// `signal-number`
    pub(crate) signal_number: Option<FilterId>,
}

impl Vocabulary {
    /// Looks every name up in a world.
    pub(crate) fn of(world: &World) -> Self {
        let filter = |name| world.filter_named(name).map(|f| f.id);
        let operation = |op: &Op| world.operation_named(op.name()).map(|o| o.id);
        Self {
            operations: Op::ALL.iter().map(operation).collect(),
            path: filter("path"),
            xattr: filter("xattr"),
            ioctl_command: filter("ioctl-command"),
            ipc_posix_name: filter("ipc-posix-name"),
            sysctl_name: filter("sysctl-name"),
            local: filter("local"),
            remote: filter("remote"),
            socket_domain: filter("socket-domain"),
            socket_type: filter("socket-type"),
            socket_protocol: filter("socket-protocol"),
            target: filter("target"),
            signal_number: filter("signal-number"),
        }
    }

    /// The world's number of an operation.
    pub(crate) fn operation(&self, op: Op) -> Option<OperationId> {
        self.operations[op as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lapbelt_policy::world::shipped;

    use super::Op;

    #[test]
    fn the_linux_world_names_what_is_asked() {
        let world = shipped("linux").unwrap().unwrap();
        let enforced = world
            .operations()
            .iter()
            .filter(|operation| operation.enforced);
        let enforced: BTreeSet<&str> = enforced.map(|operation| operation.name.as_str()).collect();
        let asked: BTreeSet<&str> = Op::ALL.iter().map(|op| op.name()).collect();
        assert_eq!(enforced, asked);
    }
}
