//! Programs watched by the kernel's means.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use lapbelt_tracer::image::Place;
use lapbelt_tracer::record::Record;
use lapbelt_tracer::{Hook, Mode, Outcome, Plan, Routine, TraceError, Traced, Watch, trace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lapbelt-traced");

fn watch() -> Watch {
    let named = |name: &str| Place::Symbol(format!("lapbelt_traced::Buffer::{name}"));
    Watch {
        image: None,
        write: named("write"),
        arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
            .parse()
            .expect("arguments"),
        immutable: Some((named("finish"), "arg0".parse().expect("an argument"))),
    }
}

struct Run {
    traced: Traced,
    records: Vec<Record>,
    /// What the program says that it wrote: cursor, length, sum of the bytes.
    said: Vec<(u64, u64, u64)>,
}

/// Traces the test program; `None`, and said so, where the system does not let us.
fn run(mode: Mode, arguments: &[&str]) -> Option<Run> {
    run_watching(watch(), mode, arguments)
}

fn run_watching(watch: Watch, mode: Mode, arguments: &[&str]) -> Option<Run> {
    let directory = std::env::temp_dir();
    let name = format!(
        "lapbelt-traced-{}-{mode:?}-{}",
        std::process::id(),
        arguments.join("-")
    );
    let path = directory.join(name);
    let mut command = Command::new(PROGRAM);
    let output = std::fs::File::create(&path).expect("a file");
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::null());
    let routine = Routine::find(PROGRAM.as_ref(), watch).expect("the routine");
    let plan = Plan {
        mode,
        routine: &routine,
        ring: 1 << 16,
        stop: None,
    };
    let mut records = Vec::new();
    let traced = trace(command, &plan, |record| records.push(record));
    let text = std::fs::read_to_string(&path).expect("what it says");
    std::fs::remove_file(&path).expect("removed");
    let traced = match traced {
        Ok(traced) => traced,
        Err(error @ (TraceError::Refused { .. } | TraceError::Unsupported)) => {
            lapbelt_corpus::say_skipped(&error.to_string());
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    if has_no_debug_registers(&traced) {
        return None;
    }
    let number = |word: &str| word.parse::<u64>().expect("a number");
    let said = text.lines().map(|line| {
        let words: Vec<u64> = line.split(' ').map(number).collect();
        (words[0], words[1], words[2])
    });
    Some(Run {
        traced,
        records,
        said: said.collect(),
    })
}

/// Whether the host keeps its debug registers to itself; says so.
fn has_no_debug_registers(traced: &Traced) -> bool {
    match &traced.hook {
        Hook::HookFailed(why) if why.starts_with("debug registers") => {
            lapbelt_corpus::say_skipped(why);
            true
        }
        _ => false,
    }
}

/// The calls of each buffer, with what was recorded in parts put together.
fn calls(records: &[Record]) -> BTreeMap<u64, Vec<(u64, u64, u64)>> {
    let mut buffers: BTreeMap<u64, Vec<(u64, u64, u64)>> = BTreeMap::new();
    let mut got: BTreeMap<u64, u64> = BTreeMap::new();
    for (seq, record) in records.iter().enumerate() {
        assert_eq!(record.seq, seq as u64);
        let sum: u64 = record.bytes.iter().map(|byte| u64::from(*byte)).sum();
        let calls = buffers.entry(record.buf).or_default();
        let got = got.entry(record.buf).or_default();
        if record.chunk_offset == 0 {
            calls.push((record.cursor, record.reported_len, 0));
            *got = 0;
        }
        assert_eq!(record.chunk_offset, *got);
        *got += record.bytes.len() as u64;
        calls.last_mut().expect("a call").2 += sum;
    }
    buffers
}

#[test]
fn both_modes_see_every_write_and_agree() {
    let mut seen = Vec::new();
    for mode in [Mode::HwBreakpoint, Mode::Patch] {
        let Some(run) = run(mode, &["threads", "1", "300"]) else {
            return;
        };
        assert_eq!(run.traced.hook, Hook::Ok);
        assert_eq!(run.traced.outcome, Outcome::Exited(0));
        let stats = &run.traced.stats;
        assert_eq!((stats.break_hits, stats.immutable_hits), (300, 1));
        assert_eq!((stats.step_hits, stats.arm_failures), (301, 0));
        assert_eq!((stats.ring_dropped, stats.capture_truncated), (0, 0));
        let calls = calls(&run.records);
        assert_eq!(calls.len(), 1, "one buffer");
        assert_eq!(stats.immutable_buf.as_ref(), calls.keys().next());
        assert_eq!(calls.values().next(), Some(&run.said));
        seen.push(run.records.into_iter().map(|one| Record { buf: 0, ..one }));
    }
    let [hardware, patch] = seen.try_into().unwrap_or_else(|_| panic!("two modes"));
    assert!(hardware.eq(patch));
}

#[test]
fn twenty_threads_lose_no_write() {
    for mode in [Mode::HwBreakpoint, Mode::Patch] {
        let Some(run) = run(mode, &["threads", "20", "200"]) else {
            return;
        };
        assert_eq!(run.traced.outcome, Outcome::Exited(0));
        let stats = &run.traced.stats;
        assert_eq!(
            (stats.break_hits, stats.immutable_hits),
            (4000, 20),
            "{mode:?}"
        );
        assert_eq!((stats.step_hits, stats.threads), (4020, 21), "{mode:?}");
        assert_eq!((stats.ring_dropped, stats.arm_failures), (0, 0));
        // Threads may be given the stack of one that has ended, so buffers are told apart by what
        // they hold, not by where they are.
        let mut seen: Vec<_> = calls(&run.records).into_values().flatten().collect();
        let mut said = run.said;
        seen.sort_unstable();
        said.sort_unstable();
        assert!(seen == said, "{mode:?}");
    }
}

#[test]
fn a_program_that_dies_leaves_what_it_wrote() {
    for mode in [Mode::HwBreakpoint, Mode::Patch] {
        let Some(run) = run(mode, &["die", "40"]) else {
            return;
        };
        assert_eq!(run.traced.outcome, Outcome::Signaled(libc::SIGABRT));
        assert_eq!(run.traced.stats.break_hits, 40);
        assert_eq!(calls(&run.records).values().next(), Some(&run.said));
    }
}

#[test]
fn programs_that_it_starts_are_left_alone() {
    for mode in [Mode::HwBreakpoint, Mode::Patch] {
        let Some(run) = run(mode, &["children", "5"]) else {
            return;
        };
        assert_eq!(run.traced.outcome, Outcome::Exited(0));
        assert_eq!(
            (run.traced.stats.break_hits, run.said.len()),
            (8, 8),
            "{mode:?}"
        );
    }
}

#[test]
fn a_program_in_its_place_is_told() {
    for mode in [Mode::HwBreakpoint, Mode::Patch] {
        let (Some(stays), Some(goes)) =
            (run(mode, &["threads", "1", "4"]), run(mode, &["exec", "4"]))
        else {
            return;
        };
        for (run, replaced) in [(stays, false), (goes, true)] {
            assert_eq!(run.traced.outcome, Outcome::Exited(0));
            assert_eq!(run.traced.stats.break_hits, 4);
            assert_eq!(run.traced.stats.replaced, replaced, "{mode:?}");
        }
    }
}

#[test]
fn a_full_ring_is_counted_not_waited_for() {
    let mut command = Command::new(PROGRAM);
    command.args(["threads", "1", "300"]).stdout(Stdio::null());
    let routine = Routine::find(PROGRAM.as_ref(), watch()).expect("the routine");
    let plan = Plan {
        mode: Mode::HwBreakpoint,
        routine: &routine,
        ring: 4,
        stop: None,
    };
    let mut taken = 0_u64;
    let traced = trace(command, &plan, |_| {
        taken += 1;
        std::thread::sleep(std::time::Duration::from_millis(20));
    });
    let traced = match traced {
        Ok(traced) if !has_no_debug_registers(&traced) => traced,
        Err(error @ TraceError::Refused { .. }) => {
            return lapbelt_corpus::say_skipped(&error.to_string());
        }
        Ok(_) => return,
        Err(error) => panic!("{error}"),
    };
    assert!(traced.stats.ring_dropped > 0);
    assert_eq!(traced.stats.break_hits, 300);
    // Six of the calls are recorded in three parts.
    assert_eq!(taken + traced.stats.ring_dropped, 300 + 6 * 2);
}

#[test]
fn a_routine_of_a_shared_library_is_watched_once_it_is_loaded() {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("regions");
    let mut regions = lapbelt_tracer::maps::parse(&maps).into_iter();
    let is_library = |path: &str| path.contains("/libc.so") || path.contains("/libc-");
    let library = regions.find(|region| region.path.to_str().is_some_and(is_library));
    let Some(library) = library else {
        return lapbelt_corpus::say_skipped("the C library is not a file of its own");
    };
    let watch = Watch {
        image: Some(library.path),
        write: Place::Symbol("write".into()),
        // The file, for want of a buffer.
        arguments: "buf=arg0,cursor=arg0,src=arg1,len=arg2"
            .parse()
            .expect("arguments"),
        immutable: None,
    };
    let Some(run) = run_watching(watch, Mode::HwBreakpoint, &["threads", "3", "40"]) else {
        return;
    };
    assert_eq!(run.traced.hook, Hook::Ok);
    assert!(run.traced.stats.rescans > 0);
    assert!(
        run.traced
            .triage
            .symbol
            .as_ref()
            .is_some_and(|symbol| symbol.exported)
    );
    let written: Vec<u8> = run
        .records
        .into_iter()
        .filter(|one| one.buf == 1)
        .flat_map(|one| one.bytes)
        .collect();
    let said = run
        .said
        .iter()
        .map(|(cursor, length, sum)| format!("{cursor} {length} {sum}\n"));
    assert_eq!(String::from_utf8_lossy(&written), said.collect::<String>());
}

#[test]
fn a_routine_that_is_not_there_is_named() {
    let mut watch = watch();
    watch.write = Place::Symbol("lapbelt_traced::Buffer::read".into());
    let found = Routine::find(PROGRAM.as_ref(), watch);
    let error = found.expect_err("no such symbol").to_string();
    assert!(
        error.contains("no symbol `lapbelt_traced::Buffer::read`"),
        "{error}"
    );
}
