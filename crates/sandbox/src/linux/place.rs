//! Files that stand for something else: POSIX shared memory and semaphores, sysctls, processes.

use super::resolve::Found;
use super::vocabulary::Op;

/// What an operation on a path really asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The operation on the file.
    File,
    /// Another operation on the IPC object of this name, without a leading slash.
    PosixIpc(Op, Vec<u8>),
    /// Another operation on a sysctl of this dotted name.
    Sysctl(Op, Vec<u8>),
    /// Another operation on a process.
    Process(Op, i32),
}

/// What `operation` on `path` really asks.
pub(crate) fn meaning(operation: Op, path: &[u8], found: Found) -> Meaning {
    if let Some(name) = path.strip_prefix(b"/dev/shm/")
        && !name.contains(&b'/')
        && found != Found::Directory
    {
        let (operation, name) = match name.strip_prefix(b"sem.") {
            Some(name) => (semaphore(operation), name),
            None => (shared_memory(operation), name),
        };
        return operation.map_or(Meaning::File, |op| Meaning::PosixIpc(op, name.to_vec()));
    }
    let Some(below) = path.strip_prefix(b"/proc/") else {
        return Meaning::File;
    };
    if let Some(name) = below.strip_prefix(b"sys/")
        && found != Found::Directory
    {
        let operation = match operation {
            Op::FileReadData => Op::SysctlRead,
            Op::FileWriteData => Op::SysctlWrite,
            _ => return Meaning::File,
        };
        let dotted = name
            .iter()
            .map(|byte| if *byte == b'/' { b'.' } else { *byte });
        return Meaning::Sysctl(operation, dotted.collect());
    }
    match in_process(path) {
        Some((process, behind)) => match (operation, is_memory(behind)) {
            (Op::FileReadData, true) => Meaning::Process(Op::MachTaskRead, process),
            (Op::FileReadData, false) => Meaning::Process(Op::ProcessInfoPidinfo, process),
            (Op::FileWriteData, true) => Meaning::Process(Op::MachPrivTaskPort, process),
            _ => Meaning::File,
        },
        None => Meaning::File,
    }
}

/// The process whose `/proc` directory holds a path, and what comes behind that directory.
pub(crate) fn in_process(path: &[u8]) -> Option<(i32, &[u8])> {
    let below = path.strip_prefix(b"/proc/")?;
    let slash = below.iter().position(|byte| *byte == b'/');
    let (process, behind) = below.split_at(slash.unwrap_or(below.len()));
    Some((std::str::from_utf8(process).ok()?.parse().ok()?, behind))
}

/// Whether a path in the directory of a process is its memory, by the process or by a thread.
fn is_memory(behind: &[u8]) -> bool {
    let thread = behind.strip_prefix(b"/task/").and_then(|task| {
        let slash = task.iter().position(|byte| *byte == b'/')?;
        Some(&task[slash..])
    });
    thread.unwrap_or(behind) == b"/mem"
}

fn shared_memory(operation: Op) -> Option<Op> {
    match operation {
        Op::FileReadData => Some(Op::IpcPosixShmReadData),
        Op::FileWriteData => Some(Op::IpcPosixShmWriteData),
        Op::FileWriteCreate => Some(Op::IpcPosixShmWriteCreate),
        Op::FileWriteUnlink => Some(Op::IpcPosixShmWriteUnlink),
        _ => None,
    }
}

fn semaphore(operation: Op) -> Option<Op> {
    match operation {
        Op::FileReadData | Op::FileWriteData => Some(Op::IpcPosixSemOpen),
        Op::FileWriteCreate => Some(Op::IpcPosixSemCreate),
        Op::FileWriteUnlink => Some(Op::IpcPosixSemUnlink),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_something_else() {
        let asked = |op, path: &str| meaning(op, path.as_bytes(), Found::Other);
        let ipc = |op, name: &str| Meaning::PosixIpc(op, name.as_bytes().to_vec());
        assert_eq!(
            asked(Op::FileWriteCreate, "/dev/shm/a"),
            ipc(Op::IpcPosixShmWriteCreate, "a")
        );
        assert_eq!(
            asked(Op::FileWriteData, "/dev/shm/sem.a"),
            ipc(Op::IpcPosixSemOpen, "a")
        );
        assert_eq!(
            asked(Op::FileWriteUnlink, "/dev/shm/sem.a"),
            ipc(Op::IpcPosixSemUnlink, "a")
        );
        assert_eq!(asked(Op::FileReadData, "/dev/shm/a/b"), Meaning::File);
        assert_eq!(asked(Op::FileReadMetadata, "/dev/shm/a"), Meaning::File);
        let sysctl = |op| Meaning::Sysctl(op, b"kernel.osrelease".to_vec());
        let path = "/proc/sys/kernel/osrelease";
        assert_eq!(asked(Op::FileReadData, path), sysctl(Op::SysctlRead));
        assert_eq!(asked(Op::FileWriteData, path), sysctl(Op::SysctlWrite));
        for (op, path, wanted) in [
            (Op::FileReadData, "/proc/8/maps", Op::ProcessInfoPidinfo),
            (Op::FileReadData, "/proc/8/mem", Op::MachTaskRead),
            (
                Op::FileWriteData,
                "/proc/8/task/9/mem",
                Op::MachPrivTaskPort,
            ),
        ] {
            assert_eq!(asked(op, path), Meaning::Process(wanted, 8), "{path}");
        }
        assert_eq!(asked(Op::FileWriteData, "/proc/8/comm"), Meaning::File);
        assert_eq!(asked(Op::FileReadMetadata, "/proc/8/maps"), Meaning::File);
        assert_eq!(asked(Op::FileReadData, "/proc/cpuinfo"), Meaning::File);
        assert_eq!(asked(Op::FileReadData, "/etc/passwd"), Meaning::File);
    }

    #[test]
    fn directories_of_processes() {
        let within = |path: &'static str| in_process(path.as_bytes());
        assert_eq!(within("/proc/7/maps"), Some((7, &b"/maps"[..])));
        assert_eq!(within("/proc/70"), Some((70, &b""[..])));
        for path in [
            "/proc",
            "/proc/",
            "/proc/self/maps",
            "/proc/7x/maps",
            "/prod/7",
        ] {
            assert_eq!(within(path), None, "{path}");
        }
    }
}
