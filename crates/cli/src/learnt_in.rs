//! The world that a profile is judged by: that which is named, or that of the run that learnt it.

use std::path::Path;

use lapbelt_learn::error::LearnError;
use lapbelt_learn::run_dir::RunDir;
use lapbelt_learn::summary;
use lapbelt_policy::world::World;

use crate::exit::CommandError;
use crate::output::Output;
use crate::profile;

/// The world of profiles that say nothing of theirs.
pub(crate) const DEFAULT: &str = "macos-14.4.1";

/// The world that is named, or that in which the first of some profiles was learnt of which a run
/// tells; else the default.
pub(crate) fn world_of(
    named: Option<&str>,
    profiles: &[&Path],
    output: &Output,
) -> Result<World, CommandError> {
    if named.is_none() {
        for path in profiles {
            if let Some(world) = recorded(path, output)? {
                return Ok(world);
            }
        }
    }
    profile::world(named.unwrap_or(DEFAULT))
}

/// The world that a profile was learnt in, and is judged by then, if it lies in the directory of a
/// run. It is told of, unless it is the one that others are judged by.
pub(crate) fn recorded(path: &Path, output: &Output) -> Result<Option<World>, CommandError> {
    let Ok(path) = std::path::absolute(path) else {
        return Ok(None);
    };
    let Some(root) = path.parent().and_then(Path::parent) else {
        return Ok(None);
    };
    let dir = RunDir::new(root);
    if path != dir.traced() && path != dir.shrunk() {
        return Ok(None);
    }
    let unknown = |error: CommandError| {
        CommandError::Other(format!(
            "which world {} was learnt in is not known: {error}; --world names one",
            path.display()
        ))
    };
    let id = match summary::read_manifest(&dir) {
        Ok(manifest) => manifest.world_id,
        Err(LearnError::NoRun { .. }) => return Ok(None),
        Err(error) => return Err(unknown(error.into())),
    };
    // That of a Linux host names its kernel too.
    let name = if id.starts_with("linux-") {
        "linux"
    } else {
        &id
    };
    let world = profile::world(name).map_err(unknown)?;
    if name != DEFAULT && profile::world(DEFAULT)?.id() != world.id() {
        output.tell(&format!(
            "lapbelt: {} was learnt on {id}, so it is judged by the world {name}; --world names another",
            path.display()
        ));
    }
    Ok(Some(world))
}
