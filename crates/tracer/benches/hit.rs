//! What one watched call costs in each mode: one program, built here by the C compiler, all modes in
//! one run, the fastest of some rounds.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lapbelt_tracer::image::Place;
use lapbelt_tracer::{Hook, Mode, Plan, Routine, Watch, trace};

const HITS: u32 = 20_000;
const ROUNDS: usize = 15;

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/three_modes");
    let [sink, program] = ["sink.c", "program.c"].map(|name| sources.join(name));
    let library = dir.path().join("libsink.so");
    let made = dir.path().join("program");
    let build = |command: &mut Command| assert!(command.status().is_ok_and(|one| one.success()));
    let compiler = || {
        let mut command = Command::new("cc");
        command.arg("-O2");
        command
    };
    build(
        compiler()
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&sink),
    );
    build(
        compiler()
            .args(["-pthread", "-Wl,-rpath,$ORIGIN", "-o"])
            .args([&made, &program, &library]),
    );
    let watch = Watch {
        image: Some(library),
        write: Place::Symbol("sink_write".into()),
        arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
            .parse()
            .expect("arguments"),
        immutable: None,
    };
    let routine = Routine::find(&made, watch).expect("the routine");
    let command = || {
        let mut command = Command::new(&made);
        command.args(["threads", &HITS.to_string()]);
        command.stdout(Stdio::null());
        command
    };
    let alone = fastest(|| assert!(command().status().is_ok_and(|one| one.success())));
    println!(
        "{HITS} calls; unwatched {:.1} ms in all",
        1e3 * alone.as_secs_f64()
    );
    for mode in [Mode::Interpose, Mode::HwBreakpoint, Mode::Patch] {
        let plan = Plan {
            mode,
            routine: &routine,
            ring: 1 << 16,
            stop: None,
        };
        let watched = fastest(|| {
            let traced = trace(command(), &plan, |_| {}).expect("a host that lets us trace");
            assert_eq!(traced.hook, Hook::Ok, "{}", mode.name());
            // The library makes a call of its own.
            assert_eq!(traced.stats.break_hits, u64::from(HITS) + 1);
            assert_eq!(traced.stats.ring_dropped, 0);
        });
        let each = watched.saturating_sub(alone) / HITS;
        println!(
            "{:<14} {:>7.2} µs a call",
            mode.name(),
            1e6 * each.as_secs_f64()
        );
    }
}

/// The fastest round: what else runs on the machine only makes rounds slower.
fn fastest(mut run: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    rounds.min().unwrap_or_default()
}
