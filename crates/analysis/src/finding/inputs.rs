//! What a claim was found in: one input or more.

use serde::{Deserialize, Serialize};

use super::Sha256;

/// An input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Name of the file, or what it is called if it is none.
    pub name: String,
    /// Digest of all its bytes.
    pub sha256: Sha256,
}

/// Inputs of which there is at least one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Input>", into = "Vec<Input>")]
pub struct Inputs(Vec<Input>);

/// An empty list of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a finding with no input: what was looked at, with its SHA-256, must be named")]
pub struct NoInputs;

impl Inputs {
    /// All of them, in the order they were given.
    pub fn as_slice(&self) -> &[Input] {
        &self.0
    }
}

impl TryFrom<Vec<Input>> for Inputs {
    type Error = NoInputs;

    fn try_from(inputs: Vec<Input>) -> Result<Self, NoInputs> {
        match inputs.is_empty() {
            true => Err(NoInputs),
            false => Ok(Self(inputs)),
        }
    }
}

impl From<Inputs> for Vec<Input> {
    fn from(inputs: Inputs) -> Self {
        inputs.0
    }
}
