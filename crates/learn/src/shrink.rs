//! Minimising a profile: the smallest set of its rules and filters under which the program still
//! passes a fresh and a repeat run.

mod checked;
mod journal;
mod pieces;
pub mod search;

use std::path::Path;
use std::time::Duration;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::{Inclusion, includes, lower};
use lapbelt_policy::rule::{Action, Policy};

use crate::base::{Base, NOT_READ};
use crate::error::LearnError;
use crate::lint::lint;
use crate::made::{Made, is_named};
use crate::record::{Preflight, ShrinkMetric, ShrinkReport, ShrinkStatus};
use crate::run_dir::{self, Phase, RunDir};
use crate::session::{Mode, Run, Session, SessionError, Start, Streams};
use checked::{checked, validation, why};
use journal::Journal;
pub(crate) use journal::digest;
use pieces::Pieces;
use search::{Answer, Candidate, Step, search};

/// At most so many rules that a last run turns out to need are put back, one after the other.
const PUT_BACK: usize = 16;

/// A candidate may take this many times as long as the profile as given, and then some, before it
/// counts as hanging.
const PATIENCE: (u32, Duration) = (20, Duration::from_secs(1));

/// Minimises a profile for the session's target; the result is in `profiles/shrunk.sb`.
///
/// # Errors
/// If the target cannot be run, a file not written, or the user stops. A profile that does not
/// pass is no error: the report says so.
pub fn shrink(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
) -> Result<ShrinkReport, LearnError> {
    let mut report = ShrinkReport::new(ShrinkStatus::Unknown);
    let timeout = session.target.timeout;
    let result = minimise(session, dir, base, &mut report);
    session.target.timeout = timeout;
    if let Err(error) = &result {
        report.status = match error {
            LearnError::Session(SessionError::Stopped) => ShrinkStatus::Stopped,
            _ if report.status == ShrinkStatus::PreflightFailed => report.status,
            _ => ShrinkStatus::ShrinkFailed,
        };
        report.reason.get_or_insert_with(|| error.to_string());
    }
    run_dir::write_json(&dir.file(Phase::Shrink, "status.json"), &report)?;
    result.map(|()| report)
}

fn minimise(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
    report: &mut ShrinkReport,
) -> Result<(), LearnError> {
    let world = std::sync::Arc::clone(&session.world);
    let profile = match base.evaluate(&world) {
        Ok(profile) => profile,
        Err(error) => {
            report.status = ShrinkStatus::PreflightFailed;
            return Err(error.into());
        }
    };
    let preflight = Preflight {
        profile: base.name.clone(),
        rules: profile.policy.rules.len(),
    };
    run_dir::write_json(&validation(dir, "preflight_scan.json"), &preflight)?;
    let findings = lint(&profile, &world);
    let lines: String = findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect();
    run_dir::write(&validation(dir, "lint.txt"), lines.as_bytes())?;
    if !findings.is_empty() {
        report.status = ShrinkStatus::LintFailed;
        report.reason = Some("trace_profile".to_string());
        return Ok(());
    }

    let mut pieces = Pieces::new(&profile.policy, &world);
    let mut journal = Journal::open(dir)?;
    let metric = |event: &str, candidate: &str| ShrinkMetric {
        event: event.to_string(),
        line_number: None,
        decision: String::new(),
        rule: None,
        group: 0,
        step: None,
        fresh_rc: None,
        repeat_rc: None,
        unused: Vec::new(),
        profile_lines: candidate.lines().count(),
        candidate_sha256: digest(candidate.as_bytes()),
    };

    // The profile as given must pass; these runs also show which of its rules are used.
    session.tick("shrink", 0, pieces.removable());
    let version = profile.policy.version;
    let whole = pieces.bare_text(&vec![true; pieces.atoms.len()], version, &world);
    session.tell_changes();
    let fresh = checked(
        session,
        dir,
        &base.name,
        &profile.policy,
        Start::Fresh,
        "pre_shrink_run1.json",
    )?;
    report.pre_shrink_rc1 = Some(fresh.rc);
    let made = session.made();
    let mut line = metric("precheck", &whole);
    line.fresh_rc = Some(fresh.rc);
    line.decision = "failed".to_string();
    let mut failed = (!fresh.success).then(|| why(session, dir, "fresh", &fresh));
    if failed.is_none() {
        let repeat = checked(
            session,
            dir,
            &base.name,
            &profile.policy,
            Start::Repeat,
            "pre_shrink_run2.json",
        )?;
        report.pre_shrink_rc2 = Some(repeat.rc);
        line.repeat_rc = Some(repeat.rc);
        failed = (!repeat.success).then(|| why(session, dir, "repeat", &repeat));
        pieces.note_use(&[&fresh, &repeat]);
        let longest = fresh.duration.max(repeat.duration);
        session
            .target
            .timeout
            .get_or_insert(longest * PATIENCE.0 + PATIENCE.1);
    }
    if failed.is_none() {
        line.decision = "ok".to_string();
    }
    journal.write_precheck(&line)?;
    if let Some(why) = failed {
        report.status = ShrinkStatus::PreShrinkFailed;
        report.reason = Some(format!("the profile given does not pass: {why}"));
        return Ok(());
    }

    let mut candidates = 0;
    let fixed: Vec<bool> = pieces
        .atoms
        .iter()
        .map(|a| a.action == Action::Deny)
        .collect();
    // A system that enforces by itself does not say which rules it used.
    let tells_use = session.backend.dialect().is_none();
    let used = pieces.used.clone();
    let kept = search(
        pieces.atoms.len(),
        &fixed,
        tells_use.then_some(&*used),
        |candidate: &Candidate<'_>| {
            candidates += 1;
            let rules = candidate
                .kept
                .iter()
                .zip(&fixed)
                .filter(|(kept, fixed)| **kept && !**fixed);
            session.tick("shrink", candidates, rules.count());
            let text = pieces.bare_text(candidate.kept, version, &world);
            let mut line = metric("candidate", &text);
            let first = candidate.removed.first();
            line.line_number = first.map(|index| index + 1);
            line.rule = first.map(|index| pieces.rule(*index, &world));
            line.group = candidate.removed.len();
            line.step = Some(step_name(candidate.step).to_string());
            if let Some(answer) = journal.recall(&line) {
                return Ok(answer);
            }
            let policy = base.evaluate_with(&text, &world)?.policy;
            let fresh = session.run(&policy, Start::Fresh, Mode::Strict, Streams::default())?;
            line.fresh_rc = Some(fresh.rc);
            let mut pass = fresh.success;
            let mut fired = fresh.fired;
            if pass {
                let repeat =
                    session.run(&policy, Start::Repeat, Mode::Strict, Streams::default())?;
                line.repeat_rc = Some(repeat.rc);
                fired.extend(repeat.fired);
                pass = repeat.success;
            }
            line.decision = if pass { "removed" } else { "kept_required" }.to_string();
            let idle = if pass && tells_use {
                pieces.idle(candidate.kept, &policy, &fired)
            } else {
                Vec::new()
            };
            line.unused = idle.iter().map(|index| index + 1).collect();
            journal.write(&line)?;
            Ok::<_, LearnError>(if pass {
                Answer::Pass { idle }
            } else {
                Answer::Fail
            })
        },
    );
    report.candidates = Some(candidates);
    let mut kept = kept?;
    report.one_minimal = Some(true);
    for (index, _) in fixed.iter().enumerate().filter(|(_, fixed)| **fixed) {
        let mut line = metric("candidate", "");
        line.line_number = Some(index + 1);
        line.decision = "kept_deny".to_string();
        line.rule = Some(pieces.rule(index, &world));
        journal.write(&line)?;
    }

    let about = format!(
        "{} under which\n;   {}\n",
        one_line(&base.name),
        one_line(&session.target.command_line())
    );
    for _ in 0..=PUT_BACK {
        let rules = pieces.text(&kept, version, &world);
        let text =
            format!("; Not verified, so perhaps too small a part of {about}; passes.\n{rules}");
        run_dir::write(&dir.shrunk(), text.as_bytes())?;
        let count = kept.iter().filter(|kept| **kept).count();
        report.kept = Some(count);
        report.removed = Some(kept.len() - count);
        let failed = conclude(session, dir, base, &profile.policy, &text, &made, report)?;
        if report.status == ShrinkStatus::Success {
            let part = match report.one_minimal {
                Some(true) => "The smallest part",
                _ => "A small part",
            };
            let text = format!("; {part} of {about}; passes a fresh and a repeat run.\n{rules}");
            return Ok(run_dir::write(&dir.shrunk(), text.as_bytes())?);
        }
        let decider = Decider::new(&profile.policy, &world);
        let Some(index) = failed.and_then(|run| pieces.missing(&run, &kept, &decider)) else {
            return Ok(());
        };
        // Not every run needs it, so that nothing more can be said of what else could go.
        kept[index] = true;
        report.one_minimal = Some(false);
        let mut line = metric("candidate", &text);
        line.line_number = Some(index + 1);
        line.decision = "kept_required".to_string();
        line.rule = Some(pieces.rule(index, &world));
        line.group = 1;
        line.step = Some("put_back".to_string());
        line.fresh_rc = report.post_shrink_fresh_rc;
        line.repeat_rc = report.post_shrink_repeat_rc;
        journal.write(&line)?;
    }
    Ok(())
}

/// The last checks, all on the very text that is handed out. Answers with the run that failed, if
/// one did.
fn conclude(
    session: &mut Session<'_>,
    dir: &RunDir,
    base: &Base,
    given: &Policy,
    text: &str,
    made: &Made,
    report: &mut ShrinkReport,
) -> Result<Option<Run>, LearnError> {
    let world = std::sync::Arc::clone(&session.world);
    let shrunk = base.evaluate_with(text, &world)?;
    let inclusion = includes(&lower(given, &world), &lower(&shrunk.policy, &world));
    report.subset_proven = Some(inclusion == Inclusion::Proven);
    report.status = ShrinkStatus::PostShrinkFailed;
    report.post_shrink_repeat_rc = None;
    match inclusion {
        Inclusion::Proven => {}
        Inclusion::Widened(widening) => {
            let operation = &world.operation(widening.operation).name;
            report.reason = Some(format!(
                "the result would allow more than was given: {operation}"
            ));
            return Ok(None);
        }
        Inclusion::TooBig => {
            report.reason = Some("the profile is too large to compare with its result".to_string());
            return Ok(None);
        }
    }
    if !lint(&shrunk, &world).is_empty() {
        report.status = ShrinkStatus::LintFailed;
        report.reason = Some("shrunk_profile".to_string());
        return Ok(None);
    }
    let read = base.is_read_in(&dir.shrunk(), session.backend);
    if !read.map_err(SessionError::Run)? {
        report.reason = Some(NOT_READ.to_string());
        return Ok(None);
    }
    let name = dir.shrunk().display().to_string();
    session.tell_changes();
    let fresh = checked(
        session,
        dir,
        &name,
        &shrunk.policy,
        Start::Fresh,
        "post_shrink_fresh.json",
    )?;
    report.post_shrink_fresh_rc = Some(fresh.rc);
    let made_now = session.made();
    if !fresh.success {
        let why = why(session, dir, "last fresh", &fresh);
        report.reason = Some(format!("the result does not pass: {why}"));
        return Ok(Some(fresh));
    }
    let repeat = checked(
        session,
        dir,
        &name,
        &shrunk.policy,
        Start::Repeat,
        "post_shrink_repeat.json",
    )?;
    report.post_shrink_repeat_rc = Some(repeat.rc);
    if repeat.success {
        report.status = ShrinkStatus::Success;
        report.reason = None;
        let steady = |path: &Path| is_named(given, path);
        report.made_otherwise = made.compare(&made_now, steady);
        if !report.made_otherwise.is_empty() {
            // What is no longer to be done, as an earlier run did it, is not done with more either.
            session.tell_changes();
            session.run(given, Start::Fresh, Mode::Strict, Streams::default())?;
            let told = session.made().compare(&made_now, steady);
            report.made_otherwise.retain(|phrase| told.contains(phrase));
        }
        return Ok(None);
    }
    let why = why(session, dir, "last repeat", &repeat);
    report.reason = Some(format!("the result does not pass: {why}"));
    Ok(Some(repeat))
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Seed => "seed",
        Step::Group => "group",
        Step::Minimal => "minimal",
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
