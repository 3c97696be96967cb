//! Spellings of paths.

use crate::world::{AliasMode, FilterInfo, World};

/// The spelling of `path` that is decided: without `.`, `..` and `//`, and on worlds that resolve
/// their path aliases, under the resolved one (`/tmp/x` is `/private/tmp/x`). What is no absolute
/// path is given back as it is.
///
/// That is the spelling for what lies under a link; the link itself is decided under its own path.
pub fn canonical_path(world: &World, path: &[u8]) -> Vec<u8> {
    if !path.starts_with(b"/") {
        return path.to_vec();
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut plain = Vec::with_capacity(path.len());
    for part in &parts {
        plain.push(b'/');
        plain.extend_from_slice(part);
    }
    if plain.is_empty() {
        plain.push(b'/');
    }
    let (aliases, mode) = world.path_aliases();
    if mode == AliasMode::Resolve {
        for alias in aliases {
            if let Some(resolved) = replaced(&plain, &alias.short, &alias.long, world.folds_paths())
            {
                plain = resolved;
            }
        }
    }
    plain
}

/// The second spelling of a filter's path in a world where either will do: `/private/tmp/x` for
/// `/tmp/x` and the other way round. A request of such a world carries both.
pub fn other_spelling(filter: &FilterInfo, path: &[u8]) -> Option<Vec<u8>> {
    filter.aliases.iter().find_map(|alias| {
        replaced(path, &alias.short, &alias.long, false)
            .or_else(|| replaced(path, &alias.long, &alias.short, false))
    })
}

/// `path` with its leading components `from` replaced, in any case if the world folds paths.
fn replaced(path: &[u8], from: &str, to: &str, folds: bool) -> Option<Vec<u8>> {
    let (start, rest) = path.split_at_checked(from.len())?;
    let is_start = match folds {
        true => start.eq_ignore_ascii_case(from.as_bytes()),
        false => start == from.as_bytes(),
    };
    (is_start && (rest.is_empty() || rest[0] == b'/')).then(|| [to.as_bytes(), rest].concat())
}
