//! All profiles of the corpus, compiled by the library while it is watched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lapbelt_blob::encode::{Encoded, encode_logged};
use lapbelt_learn::source::{FileImports, evaluate_text};
use lapbelt_libsandbox::{Library, Source};
use lapbelt_policy::world::{World, shipped};
use lapbelt_tracer::image::Place;
use lapbelt_tracer::record::{CHUNK, Record};
use lapbelt_tracer::{Hook, Mode, Outcome, Plan, Routine, TraceError, Traced, Watch, trace};

use crate::library;

/// Where the program is told to put what it compiles, and where it finds what it is to compile.
const OUT: &str = "LAPBELT_CLIB_TEST_OUT";
const ONLY: &str = "LAPBELT_CLIB_TEST_ONLY";

/// The profiles of a folder and those below it.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.extension() {
            _ if path.is_dir() => sources(&path, found),
            Some(extension) if extension == "sb" => found.push(path),
            _ => {}
        }
    }
}

/// Those of the corpus, each with a value for each parameter that it names.
fn profiles() -> Option<Vec<(PathBuf, BTreeMap<String, String>)>> {
    let corpus = lapbelt_corpus::folder()?;
    let mut paths = Vec::new();
    for folder in ["profiles", "witness"] {
        sources(&corpus.join(folder), &mut paths);
    }
    paths.sort();
    let profiles = paths.into_iter().map(|path| {
        let bytes = std::fs::read(&path).expect("a profile");
        let text = String::from_utf8_lossy(&bytes);
        let named = text.split("(param \"").skip(1);
        let names = named.filter_map(|rest| rest.split('"').next());
        let params = names.map(|name| (name.to_owned(), "/private/tmp".to_owned()));
        (path, params.collect())
    });
    Some(profiles.collect())
}

/// What is watched: this test is run by another one only, as a program.
const ALL: &str = "three_modes::compile_all";

#[test]
#[ignore = "a program that another test watches"]
fn compile_all() {
    let (Some(profiles), Some(out)) = (profiles(), std::env::var_os(OUT)) else {
        return;
    };
    let only = std::env::var_os(ONLY).map(PathBuf::from);
    let library = Library::open(&library()).expect("the library");
    for (number, (path, params)) in profiles.iter().enumerate() {
        // Most of the time would go into what is refused.
        let is_wanted = |only: &PathBuf| only.join(number.to_string()).exists();
        if !only.as_ref().is_none_or(is_wanted) {
            continue;
        }
        if let Ok(bytes) = library.compile(Source::File(path), params) {
            let out = Path::new(&out).join(number.to_string());
            std::fs::write(out, bytes).expect("a file");
        }
    }
}

/// What the encoder says itself that it writes.
fn expected(path: &Path, params: &BTreeMap<String, String>, world: &World) -> Encoded {
    let text = std::fs::read_to_string(path).expect("a profile");
    let imports = FileImports::new(Some(path), params);
    let name = path.to_str().expect("text");
    let profile = evaluate_text(name, &text, params, &imports, world).expect("a good profile");
    encode_logged(&profile.policy, world).expect("a compiled profile")
}

/// The encoder's routines in the library.
fn routine() -> Routine {
    let own = std::env::current_exe().expect("a path");
    let routine = |name| Place::Symbol(format!("lapbelt_blob::encode::buffer::Buffer::{name}"));
    let watch = Watch {
        image: Some(library()),
        write: routine("write"),
        arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
            .parse()
            .expect("arguments"),
        immutable: Some((
            routine("make_immutable"),
            "arg0".parse().expect("an argument"),
        )),
    };
    Routine::find(&own, watch).expect("the routine")
}

/// Watches the program; `None`, and said so, where the host does not let us.
fn watched(
    mode: Mode,
    routine: &Routine,
    program: &str,
    told: &[(&str, &Path)],
) -> Option<(Traced, Vec<Record>)> {
    let own = std::env::current_exe().expect("a path");
    let mut command = Command::new(own);
    command
        .args(["--exact", program, "--ignored"])
        .envs(told.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let plan = Plan {
        mode,
        routine,
        ring: 1 << 20,
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
    match &traced.hook {
        Hook::HookFailed(why) if why.starts_with("debug registers") => {
            lapbelt_corpus::say_skipped(why);
            return None;
        }
        hook => assert_eq!(hook, &Hook::Ok, "{mode:?}"),
    }
    assert_eq!(traced.outcome, Outcome::Exited(0), "{mode:?}");
    Some((traced, records))
}

/// It takes seconds, for each of tens of thousands of writes stops the program twice in two modes.
#[test]
fn each_profile_of_the_corpus_is_seen_alike_in_all_modes() {
    let Some(profiles) = profiles() else { return };
    let world = shipped("macos-14.4.1").expect("shipped").expect("whole");
    let folder = || tempfile::tempdir().expect("a directory");
    let (first, routine) = (folder(), routine());
    let interposed = watched(Mode::Interpose, &routine, ALL, &[(OUT, first.path())]);
    let compiled: Vec<(&Path, PathBuf, Encoded)> = (profiles.iter().enumerate())
        .filter(|(number, _)| first.path().join(number.to_string()).exists())
        .map(|(number, (path, params))| {
            let name = PathBuf::from(number.to_string());
            (path.as_path(), name, expected(path, params, &world))
        })
        .collect();
    assert!(compiled.len() >= 150, "{} compile", compiled.len());
    let holds = |mode: Mode, out: &Path, (traced, records): (Traced, Vec<Record>)| {
        let writes: usize = compiled.iter().map(|(.., one)| one.writes.len()).sum();
        let stats = &traced.stats;
        assert_eq!(
            (stats.break_hits, stats.immutable_hits),
            (writes as u64, compiled.len() as u64),
            "{mode:?}"
        );
        assert_eq!(
            (stats.ring_dropped, stats.capture_truncated),
            (0, 0),
            "{mode:?}"
        );
        let mut records = records.into_iter();
        for (path, name, one) in &compiled {
            let (blob, path) = (std::fs::read(out.join(name)), path.display());
            let blob = blob.expect("a compiled profile");
            assert!(blob == one.bytes, "{mode:?} {path}");
            assert!(rebuilt(one, &mut records) == blob, "{mode:?} {path}");
        }
        assert_eq!(records.next(), None, "{mode:?}");
    };
    holds(
        Mode::Interpose,
        first.path(),
        interposed.expect("no right is needed"),
    );
    std::thread::scope(|scope| {
        for mode in [Mode::HwBreakpoint, Mode::Patch] {
            let (holds, routine, only, out) = (&holds, &routine, first.path(), folder());
            scope.spawn(move || {
                let told = [(OUT, out.path()), (ONLY, only)];
                if let Some(seen) = watched(mode, routine, ALL, &told) {
                    holds(mode, out.path(), seen);
                }
            });
        }
    });
}

/// Takes the records of a profile, which are the writes in their order, each in pieces; and makes
/// the profile of them.
fn rebuilt(one: &Encoded, records: &mut impl Iterator<Item = Record>) -> Vec<u8> {
    let mut rebuilt: Vec<Option<u8>> = vec![None; one.bytes.len()];
    let mut buffer = None;
    for write in &one.writes {
        for (number, piece) in write.bytes.chunks(CHUNK).enumerate() {
            let record = records.next().expect("a record");
            let offset = number * CHUNK;
            assert_eq!(
                (record.cursor, record.chunk_offset, record.reported_len),
                (write.cursor as u64, offset as u64, write.bytes.len() as u64)
            );
            assert!(record.bytes == piece);
            assert_eq!(*buffer.get_or_insert(record.buf), record.buf);
            let place = &mut rebuilt[write.cursor + offset..][..piece.len()];
            for (place, byte) in place.iter_mut().zip(record.bytes) {
                *place = Some(byte);
            }
        }
    }
    // The table ends before a boundary of 8, and nodes start there.
    let holes: Vec<usize> = (0..rebuilt.len())
        .filter(|at| rebuilt[*at].is_none())
        .collect();
    let end = holes.last().map_or(0, |last| last + 1);
    assert!(holes.len() < 8 && end.is_multiple_of(8), "{holes:?}");
    rebuilt.into_iter().map(Option::unwrap_or_default).collect()
}

const THREADS: usize = 20;
const ROUNDS: usize = 3;

/// Profiles that differ as threads do.
fn of_thread(thread: usize) -> String {
    format!(
        "(version 1) (allow default) (deny file-read* (literal \"/threads/{thread}\") \
         (subpath \"/of/{thread}\"))"
    )
}

/// What is watched, as above.
const THREADED: &str = "three_modes::compile_in_twenty_threads";

#[test]
#[ignore = "a program that another test watches"]
fn compile_in_twenty_threads() {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                let library = Library::open(&library()).expect("the library");
                let text = of_thread(thread);
                for _ in 0..ROUNDS {
                    let compiled = library.compile(Source::Text(&text), &BTreeMap::new());
                    assert!(compiled.is_ok());
                }
            });
        }
    });
}

#[test]
fn no_write_of_twenty_compiling_threads_is_lost_in_any_mode() {
    let world = shipped("macos-14.4.1").expect("shipped").expect("whole");
    let dir = tempfile::tempdir().expect("a directory");
    // In the order of the writes: where, and what.
    type Writes = Vec<(u64, Vec<u8>)>;
    let expected: Vec<Writes> = (0..THREADS)
        .map(|thread| {
            let path = dir.path().join("one.sb");
            std::fs::write(&path, of_thread(thread)).expect("a profile");
            let writes = expected(&path, &BTreeMap::new(), &world).writes.into_iter();
            writes
                .map(|write| (write.cursor as u64, write.bytes))
                .collect()
        })
        .collect();
    let hits: usize = expected.iter().map(|one| ROUNDS * one.len()).sum();
    let routine = routine();
    for mode in [Mode::Interpose, Mode::HwBreakpoint, Mode::Patch] {
        let Some((traced, records)) = watched(mode, &routine, THREADED, &[]) else {
            continue;
        };
        let stats = &traced.stats;
        assert_eq!(
            (stats.break_hits, stats.immutable_hits),
            (hits as u64, (THREADS * ROUNDS) as u64),
            "{mode:?}"
        );
        assert_eq!(
            (stats.ring_dropped, stats.capture_truncated),
            (0, 0),
            "{mode:?}"
        );
        // Each buffer is used again; a profile begins with its header.
        let mut buffers: BTreeMap<u64, Vec<Writes>> = BTreeMap::new();
        for record in records {
            let buffer = buffers.entry(record.buf).or_default();
            if record.cursor == 0 {
                buffer.push(Vec::new());
            }
            let last = buffer.last_mut().expect("a header first");
            last.push((record.cursor, record.bytes));
        }
        let mut rounds = vec![0; THREADS];
        for writes in buffers.into_values().flatten() {
            let thread = expected.iter().position(|one| *one == writes);
            rounds[thread.expect("a profile of a thread")] += 1;
        }
        assert_eq!(rounds, [ROUNDS; THREADS], "{mode:?}");
    }
}
