//! What has to be at a target before an operation is tried on it, and to be gone afterwards.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use lapbelt_sandbox::probe::{Kind, Needs, Takes};

/// A target made ready; what was put there, or what the attempt makes, is removed when dropped.
pub(super) struct Place {
    ours: Option<PathBuf>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(path) = &self.ours {
            // The attempt may have removed it.
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes a target ready, touching nothing that is there.
pub(super) fn prepare(kind: &Kind, target: &str) -> Result<Place, String> {
    let path = match kind.takes {
        Takes::Path => Some(Path::new(target)),
        Takes::Address => {
            let path = target.strip_prefix("unix:").unwrap_or(target);
            path.starts_with('/').then(|| Path::new(path))
        }
        Takes::Nothing | Takes::Name | Takes::Process => None,
    };
    let Some(path) = path else {
        return Ok(Place { ours: None });
    };
    let there = path.symlink_metadata().is_ok();
    match (kind.needs, there) {
        (Needs::Whatever, _) | (Needs::File, true) => Ok(Place { ours: None }),
        (Needs::Nothing, false) => Ok(Place {
            ours: Some(path.to_path_buf()),
        }),
        (Needs::Nothing, true) => Err("there is something at the target already".to_owned()),
        (Needs::OwnFile, true) => Err(
            "what is at the target is not ours to change; name a path where nothing is".to_owned(),
        ),
        (Needs::File | Needs::OwnFile, false) => OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map(|_| Place {
                ours: Some(path.to_path_buf()),
            })
            .map_err(|error| format!("no file could be put there to try it on: {error}")),
    }
}
