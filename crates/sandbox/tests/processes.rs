//! Lives of programs under supervision: how they end, what they leave behind, what they pass on.
#![cfg(target_os = "linux")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use lapbelt_sandbox::{Backend, LinuxBackend, RunError, Status, Stdio, Support};
use support::{FIXTURE, Playground, base, denials, finish, job, run};

/// Every open and stat is looked at, nothing is refused.
const WATCH: &str = r#"(version 1)(allow default)(deny file* (literal "/nowhere"))"#;

#[test]
fn this_host_can() {
    assert_eq!(LinuxBackend.probe(), Support::Full);
}

#[test]
fn status_and_signal_pass_through() {
    for status in [0, 1, 42, 127, 255] {
        let (outcome, _) = finish(job(WATCH, FIXTURE, &["exit", &status.to_string()]));
        assert_eq!(outcome.status, Status::Exited(status));
        assert!(!outcome.timed_out && !outcome.stopped);
    }
    for signal in [
        libc::SIGKILL,
        libc::SIGTERM,
        libc::SIGSEGV,
        libc::SIGPIPE,
        libc::SIGINT,
    ] {
        let (outcome, _) = finish(job(WATCH, FIXTURE, &["die", &signal.to_string()]));
        assert_eq!(outcome.status, Status::Signaled(signal));
    }
}

#[test]
fn what_cannot_start_says_why() {
    let start = |program: &str| run(job(WATCH, program, &[])).0;
    assert!(matches!(
        start("no-such-program"),
        Err(RunError::ProgramMissing(_))
    ));
    assert!(matches!(
        start("/no/such/program"),
        Err(RunError::ProgramMissing(_))
    ));
    assert!(matches!(
        start("/etc/passwd"),
        Err(RunError::NotExecutable { .. })
    ));
    assert!(matches!(start("a\0b"), Err(RunError::Nul(_))));
    let mut elsewhere = job(WATCH, FIXTURE, &["nothing"]);
    elsewhere.cwd = Some("/no/such/directory".into());
    assert!(matches!(run(elsewhere).0, Err(RunError::Directory { .. })));
    let (refused, events) = run(job("(version 1)(deny default)", FIXTURE, &["nothing"]));
    assert!(
        matches!(refused, Err(RunError::StartDenied { .. })),
        "{refused:?}"
    );
    assert_eq!(
        denials(&events),
        [("process-exec*".to_owned(), FIXTURE.to_owned())]
    );
}

#[test]
fn streams_environment_and_directory() {
    let playground = Playground::new();
    let mut job = job(
        WATCH,
        "sh",
        &["-c", "cat; echo $VARIABLE; pwd; echo error >&2"],
    );
    let open = |name: &str| std::fs::File::open(playground.at(name)).expect("a file");
    let make = |name: &str| std::fs::File::create(playground.at(name)).expect("a file");
    job.stdin = Stdio::File(open("file"));
    job.stdout = Stdio::File(make("out"));
    job.stderr = Stdio::File(make("err"));
    job.env
        .as_mut()
        .expect("an environment")
        .push(("VARIABLE".into(), "value".into()));
    job.cwd = Some(playground.at("full"));
    let (outcome, _) = finish(job);
    assert_eq!(outcome.status, Status::Exited(0));
    let read = |name: &str| std::fs::read_to_string(playground.at(name)).expect("a file");
    let directory = playground.at("full").display().to_string();
    assert_eq!(read("out"), format!("content\nvalue\n{directory}\n"));
    assert_eq!(read("err"), "error\n");
}

#[test]
fn the_outside_is_closed_to_the_program() {
    // Of our descriptors, pipes and listener nothing is open in the program.
    let mut job = job(WATCH, "ls", &["/proc/self/fd"]);
    let playground = Playground::new();
    let make = |name: &str| std::fs::File::create(playground.at(name)).expect("a file");
    job.stdout = Stdio::File(make("out"));
    finish(job);
    let mut plain = std::process::Command::new("ls");
    plain
        .arg("/proc/self/fd")
        .stdin(std::process::Stdio::null())
        .stdout(make("plain"));
    assert!(plain.status().expect("ls").success());
    let read = |name: &str| std::fs::read_to_string(playground.at(name)).expect("a file");
    assert_eq!(read("out"), read("plain"));
}

#[test]
fn threads_are_one_process() {
    let playground = Playground::new();
    let file = playground.at("file");
    let policy = format!(
        r#"(version 1)(allow default)(deny file-read-data (literal "{}"))"#,
        file.display()
    );
    let mut job = job(
        &policy,
        FIXTURE,
        &["open-in-thread", &file.display().to_string()],
    );
    job.learn = true;
    let (outcome, events) = finish(job);
    assert_eq!(outcome.status, Status::Exited(0));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].pid, outcome.pid);
}

#[test]
fn two_hundred_forks_leave_nothing() {
    let mut job = job(WATCH, FIXTURE, &["forks", "200"]);
    job.linger = Duration::from_millis(50);
    let start = Instant::now();
    let (outcome, _) = finish(job);
    assert_eq!(outcome.status, Status::Exited(0));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(sleepers("forks"), 0);
}

/// How many processes of the fixture run a command.
fn sleepers(command: &str) -> usize {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let runs = |path: std::path::PathBuf| {
        let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next() == Some(FIXTURE.as_bytes()) && words.next() == Some(command.as_bytes())
    };
    processes.filter(|entry| runs(entry.path())).count()
}

#[test]
fn time_runs_out() {
    let mut job = job(WATCH, FIXTURE, &["sleep"]);
    job.timeout = Some(Duration::from_millis(100));
    let (outcome, _) = finish(job);
    assert!(outcome.timed_out);
    assert_eq!(outcome.status, Status::Signaled(libc::SIGKILL));
    assert!(outcome.duration < Duration::from_secs(5));
}

#[test]
fn stopped_from_outside() {
    let mut job = job(
        WATCH,
        "sh",
        &["-c", &format!("{FIXTURE} sleep & {FIXTURE} sleep")],
    );
    let stop = Arc::new(AtomicBool::new(false));
    job.stop = Some(Arc::clone(&stop));
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
    });
    let (outcome, _) = finish(job);
    stopper.join().expect("no panic");
    assert!(outcome.stopped && !outcome.timed_out);
    assert!(outcome.duration < Duration::from_secs(5));
}

#[test]
fn daemons_are_supervised_while_they_linger() {
    let playground = Playground::new();
    let file = playground.at("file").display().to_string();
    let policy = format!(r#"(version 1)(allow default)(deny file-read-data (literal "{file}"))"#);
    let mut lingering = job(&policy, FIXTURE, &["daemon", &file, "100"]);
    lingering.linger = Duration::from_millis(600);
    let (outcome, events) = finish(lingering);
    assert_eq!(outcome.status, Status::Exited(0));
    assert_eq!(
        denials(&events),
        [("file-read-data".to_owned(), file.clone())]
    );
    assert_eq!(sleepers("daemon"), 0);
    let mut cut = job(&policy, FIXTURE, &["daemon", &file, "600000"]);
    cut.linger = Duration::ZERO;
    let (outcome, events) = finish(cut);
    assert_eq!((outcome.status, events.len()), (Status::Exited(0), 0));
    assert!(outcome.duration < Duration::from_secs(5));
    assert_eq!(sleepers("daemon"), 0);
}

#[test]
fn time_to_linger_is_not_cut_by_that_of_the_program() {
    let mut job = job(WATCH, "sh", &["-c", "sleep 3.3 &"]);
    job.timeout = Some(Duration::from_secs(3));
    job.linger = Duration::from_secs(600);
    let (outcome, _) = finish(job);
    assert_eq!(outcome.status, Status::Exited(0));
    assert!(outcome.stragglers.is_empty(), "{outcome:?}");
}

#[test]
fn forks_are_refused_or_learnt() {
    let denied = "(version 1)(allow default)(deny process-fork)";
    let forked = [("process-fork".to_owned(), String::new())];
    for command in ["fork", "clone"] {
        let (outcome, events) = finish(job(denied, FIXTURE, &[command]));
        assert_eq!(
            outcome.status,
            Status::Exited(libc::EPERM as u8),
            "{command}"
        );
        assert_eq!(denials(&events), forked);
        let mut learning = job(denied, FIXTURE, &[command]);
        learning.learn = true;
        let (outcome, events) = finish(learning);
        assert_eq!(outcome.status, Status::Exited(0), "{command}");
        assert_eq!(denials(&events), forked);
        assert!(events[0].granted);
        assert_eq!(outcome.events_denied, 1);
    }
    // Libraries fall back to clone where this is missing; threads need no fork.
    let (outcome, _) = finish(job(denied, FIXTURE, &["clone3"]));
    assert_eq!(outcome.status, Status::Exited(libc::ENOSYS as u8));
    let (outcome, events) = finish(job(denied, FIXTURE, &["thread"]));
    assert_eq!((outcome.status, events.len()), (Status::Exited(0), 0));
    let (outcome, events) = finish(job(denied, "sh", &["-c", "ls | cat"]));
    assert_ne!(outcome.status, Status::Exited(0));
    assert!(!events.is_empty());
}

#[test]
fn learning_grants_everything() {
    let playground = Playground::new();
    let script = "cat file | sort > sorted; ls -l > list; rm second; mkdir d; touch d/a";
    let mut job = job("(version 1)(deny default)", "sh", &["-c", script]);
    job.learn = true;
    job.cwd = Some(playground.path().to_owned());
    let (outcome, events) = finish(job);
    assert_eq!(outcome.status, Status::Exited(0));
    assert!(events.iter().all(|event| event.granted && event.errno == 0));
    assert_eq!(outcome.events_denied, events.len() as u64);
    let denied = denials(&events);
    let has = |operation: &str, target: &str| {
        denied.contains(&(operation.to_owned(), playground.fill(target)))
    };
    assert!(has("process-fork", ""));
    assert!(has("file-read-data", "{dir}/file"));
    assert!(has("file-write-create", "{dir}/sorted"));
    assert!(has("file-write-unlink", "{dir}/second"));
    assert!(has("file-write-create", "{dir}/d/a"));
    assert!(playground.at("d/a").exists());
}

#[test]
fn modifiers_of_the_deciding_rule() {
    let playground = Playground::new();
    let file = playground.at("file").display().to_string();
    let under = |modifier: &str| {
        let policy = format!(
            r#"(version 1)(allow default)
            (deny file-read-data (with {modifier}) (literal "{file}"))"#
        );
        let (outcome, events) = finish(job(&policy, FIXTURE, &["read", &file]));
        (outcome.status, events.len(), outcome.events_denied)
    };
    let exited = |errno: i32| Status::Exited(errno as u8);
    assert_eq!(under("errno ENOENT"), (exited(libc::ENOENT), 1, 1));
    // 35 on macOS, 11 here.
    assert_eq!(under("errno EAGAIN"), (exited(libc::EAGAIN), 1, 1));
    assert_eq!(
        under("send-signal SIGKILL"),
        (Status::Signaled(libc::SIGKILL), 1, 1)
    );
    assert_eq!(
        under("send-signal SIGUSR1"),
        (Status::Signaled(libc::SIGUSR1), 1, 1)
    );
    assert_eq!(under("no-report"), (exited(libc::EPERM), 0, 1));
}

#[test]
fn allowed_requests_are_reported_on_demand() {
    let playground = Playground::new();
    let file = playground.at("file").display().to_string();
    let policy = format!(
        r#"(version 1)(deny default){}(allow file-read-data (literal "{file}"))"#,
        base()
    );
    let mut job = job(&policy, FIXTURE, &["open-many", &file, "50"]);
    job.report_allowed = true;
    let (outcome, events) = finish(job);
    assert_eq!(outcome.status, Status::Exited(0));
    assert_eq!((denials(&events).len(), outcome.events_denied), (0, 0));
    let world = support::world();
    let wanted = ("file-read-data".to_owned(), file);
    let opened = events
        .iter()
        .filter(|event| support::told(&world, event) == wanted);
    let rules: Vec<_> = opened.map(|event| event.rule).collect();
    assert_eq!(rules.len(), 1, "fifty equal requests are folded");
    assert!(rules[0].is_some());
}

#[test]
fn each_renaming_is_reported() {
    let playground = Playground::new();
    let [file, new] = ["file", "new"].map(|name| playground.at(name).display().to_string());
    let allowed = "(version 1)(allow default)";
    let mut job = job(allowed, FIXTURE, &["rename-many", &file, &new, "3"]);
    job.report_allowed = true;
    let (_, events) = finish(job);
    let world = support::world();
    let told = events.iter().map(|event| support::told(&world, event));
    let names: Vec<_> = told
        .filter(|(operation, _)| operation.starts_with("file-write-"))
        .collect();
    let once = [
        ("unlink", &file),
        ("create", &new),
        ("unlink", &new),
        ("create", &file),
    ]
    .map(|(what, path)| (format!("file-write-{what}"), path.clone()));
    assert_eq!(names, [&once[..], &once[..], &once[..]].concat());
}

#[test]
fn wholly_allowed_classes_are_not_looked_at() {
    let playground = Playground::new();
    let file = playground.at("file").display().to_string();
    let confined = "(version 1)(allow default)(deny file-write*)";
    let (outcome, _) = finish(job(confined, FIXTURE, &["open-many", &file, "50"]));
    assert_eq!(outcome.notifications, 0);
    let confined = r#"(version 1)(allow default)(deny file-read-data (literal "/nowhere"))"#;
    let (outcome, _) = finish(job(confined, FIXTURE, &["open-many", &file, "50"]));
    assert!(
        (50..80).contains(&outcome.notifications),
        "{}",
        outcome.notifications
    );
}

#[test]
fn other_ways_into_the_kernel_are_shut() {
    let foreign = cfg!(target_arch = "x86_64").then_some("x32");
    for command in ["io-uring"].into_iter().chain(foreign) {
        let (outcome, _) = finish(job(WATCH, FIXTURE, &[command]));
        assert_eq!(
            outcome.status,
            Status::Exited(libc::ENOSYS as u8),
            "{command}"
        );
    }
}

#[test]
fn many_runs_at_once() {
    let threads: Vec<_> = (0..8)
        .map(|i: u8| {
            std::thread::spawn(move || {
                for _ in 0..5 {
                    let command = format!("{FIXTURE} stat /; {FIXTURE} exit {i} & wait $!");
                    let (outcome, _) = finish(job(WATCH, "sh", &["-c", &command]));
                    assert_eq!(outcome.status, Status::Exited(i));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
}

#[test]
fn signals_and_pipelines_survive() {
    // Children come and go and timers fire while calls are being decided.
    let script = r#"trap : ALRM CHLD USR1
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            kill -USR1 $$ & ls / | sort | cat > /dev/null || exit 9; echo $(echo x) > /dev/null
        done; wait; exit 0"#;
    for shell in ["sh", "bash"] {
        let (outcome, events) = finish(job(WATCH, shell, &["-c", script]));
        assert_eq!(outcome.status, Status::Exited(0), "{shell}");
        assert!(events.is_empty());
    }
}

#[test]
fn what_may_make_no_files_leaves_no_core() {
    let playground = Playground::new();
    let limit = |policy: &str, learn: bool| {
        let script = "ulimit -H -c";
        let mut job = job(
            &format!("(version 1)(allow default){policy}"),
            "sh",
            &["-c", script],
        );
        job.learn = learn;
        let out = std::fs::File::create(playground.at("out")).expect("a file");
        job.stdout = Stdio::File(out);
        finish(job);
        std::fs::read_to_string(playground.at("out")).expect("a file")
    };
    let denying = r#"(deny file-write-create (literal "/nowhere"))"#;
    let free = limit("", false);
    assert_eq!(limit(denying, false), "0\n");
    assert_eq!(limit(denying, true), free);
    assert_eq!(
        limit("(deny file-read-data (literal \"/nowhere\"))", false),
        free
    );
}
