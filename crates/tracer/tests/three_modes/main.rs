//! All three modes on a program and its library that are built here: they see the same, and the
//! program does the same.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lapbelt_tracer::image::Place;
use lapbelt_tracer::record::{CAPTURE, Record};
use lapbelt_tracer::{Hook, Mode, Outcome, Plan, Routine, TraceError, Traced, Watch, trace};

const MODES: [Mode; 3] = [Mode::Interpose, Mode::HwBreakpoint, Mode::Patch];

struct Built(tempfile::TempDir);

struct Run {
    traced: Traced,
    records: Vec<Record>,
    said: String,
}

impl Built {
    /// Builds both; says so where there is no compiler.
    fn new() -> Option<Self> {
        let built = Self(tempfile::tempdir().expect("a directory"));
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/three_modes");
        let source = |name: &str| sources.join(name).to_string_lossy().into_owned();
        for arguments in [
            &[
                "-shared",
                "-fPIC",
                "-DFULL",
                &source("sink.c"),
                &source("other.c"),
                "-o",
                "libsink.so",
            ][..],
            &[
                &source("program.c"),
                "-o",
                "program",
                "-L.",
                "-lsink",
                "-pthread",
                "-Wl,-rpath,$ORIGIN",
            ],
            &[
                &source("program.c"),
                &source("sink.c"),
                "-o",
                "whole",
                "-pthread",
            ],
            &[&source("late.c"), "-o", "late", "-ldl"],
            &[
                "-static",
                &source("program.c"),
                &source("sink.c"),
                "-o",
                "static",
                "-pthread",
            ],
        ] {
            let mut compiler = Command::new("cc");
            compiler
                .arg("-O1")
                .args(arguments)
                .current_dir(built.0.path());
            match compiler.output() {
                Ok(output) if output.status.success() => {}
                Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
                Err(error) => {
                    lapbelt_corpus::say_skipped(&format!("no C compiler: {error}"));
                    return None;
                }
            }
        }
        Some(built)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn routine(&self, program: &str, image: Option<&str>) -> Routine {
        let watch = Watch {
            image: image.map(|image| self.path(image)),
            write: Place::Symbol("sink_write".into()),
            arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
                .parse()
                .expect("arguments"),
            immutable: Some((
                Place::Symbol("sink_done".into()),
                "arg0".parse().expect("an argument"),
            )),
        };
        Routine::find(&self.path(program), watch).expect("the routine")
    }

    fn command(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(self.path(program));
        command
            .args(words)
            .stdin(Stdio::null())
            .env_remove("LD_PRELOAD");
        command
    }

    /// Traces; `None`, and said so, where the host does not let us.
    fn run(&self, mode: Mode, ring: usize, words: &[&str], preload: Option<&Path>) -> Option<Run> {
        let mut command = self.command("program", words);
        if let Some(path) = preload {
            command.env("LD_PRELOAD", path);
        }
        self.traced(mode, ring, command)
    }

    fn traced(&self, mode: Mode, ring: usize, mut command: Command) -> Option<Run> {
        let program = Path::new(command.get_program());
        let program = program.file_name().and_then(|name| name.to_str());
        let routine = self.routine(program.expect("a name"), Some("libsink.so"));
        let path = self.path(&format!("said-{mode:?}"));
        command
            .stdout(std::fs::File::create(&path).expect("a file"))
            .stderr(Stdio::null());
        let plan = Plan {
            mode,
            routine: &routine,
            ring,
            stop: None,
        };
        let mut records = Vec::new();
        let traced = match trace(command, &plan, |record| records.push(record)) {
            Err(error @ TraceError::Refused { .. }) => {
                lapbelt_corpus::say_skipped(&error.to_string());
                return None;
            }
            traced => traced.expect("a trace"),
        };
        if let Hook::HookFailed(why) = &traced.hook
            && why.starts_with("debug registers")
        {
            lapbelt_corpus::say_skipped(why);
            return None;
        }
        let said = std::fs::read_to_string(&path).expect("what it says");
        Some(Run {
            traced,
            records,
            said,
        })
    }
}

/// Records without the address of the buffer, which each run has for itself.
fn plain(records: &[Record]) -> Vec<Record> {
    let records = records.iter().cloned();
    records.map(|record| Record { buf: 0, ..record }).collect()
}

#[test]
fn all_modes_agree_record_for_record_and_the_program_does_the_same() {
    let Some(built) = Built::new() else { return };
    let unwatched = built
        .command("program", &["mixed"])
        .output()
        .expect("a run")
        .stdout;
    let mut seen: Vec<(Mode, Vec<Record>)> = Vec::new();
    for mode in MODES {
        let Some(run) = built.run(mode, 1 << 16, &["mixed"], None) else {
            continue;
        };
        assert_eq!(
            (&run.traced.hook, run.traced.outcome),
            (&Hook::Ok, Outcome::Exited(0))
        );
        assert_eq!(run.said.as_bytes(), unwatched, "{mode:?}");
        let stats = &run.traced.stats;
        // The first of them before the program's own first instruction.
        assert_eq!(
            (stats.break_hits, stats.immutable_hits),
            (12, 2),
            "{mode:?}"
        );
        // What is longer than is taken, and what cannot be read.
        assert_eq!(
            (stats.capture_truncated, stats.ring_dropped),
            (2, 0),
            "{mode:?}"
        );
        assert_eq!(
            stats.immutable_buf,
            run.records.last().map(|one| one.buf),
            "{mode:?}"
        );
        assert_eq!(run.records[0].bytes, b"early");
        assert!(run.traced.triage.address.is_some());
        let steps = if mode == Mode::Interpose { 0 } else { 14 };
        assert_eq!(stats.step_hits, steps, "{mode:?}");
        seen.push((mode, plain(&run.records)));
    }
    let (_, first) = &seen[0];
    let long = 2 * CAPTURE / 256;
    assert_eq!(first.len(), 1 + 2 + 3 + 2 + 2 + 3 + long + 1);
    for (mode, records) in &seen[1..] {
        assert!(records == first, "{mode:?}");
    }
}

#[test]
fn a_library_that_comes_late_is_watched_in_any_mode() {
    let Some(built) = Built::new() else { return };
    let library = built.path("libsink.so").to_string_lossy().into_owned();
    for mode in MODES {
        let command = built.command("late", &[&library, "6"]);
        let Some(run) = built.traced(mode, 1 << 16, command) else {
            continue;
        };
        assert_eq!(
            (&run.traced.hook, run.traced.outcome, &*run.said),
            (&Hook::Ok, Outcome::Exited(0), "late\nlate\n"),
            "{mode:?}"
        );
        let stats = &run.traced.stats;
        // It is loaded twice; a hook keeps it loaded.
        let second = usize::from(mode != Mode::Interpose);
        assert_eq!(
            (stats.break_hits, stats.immutable_hits),
            (13 + second as u64, 3 + second as u64),
            "{mode:?}"
        );
        let early = run.records.iter().filter(|one| one.bytes == b"early");
        assert_eq!(early.count(), 1 + second, "{mode:?}");
        let others = run.records.iter().filter(|one| one.bytes != b"early");
        for (record, at) in others.zip((0_u64..6).chain(0..6)) {
            assert_eq!((record.cursor, &*record.bytes), (at, &at.to_le_bytes()[..]));
        }
    }
    // Whether one came that writes nothing, the hook cannot know.
    let command = built.command("late", &["none.so", "6"]);
    let run = built.traced(Mode::Interpose, 1 << 16, command);
    let run = run.expect("no right is needed");
    assert_eq!(
        (run.traced.hook, run.traced.outcome, run.records.len()),
        (Hook::Ok, Outcome::Exited(9), 0)
    );
}

#[test]
fn twenty_threads_lose_no_write_in_any_mode() {
    let Some(built) = Built::new() else { return };
    let mut seen: Vec<Vec<Record>> = Vec::new();
    for mode in MODES {
        let words = ["threads", "400", "20"];
        let Some(run) = built.run(mode, 1 << 16, &words, None) else {
            continue;
        };
        let stats = &run.traced.stats;
        assert_eq!(
            (stats.break_hits, stats.immutable_hits),
            (8001, 21),
            "{mode:?}"
        );
        assert_eq!(
            (stats.ring_dropped, stats.capture_truncated),
            (0, 0),
            "{mode:?}"
        );
        assert_eq!(
            run.said,
            format!("none\n{}", "400\n".repeat(20)),
            "{mode:?}"
        );
        let seqs = run.records.iter().map(|one| one.seq);
        assert!(seqs.eq(0..run.records.len() as u64), "{mode:?}");
        // Which thread comes first is chance.
        let mut records = plain(&run.records);
        records.iter_mut().for_each(|record| record.seq = 0);
        records.sort_by(|one, other| {
            (one.cursor, one.chunk_offset).cmp(&(other.cursor, other.chunk_offset))
        });
        seen.push(records);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_program_that_dies_leaves_what_it_wrote_in_any_mode() {
    let Some(built) = Built::new() else { return };
    for mode in MODES {
        let Some(run) = built.run(mode, 1 << 16, &["die", "30"], None) else {
            continue;
        };
        assert_eq!(run.traced.outcome, Outcome::Signaled(libc::SIGABRT));
        assert_eq!(run.traced.stats.break_hits, 31, "{mode:?}");
        assert_eq!(run.records.len(), 32, "{mode:?}");
    }
}

#[test]
fn children_are_watched_until_they_run_another_program() {
    let Some(built) = Built::new() else { return };
    for mode in MODES {
        let Some(run) = built.run(mode, 1 << 16, &["children", "9"], None) else {
            continue;
        };
        assert_eq!(run.traced.outcome, Outcome::Exited(0), "{mode:?}");
        let stats = &run.traced.stats;
        assert_eq!(
            (stats.break_hits, stats.arm_failures),
            (1 + 9 + 9, 0),
            "{mode:?}"
        );
        let of = |process: u64| {
            let own = run.records.iter().filter(move |one| one.process == process);
            own.map(|one| (one.cursor, one.chunk_offset, one.bytes.clone()))
                .collect::<Vec<_>>()
        };
        let (own, childs) = (of(0), of(1));
        // The call before the program's first instruction was before the fork.
        assert_eq!(own[1..], childs, "{mode:?}");
        assert_eq!(own.len() + childs.len(), run.records.len(), "{mode:?}");
        assert!(run.said.ends_with("12.000000\n"), "{mode:?}: {}", run.said);
    }
}

#[test]
fn children_that_borrow_the_memory_are_watched_as_part_of_the_program() {
    let Some(built) = Built::new() else { return };
    let mut seen: Vec<Vec<Record>> = Vec::new();
    for mode in MODES {
        let Some(run) = built.run(mode, 1 << 16, &["borrowers", "9"], None) else {
            continue;
        };
        assert_eq!(run.traced.outcome, Outcome::Exited(0), "{mode:?}");
        let stats = &run.traced.stats;
        assert_eq!(
            (stats.break_hits, stats.immutable_hits, stats.arm_failures),
            (1 + 4 * 9, 1 + 4, 0),
            "{mode:?}"
        );
        assert!(run.records.iter().all(|one| one.process == 0), "{mode:?}");
        seen.push(plain(&run.records));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_child_that_outlives_the_program_is_let_go() {
    let Some(built) = Built::new() else { return };
    for mode in MODES {
        let began = std::time::Instant::now();
        let Some(run) = built.run(mode, 1 << 16, &["orphan", "9"], None) else {
            continue;
        };
        assert_eq!(run.traced.outcome, Outcome::Exited(0), "{mode:?}");
        assert!(run.traced.stats.break_hits >= 10, "{mode:?}");
        let path = built.path(&format!("said-{mode:?}"));
        let is_done = || std::fs::read_to_string(&path).is_ok_and(|text| text.ends_with("done\n"));
        while !is_done() {
            assert!(
                began.elapsed().as_secs() < 20,
                "{mode:?}: the child is gone"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

#[test]
fn a_hook_keeps_what_was_preloaded() {
    let Some(built) = Built::new() else { return };
    let library = built.path("libsink.so");
    let words = ["children", "5"];
    for preload in [None, Some(library.as_path())] {
        let run = built
            .run(Mode::Interpose, 1 << 16, &words, preload)
            .expect("no right is needed");
        assert_eq!(run.traced.hook, Hook::Ok);
        assert_eq!(run.traced.stats.break_hits, 1 + 5 + 5);
        let shown = preload.map_or("none".into(), |path| path.display().to_string());
        assert_eq!(run.said, format!("{shown}\n{shown}\n12.000000\n"));
    }
}

#[test]
fn a_full_ring_is_counted_not_waited_for() {
    let Some(built) = Built::new() else { return };
    let words = ["threads", "40000", "2"];
    let run = built
        .run(Mode::Interpose, 4, &words, None)
        .expect("no right is needed");
    let stats = &run.traced.stats;
    assert_eq!(
        (run.traced.outcome, stats.break_hits),
        (Outcome::Exited(0), 80001)
    );
    assert!(stats.ring_dropped > 0);
    // One call in fifty is recorded in two parts.
    let all = 80001 + 2 * 40000 / 50;
    assert_eq!(run.records.len() as u64 + stats.ring_dropped, all);
}

#[test]
fn what_cannot_be_interposed_is_said_with_its_reason() {
    let Some(built) = Built::new() else { return };
    let why = |program: &str, image: Option<&str>, place: Option<Place>| {
        let mut watch = built.routine(program, image).watch().clone();
        watch.write = place.unwrap_or(watch.write);
        let routine = Routine::find(&built.path(program), watch).expect("a routine");
        let verdict = routine
            .triage()
            .verdict(Mode::Interpose)
            .expect("a verdict")
            .clone();
        (verdict.can_work, verdict.reason)
    };
    let no = |reason: &str| (false, reason.to_string());
    assert!(why("program", Some("libsink.so"), None).0);
    assert_eq!(
        why("whole", None, None),
        no("defined_by_the_program_itself")
    );
    // It may load it later.
    let (can_work, reason) = why("whole", Some("libsink.so"), None);
    assert!(can_work && reason.contains("late"), "{reason}");
    assert_eq!(
        why("static", Some("libsink.so"), None),
        no("program_is_static")
    );
    let early = Place::Symbol("early".into());
    assert_eq!(
        why("program", Some("libsink.so"), Some(early)),
        no("symbol_not_exported")
    );
    let unslid = Place::Unslid(0x1100);
    assert_eq!(
        why("program", Some("libsink.so"), Some(unslid)),
        no("not_named_by_a_symbol")
    );
    let mut watch = built.routine("program", Some("libsink.so")).watch().clone();
    if let Some((place, _)) = &mut watch.immutable {
        *place = Place::Symbol("early".into());
    }
    let routine = Routine::find(&built.path("program"), watch).expect("a routine");
    let verdict = routine
        .triage()
        .verdict(Mode::Interpose)
        .expect("a verdict");
    assert_eq!(verdict.reason, "immutable_symbol_not_exported");
}

#[test]
fn a_routine_that_cannot_be_told_is_an_error() {
    let Some(built) = Built::new() else { return };
    let why = |place: Place| {
        let mut watch = built.routine("program", Some("libsink.so")).watch().clone();
        watch.write = place;
        let found = Routine::find(&built.path("program"), watch);
        found.expect_err("no routine").to_string()
    };
    let chosen = why(Place::Symbol("chosen".into()));
    assert!(chosen.contains("indirect function"), "{chosen}");
    let nowhere = why(Place::Unslid(0x10));
    assert!(nowhere.contains("no code at 0x10"), "{nowhere}");
    // Each of the two files has its own.
    let twice = why(Place::Symbol("twice".into()));
    assert!(twice.contains("2 symbols `twice`"), "{twice}");
}
