//! `metrics.jsonl` as a journal: a resumed search is asked the same questions in the same order,
//! and those already answered are not run again.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::search::Answer;
use crate::error::LearnError;
use crate::record::ShrinkMetric;
use crate::run_dir::{self, Phase, RunDir};
use crate::summary::read_metrics;

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The step of a line about a piece that a last run turned out to need.
pub(super) const PUT_BACK: &str = "put_back";

/// A line that says nothing but which candidate it is about.
pub(super) fn line(event: &str, candidate: &str) -> ShrinkMetric {
    ShrinkMetric {
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
    }
}

pub(super) struct Journal {
    path: PathBuf,
    /// Answers of an interrupted run, oldest first.
    earlier: VecDeque<ShrinkMetric>,
    /// Lines about no question of the search, by event and piece.
    noted: BTreeSet<(String, Option<usize>)>,
}

impl Journal {
    /// Opens the journal of a run directory, with what an interrupted run left in it. One that
    /// begins with another profile than that of the `precheck` is begun anew.
    pub(super) fn open(dir: &RunDir, precheck: &ShrinkMetric) -> Result<Self, LearnError> {
        let path = dir.file(Phase::Shrink, "metrics.jsonl");
        let lines = read_metrics::<ShrinkMetric>(&path)?;
        let is_of_another = lines.first().is_some_and(|first| {
            first.event == "precheck" && first.candidate_sha256 != precheck.candidate_sha256
        });
        if is_of_another {
            run_dir::remove(&path)?;
        }
        let mut journal = Self {
            path,
            earlier: VecDeque::new(),
            noted: BTreeSet::new(),
        };
        for line in lines.into_iter().filter(|_| !is_of_another) {
            if line.event == "precheck" || line.decision == "kept_deny" {
                journal.noted.insert((line.event, line.line_number));
            } else if line.step.as_deref() != Some(PUT_BACK) {
                journal.earlier.push_back(line);
            }
        }
        Ok(journal)
    }

    /// Writes a line about no question of the search, unless an interrupted run has.
    pub(super) fn write_once(&mut self, line: &ShrinkMetric) -> Result<(), LearnError> {
        if !self.noted.insert((line.event.clone(), line.line_number)) {
            return Ok(());
        }
        self.write(line)
    }

    /// Writes a line.
    pub(super) fn write(&self, line: &ShrinkMetric) -> Result<(), LearnError> {
        Ok(run_dir::append_json(&self.path, line)?)
    }

    /// The answer to a candidate that an interrupted run had tried. The moment the questions
    /// differ, the rest of the journal is of no use.
    pub(super) fn recall(&mut self, line: &ShrinkMetric) -> Option<Answer> {
        let earlier = self.earlier.pop_front()?;
        if earlier.candidate_sha256 != line.candidate_sha256 {
            self.earlier.clear();
            return None;
        }
        match earlier.decision.as_str() {
            "removed" => {
                let idle = earlier
                    .unused
                    .iter()
                    .map(|number| number.saturating_sub(1))
                    .collect();
                Some(Answer::Pass { idle })
            }
            "kept_required" => Some(Answer::Fail),
            _ => None,
        }
    }
}
