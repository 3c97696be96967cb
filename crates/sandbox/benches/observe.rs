//! What observing costs: the same program bare and under a policy that looks at every open and
//! stat and allows them, side by side. `cargo bench -p lapbelt-sandbox`.

use std::collections::BTreeMap;
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
        env: Some(vec![("PATH".into(), "/usr/bin:/bin".into())]),
        cwd: None,
        decider: Arc::new(Decider::new(&policy, &world)),
        world,
        learn: false,
        report_allowed: false,
        stdin: Stdio::Null,
        stdout: Stdio::Null,
        stderr: Stdio::Inherit,
        timeout: None,
        linger: Duration::from_secs(1),
        stop: None,
    }
}

fn bare(words: &[&str]) -> Duration {
    let mut command = Command::new(words[0]);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .args(&words[1..])
        .stdin(std::process::Stdio::null());
    let start = Instant::now();
    let status = command
        .stdout(std::process::Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success());
    start.elapsed()
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
    let cases: [(&str, &[&str]); 6] = [
        (
            "open+read+close ×300k",
            &[FIXTURE, "open-many", "/etc/passwd", "300000"],
        ),
        (
            "stat ×300k",
            &[FIXTURE, "stat-many", "/etc/passwd", "300000"],
        ),
        (
            "find, 50k files",
            &["find", &tree, "-type", "f", "-newer", "/etc/passwd"],
        ),
        ("ls -lR, 50k files", &["ls", "-lR", &tree]),
        ("500 spawns", &["sh", "-c", spawns]),
        ("/bin/true", &["/bin/true"]),
    ];
    println!(
        "{:24} {:>10} {:>10} {:>6} {:>9}",
        "", "bare", "observed", "ratio", "calls"
    );
    let wanted = std::env::args()
        .nth(1)
        .filter(|argument| !argument.starts_with('-'));
    for (name, words) in cases {
        if wanted
            .as_ref()
            .is_some_and(|wanted| !name.contains(wanted.as_str()))
        {
            continue;
        }
        let (mut plain, mut watched, mut calls) = (Duration::MAX, Duration::MAX, 0);
        for _ in 0..ROUNDS {
            plain = plain.min(bare(words));
            let (time, count) = observed(words);
            (watched, calls) = (watched.min(time), count);
        }
        let ratio = watched.as_secs_f64() / plain.as_secs_f64();
        println!("{name:24} {plain:>10.3?} {watched:>10.3?} {ratio:>6.2} {calls:>9}");
    }
}
