//! Trials of candidates: each is a fresh and a repeat run, and a line of the journal.

use lapbelt_policy::rule::{Action, Version};

use super::journal::{self, Journal};
use super::pieces::Pieces;
use super::search::{Answer, Candidate, Step};
use crate::base::Base;
use crate::error::LearnError;
use crate::session::{Mode, Session, Start, Streams};

/// What candidates are made of and tried with.
pub(super) struct Trials<'t, 's> {
    pub(super) session: &'t mut Session<'s>,
    pub(super) base: &'t Base,
    pub(super) pieces: &'t Pieces,
    pub(super) journal: Journal,
    pub(super) version: Version,
    /// A system that enforces by itself does not say which rules it used.
    pub(super) tells_use: bool,
    /// How many there were so far.
    pub(super) candidates: usize,
}

impl Trials<'_, '_> {
    /// Whether the program does with a candidate.
    ///
    /// # Errors
    /// If it cannot be run, the journal not be written, or the user asked to stop.
    pub(super) fn ask(&mut self, candidate: &Candidate<'_>) -> Result<Answer, LearnError> {
        self.candidates += 1;
        let world = std::sync::Arc::clone(&self.session.world);
        let atoms = self.pieces.atoms.iter().zip(candidate.kept);
        let rules = atoms.filter(|(atom, kept)| **kept && atom.action == Action::Allow);
        self.session.tick("shrink", self.candidates, rules.count());
        let text = self.pieces.bare_text(candidate.kept, self.version, &world);
        let mut line = journal::line("candidate", &text);
        let first = candidate.removed.first();
        line.line_number = first.map(|index| index + 1);
        line.rule = first.map(|index| self.pieces.rule(*index, &world));
        line.group = candidate.removed.len();
        line.step = Some(step_name(candidate.step).to_string());
        if let Some(answer) = self.journal.recall(&line) {
            return Ok(answer);
        }
        let policy = self.base.evaluate_with(&text, &world)?.policy;
        let mut run = |start| {
            let run = self
                .session
                .run(&policy, start, Mode::Strict, Streams::default());
            run.map(|run| (run.rc, run.success, run.fired))
        };
        let (rc, mut pass, mut fired) = run(Start::Fresh)?;
        line.fresh_rc = Some(rc);
        if pass {
            let (rc, success, more) = run(Start::Repeat)?;
            line.repeat_rc = Some(rc);
            fired.extend(more);
            pass = success;
        }
        line.decision = if pass { "removed" } else { "kept_required" }.to_string();
        let idle = if pass && self.tells_use {
            self.pieces.idle(candidate.kept, &policy, &fired)
        } else {
            Vec::new()
        };
        line.unused = idle.iter().map(|index| index + 1).collect();
        self.journal.write(&line)?;
        Ok(if pass {
            Answer::Pass { idle }
        } else {
            Answer::Fail
        })
    }
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Seed => "seed",
        Step::Group => "group",
        Step::Minimal => "minimal",
    }
}
