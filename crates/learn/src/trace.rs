//! Learning a profile: run, turn each denial into a rule, until runs succeed and add nothing.

mod growing;
mod own_files;

use std::path::PathBuf;

use lapbelt_sandbox::denial;

use crate::base::{Base, NOT_READ};
use crate::error::LearnError;
use crate::record::{Knobs, Strategy, TraceMetric, TraceReport, TraceStatus};
use crate::run_dir::{self, Phase, RunDir};
use crate::second::Second;
use crate::session::{Mode, Run, Session, SessionError, Start, Streams};
use crate::summary::{counted, exit_status, shown};
use growing::{Growing, Lesson};
pub(crate) use own_files::OwnFiles;

/// The files that hold what the program said.
const STREAMS: [&str; 2] = ["stdout.txt", "stderr.txt"];

/// Why a run that ended in time without a sandbox gave nothing to learn from.
const TIMED_OUT: &str = "a run did not end within --timeout, as it does without any sandbox; give it \
     more time";

/// Learns what the session's target needs beyond a base profile. The profile is in
/// `profiles/trace.sb` after every iteration, whatever the end.
///
/// # Errors
/// If the target cannot be run, fails by itself, or the user stops.
pub fn trace(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
    knobs: &Knobs,
) -> Result<TraceReport, LearnError> {
    let mut report = TraceReport {
        status: TraceStatus::Unknown,
        iter: 0,
        reason: None,
        issue_dir: None,
        success_streak: None,
        return_code: None,
        new_rules: None,
        denies_seen: None,
    };
    run_dir::begin(&dir.file(Phase::Trace, "bad_rules.txt"))?;
    // It is written into the run directory, and read there.
    let base = base.settled(&session.world);
    let result = iterate(session, dir, &base, knobs, &mut report);
    if let Err(error) = &result {
        report.status = match error {
            LearnError::Session(SessionError::Stopped) => TraceStatus::Stopped,
            LearnError::Profile(_) => TraceStatus::ProfileInvalid,
            _ => TraceStatus::Failed,
        };
        report.reason.get_or_insert_with(|| error.to_string());
    }
    run_dir::write_json(&dir.file(Phase::Trace, "status.json"), &report)?;
    result.map(|()| report)
}

fn iterate(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
    knobs: &Knobs,
    report: &mut TraceReport,
) -> Result<(), LearnError> {
    let (done, has_learnt) = earlier_iterations(dir)?;
    // What an interrupted run learnt is no part of what it was given: it is put in order with the
    // rest.
    let (base, learned) = match has_learnt {
        true => growing::parted(base, &session.world)?,
        false => (base.clone(), Vec::new()),
    };
    let mut growing = Growing::new(&base, knobs, OwnFiles::of(dir.root()), learned);
    growing.rewrite(&session.world);
    let mut streak = 0;
    // A system that enforces by itself lets nothing go on that it denies.
    let grants = session.backend.dialect().is_none();
    let mut learning = grants && knobs.strategy == Strategy::Learn;
    let mut lessons = 0;
    let mut start = Start::Fresh;
    let mut first: Option<Second> = None;
    for iter in done + 1..=done + knobs.max_iters {
        let profile = growing.base.evaluate_with(&growing.text, &session.world)?;
        run_dir::write(&dir.traced(), growing.text.as_bytes())?;
        session.tick("trace", iter, growing.rules.len());
        if let Some(first) = first
            && !learning
            && streak == 0
            && session.names_digests()
        {
            first.wait_out();
        }
        let mode = if learning { Mode::Learn } else { Mode::Strict };
        let streams = streams(dir, iter)?;
        let run = session.run(&profile.policy, start, mode, streams);
        keep_last(dir, iter)?;
        let run = run?;
        first.get_or_insert_with(Second::now);
        let lesson = growing.learn(&run, start, session)?;
        note(dir, iter, &run, &lesson, session)?;
        run_dir::write(&dir.traced(), growing.text.as_bytes())?;
        run_dir::append_json(
            &dir.file(Phase::Trace, "metrics.jsonl"),
            &TraceMetric {
                iter,
                return_code: run.rc,
                denies_seen: run.denials,
                new_rules: lesson.new_rules,
                profile_lines: growing.text.lines().count(),
                mode: if learning { "learn" } else { "strict" }.to_string(),
                start: if start == Start::Fresh {
                    "fresh"
                } else {
                    "repeat"
                }
                .to_string(),
                seconds: run.duration.as_secs_f64(),
                stragglers: run.stragglers.clone(),
            },
        )?;
        lessons += 1;
        streak = if run.success && lesson.new_rules == 0 && !learning {
            streak + 1
        } else {
            0
        };
        report.iter = iter;
        report.success_streak = Some(streak);
        report.return_code = Some(run.rc);
        report.new_rules = Some(lesson.new_rules);
        report.denies_seen = Some(run.denials);
        if streak >= knobs.success_streak {
            let written = base.is_read_in(&dir.traced(), session.backend);
            (report.status, report.reason) = if written.map_err(SessionError::Run)? {
                (TraceStatus::Success, Some("success_streak".to_string()))
            } else {
                (TraceStatus::ProfileInvalid, Some(NOT_READ.to_string()))
            };
            return Ok(());
        }
        let hopeless = lesson.new_rules == 0 || (learning && lessons == 1);
        if !run.success && hopeless {
            let bare = session.run_bare(start)?;
            if !bare.success {
                return Err(LearnError::unconfined(session, bare));
            }
            if lesson.new_rules == 0 {
                give_up(dir, iter, &run, session.has_succeeded(), report)?;
                return Ok(());
            }
        }
        let learnt = learning;
        learning = grants
            && knobs.strategy == Strategy::Learn
            && (lesson.new_rules > 0 || (learning && lessons < 2));
        // The runs that count begin fresh and repeat at once, as those of a shrink will; one that
        // was stopped by a denial is tried again as it was.
        if learnt && !learning {
            start = Start::Fresh;
        } else if streak > 1 {
            // More of them repeat without anything between.
            start = Start::Repeat;
        } else if learnt || lesson.new_rules == 0 {
            start = start.other();
        }
    }
    report.status = TraceStatus::MaxIters;
    let iterations = counted(knobs.max_iters, "iteration");
    report.reason = Some(if growing.meets_own_files() {
        format!(
            "{iterations} did not bring it to runs that ask for nothing more, as the program reads or \
             writes what each run leaves in the run directory {}; --out elsewhere keeps it out of the \
             program's way",
            shown(dir.root())
        )
    } else {
        format!(
            "{iterations} did not bring it to runs that ask for nothing more; --resume goes on for as \
             many again, and --max-iters allows a new run more"
        )
    });
    Ok(())
}

/// How many iterations an interrupted run had done, and whether they taught anything.
fn earlier_iterations(dir: &RunDir) -> Result<(usize, bool), LearnError> {
    let path = dir.file(Phase::Trace, "metrics.jsonl");
    if !path.exists() {
        return Ok((0, false));
    }
    let text = run_dir::read(&path)?;
    // A line that was cut off is of an iteration whose rules are in the profile or not.
    let learnt = |line: &str| {
        let metric: Result<TraceMetric, _> = serde_json::from_str(line);
        metric.is_ok_and(|metric| metric.new_rules > 0)
    };
    Ok((text.lines().count(), text.lines().any(learnt)))
}

/// Where a stream of an iteration is kept.
fn log(dir: &RunDir, iter: usize, stream: &str) -> PathBuf {
    let logs = dir.file(Phase::Trace, "logs");
    logs.join(format!("iter_{iter}_{stream}"))
}

fn streams(dir: &RunDir, iter: usize) -> Result<Streams, LearnError> {
    let [stdout, stderr] = STREAMS.map(|stream| run_dir::create(&log(dir, iter, stream)));
    Ok(Streams {
        stdout: Some(stdout?),
        stderr: Some(stderr?),
    })
}

/// Has what the program said last beside what the phase came to, as a shrink has it.
fn keep_last(dir: &RunDir, iter: usize) -> Result<(), LearnError> {
    for stream in STREAMS {
        let path = dir.file(Phase::Trace, stream);
        let copied = std::fs::copy(log(dir, iter, stream), &path);
        copied.map_err(|source| run_dir::DirError {
            action: "write",
            path,
            source,
        })?;
    }
    Ok(())
}

/// Writes down what an iteration saw.
fn note(
    dir: &RunDir,
    iter: usize,
    run: &Run,
    lesson: &Lesson,
    session: &Session<'_>,
) -> Result<(), LearnError> {
    let mut log = String::new();
    for event in &run.denied {
        log.push_str(&denial::log_text(event, &session.world));
        log.push('\n');
    }
    let logs = dir.file(Phase::Trace, "logs");
    run_dir::write(&logs.join(format!("iter_{iter}.log")), log.as_bytes())?;
    if let Some(pid) = run.program() {
        run_dir::write(
            &logs.join(format!("iter_{iter}_pid.txt")),
            format!("{pid}\n").as_bytes(),
        )?;
    }
    for bad in &lesson.bad_rules {
        run_dir::append(&dir.file(Phase::Trace, "bad_rules.txt"), bad)?;
    }
    if let Some(rule) = &lesson.last_rule {
        run_dir::write(
            &dir.file(Phase::Trace, "last_rule.txt"),
            format!("{rule}\n").as_bytes(),
        )?;
    }
    Ok(())
}

/// Nothing more to learn, and still no success: keeps the evidence.
fn give_up(
    dir: &RunDir,
    iter: usize,
    run: &Run,
    has_succeeded: bool,
    report: &mut TraceReport,
) -> Result<(), LearnError> {
    let (status, reason) = if run.timed_out {
        (TraceStatus::TimedOut, TIMED_OUT.to_string())
    } else {
        let status = if run.rc >= 128 {
            TraceStatus::Stalled
        } else {
            TraceStatus::NoNewRules
        };
        let others = match has_succeeded {
            true => ", as one before did not; it may do so now and then by itself",
            false => "",
        };
        let reason = format!(
            "a run failed with {}, as it does not without any sandbox, and was denied nothing that a \
             further rule could allow{others}; what it said is in stderr.txt",
            exit_status(run.rc)
        );
        (status, reason)
    };
    let issue: PathBuf = dir
        .file(Phase::Trace, "issues")
        .join(format!("stall_iter_{iter}"));
    std::fs::create_dir_all(&issue).map_err(|source| run_dir::DirError {
        action: "create",
        path: issue.clone(),
        source,
    })?;
    let text = format!("rc={}\nnew_rules=0\ndenies_seen={}\n", run.rc, run.denials);
    run_dir::write(&issue.join("reason.txt"), text.as_bytes())?;
    report.status = status;
    report.reason = Some(reason);
    report.issue_dir = Some(issue.display().to_string());
    Ok(())
}
