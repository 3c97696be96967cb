//! Minimising a profile: the smallest set of its rules and filters under which the program still
//! passes a fresh and a repeat run.

mod branch;
mod checked;
mod journal;
mod pieces;
pub mod search;
mod trials;

use std::path::Path;
use std::time::Duration;

use lapbelt_policy::deceptive::is_deceptive;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::{Inclusion, includes, lower};
use lapbelt_policy::rule::{Action, Policy};

use crate::base::{Base, NOT_READ};
use crate::error::LearnError;
use crate::lint::lint;
use crate::made::{Made, is_named};
use crate::record::{Preflight, ShrinkReport, ShrinkStatus};
use crate::run_dir::{self, Phase, RunDir};
use crate::session::{Mode, Run, Session, SessionError, Start, Streams};
use branch::denied_on_repeat;
use checked::{checked, validation, why};
use journal::Journal;
pub(crate) use journal::digest;
use pieces::Pieces;
use search::{close, search};
use trials::Trials;

/// At most so many rules that a last run turns out to need are put back, one after the other.
const MOST_PUT_BACK: usize = 16;

/// Where no time is given, a candidate may take this many times as long as the slower run of the
/// profile as given, before it counts as hanging, and never less than this.
const PATIENCE: (u32, Duration) = (10, Duration::from_secs(2));

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
    let version = profile.policy.version;
    let whole = pieces.bare_text(&vec![true; pieces.atoms.len()], version, &world);
    let mut line = journal::line("precheck", &whole);
    let mut journal = Journal::open(dir, &line)?;

    // The profile as given must pass; these runs also show which of its rules are used.
    session.tick("shrink", 0, pieces.removable());
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
        let slower = fresh.duration.max(repeat.duration);
        let limit = (slower * PATIENCE.0).max(PATIENCE.1);
        let limit = session.target.timeout.unwrap_or(limit);
        session.target.timeout = Some(limit);
        report.time_limit_s = Some(limit.as_secs_f64());
    }
    if failed.is_none() {
        line.decision = "ok".to_string();
    }
    journal.write_once(&line)?;
    if let Some(why) = failed {
        report.status = ShrinkStatus::PreShrinkFailed;
        report.reason = Some(format!("the profile given does not pass: {why}"));
        return Ok(());
    }

    let fixed: Vec<bool> = pieces
        .atoms
        .iter()
        .map(|a| a.action == Action::Deny)
        .collect();
    let tells_use = session.backend.dialect().is_none();
    let used = pieces.used.clone();
    let mut trials = Trials {
        session,
        base,
        pieces: &pieces,
        journal,
        version,
        tells_use,
        candidates: 0,
    };
    let kept = search(
        fixed.len(),
        &fixed,
        tells_use.then_some(&*used),
        |candidate| trials.ask(candidate),
    );
    report.candidates = Some(trials.candidates);
    let mut kept = kept?;
    for (index, _) in fixed.iter().enumerate().filter(|(_, fixed)| **fixed) {
        let mut line = journal::line("candidate", "");
        line.line_number = Some(index + 1);
        line.decision = "kept_deny".to_string();
        line.rule = Some(pieces.rule(index, &world));
        trials.journal.write_once(&line)?;
    }

    let about = format!(
        "{} under which\n;   {}\n",
        one_line(&base.name),
        one_line(&trials.session.target.command_line())
    );
    let mut put_back = Vec::new();
    // What was put back twice is needed by some runs only, and not tried again.
    let mut stays = fixed.clone();
    // Whether each piece was seen to be needed beside the others that are kept.
    let mut is_closed = true;
    loop {
        let rules = pieces.text(&kept, version, &world);
        let text =
            format!("; Not verified, so perhaps too small a part of {about}; passes.\n{rules}");
        run_dir::write(&dir.shrunk(), text.as_bytes())?;
        let count = kept.iter().filter(|kept| **kept).count();
        report.kept = Some(count);
        report.removed = Some(kept.len() - count);
        report.one_minimal = Some(is_closed && stays == fixed);
        let session = &mut *trials.session;
        let failed = conclude(session, dir, base, &profile.policy, &text, &made, report)?;
        if report.status == ShrinkStatus::Success && !is_closed {
            // With what was put back, others may not be needed any more.
            is_closed = true;
            let known = put_back.last().copied();
            let smaller = close(kept.clone(), &stays, known, |set| trials.ask(set));
            report.candidates = Some(trials.candidates);
            let smaller = smaller?;
            if smaller != kept {
                kept = smaller;
                continue;
            }
            report.one_minimal = Some(stays == fixed);
        }
        if report.status == ShrinkStatus::Success {
            let part = match report.one_minimal {
                Some(true) => "The smallest part",
                _ => "A small part",
            };
            let text = format!("; {part} of {about}; passes a fresh and a repeat run.\n{rules}");
            return Ok(run_dir::write(&dir.shrunk(), text.as_bytes())?);
        }
        let decider = Decider::new(&profile.policy, &world);
        let missing = failed.and_then(|run| pieces.missing(&run, &kept, &decider));
        let Some(index) = missing.filter(|_| put_back.len() < MOST_PUT_BACK) else {
            return Ok(());
        };
        kept[index] = true;
        stays[index] |= put_back.contains(&index);
        put_back.push(index);
        is_closed = false;
        let mut line = journal::line("candidate", &text);
        line.line_number = Some(index + 1);
        line.decision = "kept_required".to_string();
        line.rule = Some(pieces.rule(index, &world));
        line.group = 1;
        line.step = Some(journal::PUT_BACK.to_string());
        line.fresh_rc = report.post_shrink_fresh_rc;
        line.repeat_rc = report.post_shrink_repeat_rc;
        trials.journal.write(&line)?;
    }
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
        report.denied_on_repeat = denied_on_repeat(&fresh, &repeat, given, &world);
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

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if is_deceptive(c) { ' ' } else { c })
        .collect()
}
