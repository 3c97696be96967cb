//! What was found out, with what shows it.
//!
//! A [`Finding`] holds its [`Evidence`], and evidence names at least one input by its digest: what
//! nothing shows cannot be said.

mod digest;
mod inputs;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use digest::{DigestError, Sha256};
pub use inputs::{Input, Inputs, NoInputs};

/// A claim with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What is claimed, in one sentence.
    pub claim: String,
    /// How far the evidence carries.
    pub tier: Tier,
    /// What shows it.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// The claim in data: what a program would read.
    #[serde(default)]
    pub data: Value,
}

/// How far evidence carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The inputs themselves show it: bytes of the system's own compiler, a run on the system.
    Witnessed,
    /// It follows from what was witnessed, or from facts of other builds.
    Derived,
    /// It fits what was seen; other claims may fit as well.
    Hypothesis,
}

/// What a claim rests on, and how to get it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Id of the world it is about; none if the format is unknown.
    #[serde(default)]
    pub world: Option<String>,
    /// What was looked at.
    pub inputs: Inputs,
    /// The program that looked, with its version: `lapbelt 0.1.0`.
    pub tool: String,
    /// The command line, word by word, starting with the program's name.
    pub command: Vec<String>,
}

impl Tier {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Witnessed => "witnessed",
            Self::Derived => "derived",
            Self::Hypothesis => "hypothesis",
        }
    }
}

impl Evidence {
    /// The claim that this evidence shows.
    pub fn finding(&self, tier: Tier, claim: impl Into<String>, data: Value) -> Finding {
        Finding {
            claim: claim.into(),
            tier,
            evidence: self.clone(),
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn json(digest: &str) -> String {
        format!(
            "{{\"claim\":\"it is so\",\"tier\":\"witnessed\",\"world\":null,\"inputs\":\
             [{{\"name\":\"a.bin\",\"sha256\":\"{digest}\"}}],\"tool\":\"lapbelt 0.1.0\",\
             \"command\":[\"lapbelt\",\"lab\"],\"data\":{{\"count\":1}}}}"
        )
    }

    #[test]
    fn a_finding_reads_back_as_it_was_written() {
        let text = json(ZEROS);
        let finding: Finding = serde_json::from_str(&text).expect("a finding");
        assert_eq!(serde_json::to_string(&finding).expect("text"), text);
    }

    #[test]
    fn what_nothing_shows_is_no_finding() {
        let without_inputs = json(ZEROS).replace(
            &format!("[{{\"name\":\"a.bin\",\"sha256\":\"{ZEROS}\"}}]"),
            "[]",
        );
        let error = serde_json::from_str::<Finding>(&without_inputs).expect_err("no inputs");
        assert!(error.to_string().contains("no input"), "{error}");
        for digest in ["", "00", &"x".repeat(64), &"A".repeat(64)] {
            let error = serde_json::from_str::<Finding>(&json(digest)).expect_err("no digest");
            assert!(error.to_string().contains("SHA-256"), "{error}");
        }
    }
}
