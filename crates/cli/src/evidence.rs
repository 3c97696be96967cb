//! The evidence of findings: what was read, by which command.

use lapbelt_analysis::finding::{Evidence, Input, Inputs, NoInputs, Sha256};
use lapbelt_policy::world::World;
use sha2::Digest as _;

use crate::exit::CommandError;

/// An input with the digest of its bytes.
pub(crate) fn input(name: impl Into<String>, bytes: &[u8]) -> Input {
    Input {
        name: name.into(),
        sha256: Sha256(sha2::Sha256::digest(bytes).into()),
    }
}

/// What this command found from these inputs; without a world where the format is not known.
pub(crate) fn evidence(
    world: Option<&World>,
    inputs: Vec<Input>,
) -> Result<Evidence, CommandError> {
    let inputs = Inputs::try_from(inputs);
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| word.to_string_lossy().into_owned());
    Ok(Evidence {
        world: world.map(|world| world.id().to_string()),
        inputs: inputs.map_err(|error: NoInputs| CommandError::Other(error.to_string()))?,
        tool: concat!("lapbelt ", env!("CARGO_PKG_VERSION")).to_string(),
        command: std::iter::once("lapbelt".to_string())
            .chain(words)
            .collect(),
    })
}
