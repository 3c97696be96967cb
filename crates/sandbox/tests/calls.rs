//! Every row of the call table, with a program that makes the call: denied alone under a policy
//! that allows the rest, it is refused with EPERM and logged as the table says; allowed alone under
//! a policy that denies the rest, it works.
#![cfg(target_os = "linux")]

mod support;

use lapbelt_sandbox::Status;
use support::{FIXTURE, Playground, base, denials, finish, is_root, job};

/// A call: the fixture's command, the rule that is denied or allowed, what is logged.
struct Case {
    /// Command and arguments of the fixture; `{dir}` is the playground.
    command: &'static str,
    /// Operation and filters of the one rule.
    rule: &'static str,
    /// Operation and target in the log.
    logged: (&'static str, &'static str),
    /// Further rules that the command needs to work.
    also: &'static str,
    /// Only root may do it.
    root: bool,
    /// Status of the command when it is let go on: some ask for what the kernel refuses.
    works: i32,
    /// Errno that the command sees when it is refused: some libraries make another of EPERM.
    refused: i32,
}

const fn case(
    command: &'static str,
    rule: &'static str,
    logged: (&'static str, &'static str),
) -> Case {
    Case {
        command,
        rule,
        logged,
        also: "",
        root: false,
        works: 0,
        refused: libc::EPERM,
    }
}

impl Case {
    const fn also(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    const fn ends(self, works: i32) -> Self {
        Self { works, ..self }
    }

    const fn sees(self, refused: i32) -> Self {
        Self { refused, ..self }
    }

    const fn root(self) -> Self {
        Self { root: true, ..self }
    }

    fn arguments(&self, playground: &Playground) -> Vec<String> {
        self.command
            .split(' ')
            .map(|word| playground.fill(word))
            .collect()
    }

    /// Runs the command under a policy; its status and what was denied.
    fn run(&self, playground: &Playground, policy: &str) -> (Status, Vec<(String, String)>) {
        let arguments = self.arguments(playground);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let policy = playground.fill(&format!("(version 1){policy}"));
        let mut job = job(&policy, FIXTURE, &arguments);
        job.cwd = Some(playground.path().to_owned());
        let (outcome, events) = finish(job);
        for event in &events {
            assert_eq!(event.errno, libc::EPERM, "{}", self.command);
            assert!(!event.granted);
        }
        (outcome.status, denials(&events))
    }

    fn check(&self) {
        let (operation, target) = self.logged;
        let command = self.command;
        let playground = Playground::new();
        let logged = vec![(operation.to_owned(), playground.fill(target))];
        let denied = Status::Exited(self.refused as u8);

        let policy = format!("(allow default){}(deny {})", self.also, self.rule);
        assert_eq!(
            self.run(&playground, &policy),
            (denied, logged.clone()),
            "denied: {command}"
        );

        let ground = format!("(deny default){}{}", base(), self.also);
        // Some operations are allowed by default even so; then there is nothing to see.
        let (status, refused) = self.run(&playground, &ground);
        if status == denied {
            assert_eq!(refused, logged, "by default: {command}");
        }
        let playground = Playground::new();
        let policy = format!("{ground}(allow {})", self.rule);
        let worked = (Status::Exited(self.works as u8), vec![]);
        assert_eq!(self.run(&playground, &policy), worked, "allowed: {command}");
    }
}

fn check_all(cases: &[Case]) {
    for case in cases {
        if case.root && !is_root() {
            lapbelt_corpus::say_skipped(&format!("only root may: {}", case.command));
            continue;
        }
        case.check();
    }
}

const READ_FILE: &str = r#"(allow file-read-data (literal "{dir}/file"))"#;

#[test]
fn opening() {
    let read = ("file-read-data", "{dir}/file");
    let write = ("file-write-data", "{dir}/file");
    let read_rule = r#"file-read-data (literal "{dir}/file")"#;
    let write_rule = r#"file-write-data (literal "{dir}/file")"#;
    let create_rule = r#"file-write-create (literal "{dir}/new")"#;
    let create = ("file-write-create", "{dir}/new");
    check_all(&[
        case("read {dir}/file", read_rule, read),
        case("read file", read_rule, read),
        case("read {dir}/link", read_rule, read),
        case("write {dir}/file", write_rule, write),
        case("read-write {dir}/file", read_rule, read)
            .also(r#"(allow file-write-data (literal "{dir}/file"))"#),
        case("read-write {dir}/file", write_rule, write).also(READ_FILE),
        case("open-truncate {dir}/file", write_rule, write).also(READ_FILE),
        case("create {dir}/file", write_rule, write),
        case("create {dir}/new", create_rule, create),
        case("create new", create_rule, create),
        case("create-new {dir}/new", create_rule, create),
        case("creat {dir}/new", create_rule, create),
        case("creat {dir}/file", write_rule, write),
        case("openat2 {dir}/file", read_rule, read),
        case(
            "open-setuid {dir}/new",
            r#"file-write-setugid (literal "{dir}/new")"#,
            ("file-write-setugid", "{dir}/new"),
        )
        .also(r#"(allow file-write-create (literal "{dir}/new"))"#),
        case(
            "open-path {dir}/file",
            r#"file-read-metadata (literal "{dir}/file")"#,
            ("file-read-metadata", "{dir}/file"),
        ),
        case(
            "open-temporary {dir}/empty",
            r#"file-write-create (literal "{dir}/empty")"#,
            ("file-write-create", "{dir}/empty"),
        ),
        case(
            "list {dir}/full",
            r#"file-read-data (literal "{dir}/full")"#,
            ("file-read-data", "{dir}/full"),
        ),
    ]);
}

#[test]
fn looking() {
    let rule = r#"file-read-metadata (literal "{dir}/file")"#;
    let logged = ("file-read-metadata", "{dir}/file");
    let link = r#"file-read-metadata (literal "{dir}/link")"#;
    let link_logged = ("file-read-metadata", "{dir}/link");
    let read = r#"file-read-data (literal "{dir}/file")"#;
    check_all(&[
        case("stat {dir}/file", rule, logged),
        case("stat {dir}/link", rule, logged),
        case("lstat {dir}/link", link, link_logged),
        case("fstatat {dir}/file", rule, logged),
        case("statx {dir}/file", rule, logged),
        case("fstatat-or-empty {dir}/file", rule, logged),
        case("statx-or-empty {dir}/file", rule, logged),
        case("readlink {dir}/link", link, link_logged),
        case(
            "fstat-of-here",
            r#"file-read-metadata (literal "{dir}")"#,
            ("file-read-metadata", "{dir}"),
        ),
        case(
            "getcwd",
            r#"file-read-metadata (literal "{dir}")"#,
            ("file-read-metadata", "{dir}"),
        ),
        case("statfs {dir}/file", rule, logged),
        case("watch {dir}/file", read, ("file-read-data", "{dir}/file")),
        case(
            "exists {dir}/file",
            r#"file-test-existence (literal "{dir}/file")"#,
            ("file-test-existence", "{dir}/file"),
        ),
        case(
            "readable {dir}/file",
            read,
            ("file-read-data", "{dir}/file"),
        ),
        case(
            "faccessat2 {dir}/file",
            read,
            ("file-read-data", "{dir}/file"),
        ),
        case(
            "writable {dir}/file",
            r#"file-write-data (literal "{dir}/file")"#,
            ("file-write-data", "{dir}/file"),
        ),
        case(
            "executable {dir}/script",
            r#"process-exec* (literal "{dir}/script")"#,
            ("process-exec*", "{dir}/script"),
        ),
    ]);
}

#[test]
fn changing_names() {
    let unlink = r#"file-write-unlink (literal "{dir}/file")"#;
    let unlinked = ("file-write-unlink", "{dir}/file");
    let create = r#"file-write-create (literal "{dir}/new")"#;
    let created = ("file-write-create", "{dir}/new");
    check_all(&[
        case("unlink {dir}/file", unlink, unlinked),
        case("unlinkat {dir}/file", unlink, unlinked),
        case(
            "unlink {dir}/link",
            r#"file-write-unlink (literal "{dir}/link")"#,
            ("file-write-unlink", "{dir}/link"),
        ),
        case(
            "rmdir {dir}/empty",
            r#"file-write-unlink (literal "{dir}/empty")"#,
            ("file-write-unlink", "{dir}/empty"),
        ),
        case("rename {dir}/file {dir}/new", unlink, unlinked)
            .also(r#"(allow file-write-create (literal "{dir}/new"))"#),
        case("rename {dir}/file {dir}/new", create, created)
            .also(r#"(allow file-write-unlink (literal "{dir}/file"))"#),
        case(
            "exchange {dir}/file {dir}/second",
            r#"file-write-create (literal "{dir}/file")"#,
            ("file-write-create", "{dir}/file"),
        )
        .also(
            r#"(allow file-write-unlink (literal "{dir}/file") (literal "{dir}/second"))
            (allow file-write-create (literal "{dir}/second"))"#,
        ),
        case("mkdir {dir}/new", create, created),
        case("mkfifo {dir}/new", create, created),
        case(
            "mknod {dir}/new",
            r#"file-mknod (literal "{dir}/new")"#,
            ("file-mknod", "{dir}/new"),
        )
        .root(),
        case("symlink {dir}/new", create, created),
        case(
            "link {dir}/file {dir}/new",
            r#"file-link (literal "{dir}/file")"#,
            ("file-link", "{dir}/file"),
        )
        .also(r#"(allow file-write-create (literal "{dir}/new"))"#),
        case("link {dir}/file {dir}/new", create, created)
            .also(r#"(allow file-link (literal "{dir}/file"))"#),
        case("link-temporary {dir} {dir}/new", create, created).also(
            r##"(allow file-write-create (literal "{dir}"))
            (allow file-link (regex #"^{dir}/#[0-9]+$"))"##,
        ),
    ]);
}

#[test]
fn changing_files() {
    let mode = (
        r#"file-write-mode (literal "{dir}/file")"#,
        ("file-write-mode", "{dir}/file"),
    );
    let owner = (
        r#"file-write-owner (literal "{dir}/file")"#,
        ("file-write-owner", "{dir}/file"),
    );
    let times = (
        r#"file-write-times (literal "{dir}/file")"#,
        ("file-write-times", "{dir}/file"),
    );
    let data = (
        r#"file-write-data (literal "{dir}/file")"#,
        ("file-write-data", "{dir}/file"),
    );
    let opened = r#"(allow file-read-data (literal "{dir}/file"))"#;
    check_all(&[
        case("chmod {dir}/file", mode.0, mode.1),
        case("fchmod {dir}/file", mode.0, mode.1).also(opened),
        case(
            "chmod-setuid {dir}/file",
            r#"file-write-setugid (literal "{dir}/file")"#,
            ("file-write-setugid", "{dir}/file"),
        )
        .also(r#"(allow file-write-mode (literal "{dir}/file"))"#),
        case("chown {dir}/file", owner.0, owner.1),
        case(
            "lchown {dir}/link",
            r#"file-write-owner (literal "{dir}/link")"#,
            ("file-write-owner", "{dir}/link"),
        ),
        case("fchown {dir}/file", owner.0, owner.1).also(opened),
        case("utimes {dir}/file", times.0, times.1),
        case("utimensat {dir}/file", times.0, times.1),
        case("futimens {dir}/file", times.0, times.1).also(opened),
        case("truncate {dir}/file", data.0, data.1),
        case(
            "flock {dir}/file",
            r#"file-lock (literal "{dir}/file")"#,
            ("file-lock", "{dir}/file"),
        )
        .also(opened),
        case(
            "lock {dir}/file",
            r#"file-lock (literal "{dir}/file")"#,
            ("file-lock", "{dir}/file"),
        )
        .also(opened),
        case(
            "setxattr {dir}/file",
            r#"file-write-xattr (require-all (literal "{dir}/file") (xattr "user.test"))"#,
            ("file-write-xattr", "{dir}/file"),
        ),
        case(
            "listxattr {dir}/file",
            r#"file-read-xattr (literal "{dir}/file")"#,
            ("file-read-xattr", "{dir}/file"),
        ),
    ]);
}

#[test]
fn running() {
    check_all(&[
        case(
            "map-executable {dir}/file",
            r#"file-map-executable (literal "{dir}/file")"#,
            ("file-map-executable", "{dir}/file"),
        )
        .also(READ_FILE),
        case(
            "make-file-code {dir}/file",
            r#"file-map-executable (literal "{dir}/file")"#,
            ("file-map-executable", "{dir}/file"),
        )
        .also(READ_FILE),
        case(
            "map-writable-code",
            "dynamic-code-generation",
            ("dynamic-code-generation", ""),
        ),
        case(
            "make-code",
            "dynamic-code-generation",
            ("dynamic-code-generation", ""),
        ),
        case(
            "execute {dir}/script",
            r#"process-exec* (literal "{dir}/script")"#,
            ("process-exec*", "{dir}/script"),
        )
        .also(r#"(allow process-exec-interpreter (literal "{fixture}"))"#),
        case(
            "execute-memory",
            r#"process-exec* (literal "memfd:payload")"#,
            ("process-exec*", "memfd:payload"),
        )
        .also(
            r#"(allow file-read* (literal "/proc/self/exe") (literal "/proc/self")
                (literal "{fixture}"))"#,
        ),
        case("fork", "process-fork", ("process-fork", "")),
        case("clone", "process-fork", ("process-fork", "")),
        case(
            "signal-pidfd",
            "signal (signal-number SIGUSR1)",
            ("signal", "children"),
        )
        .also("(allow process-fork)(allow signal (signal-number SIGKILL))"),
        case(
            "signal-process {pid}",
            "signal (target others)",
            ("signal", "others"),
        ),
        case(
            "trace-process {pid}",
            "mach-priv-task-port",
            ("mach-priv-task-port", "others"),
        ),
        case(
            "read-process {pid}",
            "mach-task-read",
            ("mach-task-read", "others"),
        )
        .ends(libc::EFAULT),
        case(
            "write-process {pid}",
            "mach-priv-task-port",
            ("mach-priv-task-port", "others"),
        )
        .ends(libc::EFAULT),
        case(
            "read /proc/{pid}/stat",
            "process-info*",
            ("process-info-pidinfo", "others"),
        ),
        case(
            "setpriority {pid}",
            "system-sched",
            ("system-sched", "others"),
        ),
        case(
            "set-affinity {pid}",
            "system-sched",
            ("system-sched", "others"),
        ),
        case(
            "signal-parent",
            "signal (target others)",
            ("signal", "others"),
        ),
        case("signal-group", "signal (target pgrp)", ("signal", "pgrp")),
        case(
            "signal-child",
            "signal (require-all (target children) (signal-number SIGUSR1))",
            ("signal", "children"),
        )
        .also("(allow process-fork)(allow signal (signal-number SIGKILL))"),
    ]);
}

#[test]
fn sockets() {
    let inet = "(allow system-socket)";
    let outbound = ("network-outbound", "127.0.0.1:1");
    check_all(&[
        case(
            "socket 10 2 0",
            "system-socket (require-all (socket-domain AF_INET6) (socket-type SOCK_DGRAM))",
            ("system-socket", "AF_INET6"),
        ),
        case(
            "connect 127.0.0.1 1",
            r#"network-outbound (remote ip "localhost:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "connect 127.0.0.1 1",
            r#"network-outbound (remote tcp4 "*:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "connect6 ::1 1",
            r#"network-outbound (remote tcp6 "localhost:1")"#,
            ("network-outbound", "::1:1"),
        )
        .also(inet),
        case(
            "connect-udp 127.0.0.1 1",
            r#"network-outbound (remote udp "*:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "send-to 127.0.0.1 1",
            r#"network-outbound (remote udp "*:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "send-without-family 127.0.0.1 1",
            r#"network-outbound (remote udp "*:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "bind-without-family 0.0.0.0 0",
            r#"network-bind (local ip "*:*")"#,
            ("network-bind", "0.0.0.0:0"),
        )
        .also(inet),
        case(
            "send-message 127.0.0.1 1",
            r#"network-outbound (remote udp "*:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "bind 127.0.0.1 0",
            r#"network-bind (local ip "*:*")"#,
            ("network-bind", "127.0.0.1:0"),
        )
        .also(inet),
        case(
            "bind-unix {dir}/socket",
            r#"network-bind (literal "{dir}/socket")"#,
            ("network-bind", "{dir}/socket"),
        )
        .also(r#"(allow system-socket)(allow file-write-create (literal "{dir}/socket"))"#),
        case(
            "bind-unix {dir}/socket",
            r#"file-write-create (literal "{dir}/socket")"#,
            ("file-write-create", "{dir}/socket"),
        )
        .also(r#"(allow system-socket)(allow network-bind (literal "{dir}/socket"))"#),
        case(
            "send-messages 127.0.0.1 1",
            r#"network-outbound (remote udp "*:1")"#,
            outbound,
        )
        .also(inet),
        case(
            "connect-unix {dir}/nobody",
            r#"network-outbound (remote unix-socket (path-literal "{dir}/nobody"))"#,
            ("network-outbound", "{dir}/nobody"),
        )
        .also(inet)
        .ends(libc::ENOENT),
        case(
            "connect-unix nobody",
            r#"network-outbound (literal "{dir}/nobody")"#,
            ("network-outbound", "{dir}/nobody"),
        )
        .also(inet)
        .ends(libc::ENOENT),
        case(
            "connect-abstract lapbelt",
            r#"network-outbound (literal "@lapbelt")"#,
            ("network-outbound", "@lapbelt"),
        )
        .also(inet),
        case(
            "listen 127.0.0.1 0",
            r#"network-inbound (local tcp "localhost:*")"#,
            ("network-inbound", "127.0.0.1:0"),
        )
        .also("(allow system-socket)(allow network-bind)"),
        // What the program chose is told, also where the system might have chosen it.
        case(
            "listen 127.0.0.1 47389",
            r#"network-inbound (local tcp "localhost:47389")"#,
            ("network-inbound", "127.0.0.1:47389"),
        )
        .also("(allow system-socket)(allow network-bind)"),
    ]);
}

const SHM_CREATE: &str = r#"ipc-posix-shm-write-create (ipc-posix-name "/{unique}")"#;
const SHM_READ: &str = r#"ipc-posix-shm-read-data (ipc-posix-name "{unique}.is")"#;
const SHM_UNLINK: &str = r#"ipc-posix-shm-write-unlink (ipc-posix-name "{unique}.is")"#;
const SEM_CREATE: &str = r#"ipc-posix-sem-create (ipc-posix-name "{unique}")"#;
const SEM_OPEN: &str = r#"ipc-posix-sem-open (ipc-posix-name "/{unique}.sem")"#;
const SEM_UNLINK: &str = r#"ipc-posix-sem-unlink (ipc-posix-name "/{unique}.sem")"#;

#[test]
fn interprocess() {
    check_all(&[
        case("shmget", "ipc-sysv-shm", ("ipc-sysv-shm", "")),
        case(
            "shm-create /{unique}",
            SHM_CREATE,
            ("ipc-posix-shm-write-create", "/{unique}"),
        ),
        case(
            "shm-read /{unique}.is",
            SHM_READ,
            ("ipc-posix-shm-read-data", "/{unique}.is"),
        ),
        case(
            "shm-unlink /{unique}.is",
            SHM_UNLINK,
            ("ipc-posix-shm-write-unlink", "/{unique}.is"),
        )
        .sees(libc::EACCES),
        case(
            "sem-create /{unique}",
            SEM_CREATE,
            ("ipc-posix-sem-create", "/{unique}"),
        )
        .also(r#"(allow ipc-posix-sem-open (ipc-posix-name "{unique}"))"#),
        case(
            "create /dev/shm/sem.{unique}",
            SEM_CREATE,
            ("ipc-posix-sem-create", "/{unique}"),
        ),
        case(
            "sem-open /{unique}.sem",
            SEM_OPEN,
            ("ipc-posix-sem-open", "/{unique}.sem"),
        ),
        case(
            "sem-unlink /{unique}.sem",
            SEM_UNLINK,
            ("ipc-posix-sem-unlink", "/{unique}.sem"),
        )
        .sees(libc::EACCES),
        case("semget", "ipc-sysv-sem", ("ipc-sysv-sem", "")),
        case("msgget", "ipc-sysv-msg", ("ipc-sysv-msg", "")),
        case(
            "read /proc/sys/kernel/ostype",
            r#"sysctl-read (sysctl-name "kernel.ostype")"#,
            ("sysctl-read", "kernel.ostype"),
        ),
        case(
            "write /proc/sys/kernel/hostname",
            r#"sysctl-write (sysctl-name "kernel.hostname")"#,
            ("sysctl-write", "kernel.hostname"),
        )
        .root(),
    ]);
}

#[test]
fn as_root() {
    let rule = r#"file-chroot (literal "{dir}/empty")"#;
    check_all(&[
        case("chroot {dir}/empty", rule, ("file-chroot", "{dir}/empty")).root(),
        case("reboot", "system-reboot", ("system-reboot", ""))
            .ends(libc::EINVAL)
            .root(),
        case("set-time", "system-set-time", ("system-set-time", ""))
            .ends(libc::EINVAL)
            .root(),
        case("swap-on", "system-swap", ("system-swap", ""))
            .ends(libc::ENOENT)
            .root(),
        case("account", "system-acct", ("system-acct", ""))
            .ends(libc::ENOENT)
            .root(),
    ]);
}

#[test]
fn a_status_without_a_path_asks_nothing() {
    let policy = "(version 1)(allow default)(deny file-read-metadata)";
    let (outcome, events) = finish(job(policy, FIXTURE, &["fstat-of-no-path"]));
    assert_eq!(outcome.status, Status::Exited(0), "{:?}", denials(&events));
}

#[test]
fn calls_newer_than_the_c_library() {
    let set = r#"file-write-xattr (require-all (literal "{dir}/file") (xattr "user.test"))"#;
    let get = r#"file-read-xattr (literal "{dir}/file")"#;
    let got = ("file-read-xattr", "{dir}/file");
    let none = r#"file-write-xattr (require-all (literal "{dir}/file") (xattr "user.none"))"#;
    let look = r#"file-read-metadata (literal "{dir}/file")"#;
    let looked = ("file-read-metadata", "{dir}/file");
    let mode = r#"file-write-mode (literal "{dir}/file")"#;
    let written = ("file-write-xattr", "{dir}/file");
    let mount = r#"file-mount (literal "{dir}/empty")"#;
    let mounted = ("file-mount", "{dir}/empty");
    if kernel_knows_file_attributes() {
        check_all(&[
            case("setxattrat {dir}/file", set, written),
            case("removexattrat {dir}/file", none, written).ends(libc::ENODATA),
            case("getxattrat {dir}/file", get, got).ends(libc::ENODATA),
            case("listxattrat {dir}/file", get, got),
            case("file-getattr {dir}/file", look, looked),
            case(
                "file-setattr {dir}/file",
                mode,
                ("file-write-mode", "{dir}/file"),
            ),
        ]);
    } else {
        lapbelt_corpus::say_skipped("in part, as the kernel is older than Linux 6.17");
    }
    check_all(&[
        case("open-tree {dir}/file", look, looked),
        case("clone-tree {dir}/empty", mount, mounted).root(),
        case("mount-setattr {dir}/empty", mount, mounted).root(),
    ]);
}

fn kernel_knows_file_attributes() -> bool {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|n| n.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(17))
}

#[test]
fn files_opened_by_handle_are_not_seen() {
    let policy = r#"(version 1)(allow default)(deny file-read-data (literal "/nowhere"))"#;
    let (outcome, events) = finish(job(policy, FIXTURE, &["open-handle"]));
    let denied = Status::Exited(libc::EPERM as u8);
    assert_eq!(outcome.status, denied);
    assert_eq!(outcome.unseen[&lapbelt_sandbox::Unseen::Handle], 1);
    let logged = ("file-read-data".to_owned(), String::new());
    assert_eq!(denials(&events), [logged]);
}

#[test]
fn events_say_whether_something_is_there() {
    let told = |policy: &str, command: &str| {
        let playground = Playground::new();
        let words = playground.fill(command);
        let words: Vec<&str> = words.split(' ').collect();
        let mut job = job(&format!("(version 1){policy}"), FIXTURE, &words);
        job.learn = true;
        let (_, events) = finish(job);
        let exist = events.iter().map(|event| event.exists);
        let names = denials(&events).into_iter().map(|(operation, _)| operation);
        names.zip(exist).collect::<Vec<_>>()
    };
    let write = "(allow default)(deny file-write* file-link network-bind signal)";
    let event = |name: &str, exists| (name.to_owned(), exists);
    let taken = event("file-write-unlink", true);
    for (command, wanted) in [
        (
            "rename {dir}/file {dir}/new",
            vec![taken.clone(), event("file-write-create", false)],
        ),
        (
            "rename {dir}/file {dir}/second",
            vec![taken, event("file-write-create", true)],
        ),
        ("rename {dir}/none {dir}/new", vec![]),
        (
            "link {dir}/file {dir}/new",
            vec![event("file-link", true), event("file-write-create", false)],
        ),
        ("link {dir}/none {dir}/new", vec![]),
        ("mkdir {dir}/new", vec![event("file-write-create", false)]),
        (
            "bind-unix {dir}/new",
            vec![
                event("network-bind", false),
                event("file-write-create", false),
            ],
        ),
        ("bind-unix {dir}/file", vec![event("network-bind", true)]),
        ("signal-process {pid}", vec![event("signal", false)]),
    ] {
        assert_eq!(told(write, command), wanted, "{command}");
    }
}
