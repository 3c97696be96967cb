//! What observing costs: the same program bare, under a policy that looks at every open and stat and
//! allows them (refusing nothing, as a learner), under a supervisor that looks at nothing (the floor)
//! or only reads names, and under strace, in turn in one run. `cargo bench -p lapbelt-sandbox`, with a part of a
//! name after `--` for some of them only.

#[expect(unsafe_code, reason = "it talks to the kernel")]
mod floor;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lapbelt_policy::decide::Decider;
use lapbelt_policy::world::shipped;
use lapbelt_sandbox::{Backend, Job, LinuxBackend, Stdio};
use lapbelt_sbpl::{NoImports, Source, evaluate};

const FIXTURE: &str = env!("CARGO_BIN_EXE_lapbelt-fixture");

/// Nothing is allowed wholly, so that every call of the table comes to the supervisor.
const POLICY: &str = r#"(version 1)(allow default)
    (deny file* process-exec* network* (regex #"^/no/where/[0-9]+$"))"#;

/// Rounds, of which the quickest counts: the machine is shared.
const ROUNDS: usize = 5;

/// Rounds of strace, which takes its time.
const STRACE_ROUNDS: usize = 2;

/// Types of the crate that is built: as many as make strace cost what it did where the goals come
/// from, a tenth more.
const TYPES: usize = 200;
const DERIVED: &str = "#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]";

/// What a tracer of files and addresses would use, with and without a filter in the kernel.
const STRACE: [&str; 6] = [
    "strace",
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "-etrace=%file,%network,%process",
];
const STRACE_FAST: [&str; 7] = [
    "strace",
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-o",
    "/dev/null",
    "-etrace=%file,%network,%process",
];

fn job(words: &[&str]) -> Job {
    let world = Arc::new(shipped("linux").expect("shipped").expect("it parses"));
    let source = Source {
        name: "bench",
        text: POLICY,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &world);
    let policy = evaluation.policy.expect("it evaluates");
    Job {
        program: words[0].into(),
        args: words[1..].iter().map(Into::into).collect(),
        env: Some(environment()),
        cwd: None,
        profile: None,
        decider: Arc::new(Decider::new(&policy, &world)),
        world,
        learn: true,
        report_allowed: false,
        stdin: Stdio::Null,
        stdout: Stdio::Null,
        stderr: Stdio::Inherit,
        timeout: None,
        linger: Duration::from_secs(1),
        stop: None,
    }
}

/// A run of a command, with nothing or with another command around it.
fn bare(around: &[&str], words: &[&str]) -> Duration {
    let whole: Vec<&str> = around.iter().chain(words).copied().collect();
    let mut command = Command::new(whole[0]);
    command
        .env_clear()
        .envs(environment())
        .args(&whole[1..])
        .stdin(std::process::Stdio::null());
    let start = Instant::now();
    let status = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success(), "{whole:?}");
    start.elapsed()
}

/// What programs need of ours: where others are, and cargo's and rustup's folders.
fn environment() -> Vec<(OsString, OsString)> {
    let wanted = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"];
    wanted
        .iter()
        .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)))
        .collect()
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// A server that answers every request with a short page, until the process ends.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut request = [0; 1024];
            // A client that went away is no loss.
            let _ = stream.read(&mut request);
            let page = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
            let _ = stream.write_all(page.as_bytes());
        }
    });
    port
}

fn observed(words: &[&str]) -> (Duration, u64) {
    let job = job(words);
    let start = Instant::now();
    let outcome = LinuxBackend.run(job, &mut |_| ()).expect("it runs");
    (start.elapsed(), outcome.notifications)
}

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    for i in 0..50_000 {
        let folder = directory.path().join(format!("d{}", i / 100));
        if i % 100 == 0 {
            std::fs::create_dir(&folder).expect("a directory");
        }
        std::fs::write(folder.join(format!("f{i}")), "").expect("a file");
    }
    let tree = directory.path().display().to_string();
    let spawns = "for i in $(seq 500); do /bin/true; done";
    let repository = directory.path().join("repository").display().to_string();
    let made = format!(
        "git init -q {repository} && cd {repository} && cp -r {tree}/d[1-4]? . && git add -A"
    );
    let status = format!("cd {repository}; for i in $(seq 40); do git status; done");
    let package = directory.path().join("package").display().to_string();
    let packed = format!("cargo init -q --vcs none --name small {package}");
    let build = format!("cd {package} && rm -rf target && cargo build -q --offline");
    let port = serve();
    let fetch = format!("for i in $(seq 300); do curl -s http://127.0.0.1:{port}/; done");
    for setup in [made, packed] {
        bare(&[], &["sh", "-c", &setup]);
    }
    let types: String = (0..TYPES)
        .map(|n| format!("{DERIVED}\npub struct T{n}(pub u64, pub Vec<String>);\n"))
        .collect();
    std::fs::write(directory.path().join("package/src/lib.rs"), types).expect("a file");
    let cases: [(&str, &[&str], f64); 8] = [
        (
            "find, 50k files",
            &["find", &tree, "-type", "f", "-newer", "/etc/passwd"],
            5.0,
        ),
        ("500 spawns", &["sh", "-c", spawns], 1.2),
        ("git status x 40, 4k files", &["sh", "-c", &status], 4.2),
        ("cargo build, small", &["sh", "-c", &build], 1.03),
        (
            "open+read+close x 300k",
            &[FIXTURE, "open-many", "/etc/passwd", "300000"],
            4.2,
        ),
        (
            "stat x 300k",
            &[FIXTURE, "stat-many", "/etc/passwd", "300000"],
            4.2,
        ),
        ("loopback HTTP, 300 curls", &["sh", "-c", &fetch], 1.2),
        ("/bin/true", &["/bin/true"], f64::NAN),
    ];
    let strace = has("strace");
    if !strace {
        println!("strace is not here, so its columns are empty");
    }
    println!(
        "{:26} {:>10} {:>10} {:>6} {:>6} {:>6} {:>6} {:>12} {:>9} {:>9} {:>9}",
        "",
        "bare",
        "observed",
        "ratio",
        "goal",
        "floor",
        "reads",
        "seccomp-bpf",
        "strace -f",
        "calls",
        "of floor"
    );
    let wanted = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with('-'));
    for (name, words, goal) in cases {
        if wanted
            .as_ref()
            .is_some_and(|wanted| !name.contains(wanted.as_str()))
        {
            continue;
        }
        let [mut plain, mut watched, mut least, mut reads] = [Duration::MAX; 4];
        let [mut fast, mut slow] = [Duration::MAX; 2];
        let (mut calls, mut few) = (0, 0);
        for round in 0..ROUNDS {
            plain = plain.min(bare(&[], words));
            let (time, count) = observed(words);
            (watched, calls) = (watched.min(time), count);
            let (time, count) = floor::run(words, &environment(), false);
            (least, few) = (least.min(time), count);
            reads = reads.min(floor::run(words, &environment(), true).0);
            if strace && round < STRACE_ROUNDS {
                fast = fast.min(bare(&STRACE_FAST, words));
                slow = slow.min(bare(&STRACE, words));
            }
        }
        let ratio = |time: Duration| match time {
            Duration::MAX => f64::NAN,
            time => time.as_secs_f64() / plain.as_secs_f64(),
        };
        let [observed, least, reads, fast, slow] = [watched, least, reads, fast, slow].map(ratio);
        println!(
            "{name:26} {plain:>10.3?} {watched:>10.3?} {observed:>6.2} {goal:>6.2} {least:>6.2} \
             {reads:>6.2} {fast:>12.2} {slow:>9.2} {calls:>9} {few:>9}"
        );
    }
}
