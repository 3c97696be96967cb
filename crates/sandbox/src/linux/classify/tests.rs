//! The table without a kernel.

use proptest::prelude::*;

use super::*;
use crate::linux::arch::Call;

/// Memory in which every word is the same.
struct Everywhere(u64);

impl Memory for Everywhere {
    fn word(&self, _address: u64) -> Result<u64, Blank> {
        Ok(self.0)
    }
}

const CWD: u64 = libc::AT_FDCWD as u64;

fn asked(call: Call, arguments: Arguments, how: u64) -> Vec<(Op, Target, When, Detail)> {
    // Whether or not the architecture we are built for has the call.
    let row = TABLE.iter().find(|row| row.call == call).unwrap();
    let asks = (row.asks)(&arguments, &Everywhere(how)).unwrap();
    asks.iter()
        .map(|ask| (ask.operation, ask.target, ask.when, ask.detail))
        .collect()
}

fn operations(call: Call, arguments: Arguments) -> Vec<Op> {
    asked(call, arguments, 0)
        .into_iter()
        .map(|ask| ask.0)
        .collect()
}

fn to(directory: i32, pointer: u64) -> PathAt {
    PathAt {
        directory,
        pointer,
        follow: true,
        may_be_empty: false,
        in_root: false,
    }
}

fn flags(flags: i32) -> u64 {
    flags as u64
}

#[test]
fn open_by_flags() {
    use When::{Missing, Present};
    let open = |f: i32, mode: u64| -> Vec<(Op, When)> {
        asked(Call::Open, [7, flags(f), mode, 0, 0, 0], 0)
            .into_iter()
            .map(|(op, target, when, _)| {
                assert!(matches!(target, Target::Path(at) if at.pointer == 7));
                (op, when)
            })
            .collect()
    };
    let always = When::Always;
    let (r, w, c, g) = (
        Op::FileReadData,
        Op::FileWriteData,
        Op::FileWriteCreate,
        Op::FileWriteSetugid,
    );
    assert_eq!(open(libc::O_RDONLY, 0), [(r, always)]);
    assert_eq!(open(libc::O_WRONLY, 0), [(w, always)]);
    assert_eq!(open(libc::O_RDWR, 0), [(r, always), (w, always)]);
    assert_eq!(
        open(libc::O_RDONLY | libc::O_TRUNC, 0),
        [(r, always), (w, always)]
    );
    assert_eq!(
        open(libc::O_WRONLY | libc::O_CREAT, 0o644),
        [(c, Missing), (w, Present)]
    );
    assert_eq!(
        open(libc::O_RDWR | libc::O_CREAT, 0o6755),
        [(c, Missing), (g, Missing), (r, Present), (w, Present)]
    );
    assert_eq!(
        open(libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL, 0o644),
        [(c, Missing)]
    );
    assert_eq!(open(libc::O_PATH, 0), [(Op::FileReadMetadata, always)]);
    assert_eq!(open(libc::O_TMPFILE | libc::O_RDWR, 0o644), [(c, always)]);
    assert_eq!(open(libc::O_RDONLY | libc::O_DIRECTORY, 0), [(r, always)]);
}

#[test]
fn links_in_the_last_place() {
    let follows = |call, arguments| match asked(call, arguments, 0)[0].1 {
        Target::Path(path) => path.follow,
        other => panic!("{other:?}"),
    };
    assert!(follows(Call::Stat, [1, 0, 0, 0, 0, 0]));
    assert!(!follows(Call::Lstat, [1, 0, 0, 0, 0, 0]));
    assert!(follows(Call::Open, [1, 0, 0, 0, 0, 0]));
    assert!(!follows(
        Call::Open,
        [1, flags(libc::O_NOFOLLOW), 0, 0, 0, 0]
    ));
    let exclusive = flags(libc::O_CREAT | libc::O_EXCL);
    assert!(!follows(Call::Open, [1, exclusive, 0, 0, 0, 0]));
    assert!(follows(Call::Newfstatat, [CWD, 1, 0, 0, 0, 0]));
    assert!(!follows(
        Call::Newfstatat,
        [CWD, 1, 0, flags(libc::AT_SYMLINK_NOFOLLOW), 0, 0]
    ));
    assert!(!follows(Call::Linkat, [CWD, 1, CWD, 2, 0, 0]));
    assert!(follows(
        Call::Linkat,
        [CWD, 1, CWD, 2, flags(libc::AT_SYMLINK_FOLLOW), 0]
    ));
    for call in [
        Call::Unlink,
        Call::Rename,
        Call::Lchown,
        Call::Readlink,
        Call::Mkdir,
    ] {
        assert!(!follows(call, [1, 2, 0, 0, 0, 0]), "{call:?}");
    }
}

#[test]
fn two_paths() {
    let (unlink, create) = (Op::FileWriteUnlink, Op::FileWriteCreate);
    let old = Target::Path(PathAt {
        follow: false,
        ..to(3, 1)
    });
    let new = Target::Path(PathAt {
        follow: false,
        ..to(4, 2)
    });
    let plain = [3, 1, 4, 2, 0, 0];
    let of = |asks: Vec<(Op, Target, When, Detail)>| {
        asks.into_iter()
            .map(|(op, target, ..)| (op, target))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(asked(Call::Renameat2, plain, 0)),
        [(unlink, old), (create, new)]
    );
    let exchange = [3, 1, 4, 2, libc::RENAME_EXCHANGE.into(), 0];
    assert_eq!(
        of(asked(Call::Renameat2, exchange, 0)),
        [(unlink, old), (create, new), (unlink, new), (create, old)]
    );
    assert_eq!(
        of(asked(Call::Linkat, plain, 0)),
        [(Op::FileLink, old), (create, new)]
    );
    assert_eq!(
        of(asked(Call::Symlinkat, [1, 4, 2, 0, 0, 0], 0)),
        [(create, new)]
    );
}

#[test]
fn modes_of_access() {
    let access = |mode: u64| operations(Call::Access, [1, mode, 0, 0, 0, 0]);
    assert_eq!(access(0), [Op::FileTestExistence]);
    assert_eq!(access(4), [Op::FileReadData]);
    assert_eq!(access(2), [Op::FileWriteData]);
    assert_eq!(access(1), [Op::ProcessExec]);
    assert_eq!(
        access(7),
        [Op::FileReadData, Op::FileWriteData, Op::ProcessExec]
    );
}

#[test]
fn values_beside_the_path() {
    let (.., detail) = asked(Call::Setxattr, [1, 9, 0, 0, 0, 0], 0)[0];
    assert_eq!(detail, Detail::Attribute(9));
    let (_, target, _, detail) = asked(Call::Ioctl, [5, 0x8008_6601, 0, 0, 0, 0], 0)[0];
    assert_eq!(
        (target, detail),
        (Target::File(5), Detail::Command(0x8008_6601))
    );
    let (_, target, _, detail) = asked(Call::Tgkill, [8, 9, 15, 0, 0, 0], 0)[0];
    assert_eq!(
        (target, detail),
        (Target::Process(Who::Process(8)), Detail::Signal(15))
    );
}

#[test]
fn flags_of_files_are_set_by_whatever_call() {
    for command in [0x4008_6602, 0x4004_6602, 0x401c_5820] {
        assert_eq!(
            operations(Call::Ioctl, [5, command, 0, 0, 0, 0]),
            [Op::FileIoctl, Op::FileWriteMode]
        );
    }
    // To read them.
    assert_eq!(
        operations(Call::Ioctl, [5, 0x8008_6601, 0, 0, 0, 0]),
        [Op::FileIoctl]
    );
}

#[test]
fn files_that_the_kernel_writes_to() {
    let at_one = [1, 0, 0, 0, 0, 0];
    let swap = [Op::SystemSwap, Op::FileWriteData];
    assert_eq!(operations(Call::Swapon, at_one), swap);
    let account = [Op::SystemAcct, Op::FileWriteData];
    assert_eq!(operations(Call::Acct, at_one), account);
    // Without one accounting ends.
    assert_eq!(operations(Call::Acct, [0; 6]), [Op::SystemAcct]);
}

#[test]
fn who_rules_another_has_its_task() {
    let rules = [Op::MachPrivTaskPort, Op::MachTask];
    assert_eq!(operations(Call::ProcessVmWritev, [0; 6]), rules);
    assert_eq!(operations(Call::PidfdGetfd, [0; 6]), rules);
    assert_eq!(operations(Call::Prlimit64, [1, 0, 1, 0, 0, 0]), rules);
    let asked_alone = operations(Call::Prlimit64, [1, 0, 0, 0, 0, 0]);
    assert_eq!(asked_alone, [Op::ProcessInfoPidinfo]);
    let traces = [&rules[..], &[Op::MachTaskRead]].concat();
    assert_eq!(operations(Call::Ptrace, [0; 6]), traces);
}

#[test]
fn single_rows() {
    let one = |call, arguments| {
        let asks = operations(call, arguments);
        assert_eq!(asks.len(), 1, "{call:?}");
        asks[0]
    };
    let none = [0; 6];
    for (call, arguments, operation) in [
        (Call::Creat, none, Op::FileWriteCreate),
        (Call::Mkdir, none, Op::FileWriteCreate),
        (
            Call::Mknod,
            [1, libc::S_IFCHR.into(), 0, 0, 0, 0],
            Op::FileMknod,
        ),
        (
            Call::Mknod,
            [1, libc::S_IFBLK.into(), 0, 0, 0, 0],
            Op::FileMknod,
        ),
        (
            Call::Mknod,
            [1, libc::S_IFIFO.into(), 0, 0, 0, 0],
            Op::FileWriteCreate,
        ),
        (Call::Rmdir, none, Op::FileWriteUnlink),
        (Call::Truncate, none, Op::FileWriteData),
        (Call::Utimensat, none, Op::FileWriteTimes),
        (Call::Flock, none, Op::FileLock),
        (Call::Getcwd, none, Op::FileReadMetadata),
        (Call::Chroot, none, Op::FileChroot),
        (Call::Mount, none, Op::FileMount),
        (Call::Umount2, none, Op::FileUnmount),
        (Call::Execve, none, Op::ProcessExec),
        (Call::Vfork, none, Op::ProcessFork),
        (Call::Kill, none, Op::Signal),
        (Call::ProcessVmReadv, none, Op::MachTaskRead),
        (Call::Listen, none, Op::NetworkInbound),
        (Call::Accept4, none, Op::NetworkInbound),
        (Call::Sendmmsg, none, Op::NetworkOutbound),
        (Call::Shmget, none, Op::IpcSysvShm),
        (Call::Semget, none, Op::IpcSysvSem),
        (Call::Msgget, none, Op::IpcSysvMsg),
        (Call::Setpriority, none, Op::SystemSched),
        (Call::Reboot, none, Op::SystemReboot),
        (Call::Settimeofday, none, Op::SystemSetTime),
        (Call::Acct, none, Op::SystemAcct),
        (Call::FinitModule, none, Op::SystemKextLoad),
        (Call::DeleteModule, none, Op::SystemKextUnload),
        (Call::Iopl, none, Op::SystemPrivilege),
    ] {
        // creat asks for a new file and for an old one.
        if call == Call::Creat {
            assert_eq!(operations(call, arguments), [operation, Op::FileWriteData]);
        } else {
            assert_eq!(one(call, arguments), operation, "{call:?}");
        }
    }
    let binds = [Op::NetworkBind, Op::FileWriteCreate];
    assert_eq!(operations(Call::Bind, none), binds);
    assert_eq!(operations(Call::Setns, none), []);
    assert_eq!(
        operations(Call::Chmod, [1, 0o4755, 0, 0, 0, 0]),
        [Op::FileWriteMode, Op::FileWriteSetugid]
    );
    let exec = flags(libc::PROT_EXEC);
    let (private, anonymous) = (flags(libc::MAP_PRIVATE), flags(libc::MAP_ANONYMOUS));
    assert_eq!(
        operations(Call::Mmap, [0, 1, exec, private, 3, 0]),
        [Op::FileMapExecutable]
    );
    let both = exec | flags(libc::PROT_WRITE);
    assert_eq!(
        operations(Call::Mmap, [0, 1, both, private | anonymous, 0, 0]),
        [Op::DynamicCodeGeneration]
    );
    assert_eq!(
        operations(Call::Mmap, [0, 1, exec, private | anonymous, 0, 0]),
        []
    );
}

#[test]
fn a_status_without_a_path_asks_nothing() {
    let look = |flag: i32, path: u64, memory: u64| -> usize {
        let arguments = [3, path, 9, flags(flag), 0, 0];
        asked(Call::Newfstatat, arguments, memory).len()
    };
    let empty = libc::AT_EMPTY_PATH;
    assert_eq!(look(empty, 8, 0), 0);
    assert_eq!(look(empty, 0, 1), 0);
    assert_eq!(look(empty, 8, u64::from(b'/')), 1);
    // The fourth byte of a word.
    assert_eq!(look(empty, 11, !0xff00_0000), 0);
    assert_eq!(look(empty, 11, 0xff00_0000), 1);
    assert_eq!(look(0, 8, 0), 1);
    let here = asked(Call::Statx, [CWD, 8, flags(empty), 0, 9, 0], 0);
    assert_eq!(here[0].1, Target::CurrentDirectory);
}

#[test]
fn each_call_has_one_row() {
    let calls: std::collections::BTreeSet<Call> = TABLE.iter().map(|row| row.call).collect();
    assert_eq!(calls.len(), TABLE.len());
    for of in TABLE {
        if let Some(number) = of.call.number() {
            assert_eq!(row(number).map(|row| row.call), Some(of.call));
        }
    }
}

fn register() -> impl Strategy<Value = u64> {
    prop_oneof![
        0u64..16,
        (0u32..32).prop_map(|bit| 1 << bit),
        (0u32..32, 0u32..32).prop_map(|(one, other)| 1 << one | 1 << other),
        any::<u32>().prop_map(u64::from),
        any::<u64>(),
    ]
}

proptest! {
    /// What a row asks is what its cases promise for the same registers, so that the kernel filter
    /// made of the cases lets nothing past that would be asked.
    #[test]
    fn cases_cover_what_is_asked(arguments in prop::array::uniform6(register()), how in register()) {
        for row in TABLE {
            let cases = row.cases.iter().filter(|case| {
                case.holds(&arguments) && case.only != Some(Only::Reopening)
            });
            let promised: Vec<&[Op]> = cases.map(|case| case.asks).collect();
            if promised.iter().any(|asks| asks.is_empty()) {
                continue;
            }
            // The cases of other rows say alone which calls matter: fcntl's locks among its commands.
            let told_twice = matches!(
                row.call,
                Call::Open | Call::Openat | Call::Access | Call::Faccessat
            );
            if promised.is_empty() && !told_twice {
                continue;
            }
            let promised = promised.concat();
            for ask in (row.asks)(&arguments, &Everywhere(how)).iter().flat_map(Asks::iter) {
                prop_assert!(promised.contains(&ask.operation), "{:?} asks {ask:?}", row.call);
            }
        }
    }
}
