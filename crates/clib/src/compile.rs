//! From a text to the bytes of a profile.

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::OnceLock;

use lapbelt_blob::encode::encode;
use lapbelt_learn::source::{FileImports, evaluate_text};
use lapbelt_policy::world::{World, shipped};

/// The build of macOS whose compiler is followed.
const WORLD: &str = "macos-14.4.1";

/// Where a profile comes from.
#[derive(Clone, Copy)]
pub(crate) enum Text<'t> {
    /// The file of that path.
    File(&'t str),
    /// It is that.
    Inline(&'t str),
}

/// Compiles a profile under parameters, or says why it cannot be.
pub(crate) fn compile(
    source: Text<'_>,
    params: &BTreeMap<String, String>,
) -> Result<Vec<u8>, String> {
    // No panic may go through the frames of C.
    catch_unwind(|| bytes(source, params))
        .unwrap_or_else(|_| Err("the compiler has failed; this is an error in it".to_owned()))
}

fn bytes(source: Text<'_>, params: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let read;
    let (name, text, file) = match source {
        Text::File(path) => {
            read = fs::read_to_string(path).map_err(|why| format!("cannot read {path}: {why}"))?;
            (path, read.as_str(), Some(Path::new(path)))
        }
        Text::Inline(text) => ("<string>", text, None),
    };
    let world = world()?;
    let imports = FileImports::new(file, params);
    let profile =
        evaluate_text(name, text, params, &imports, world).map_err(|why| why.to_string())?;
    let encoded = encode(&profile.policy, world).map_err(|why| format!("{name}: {why}"))?;
    Ok(encoded.bytes)
}

/// The world, which is read once.
fn world() -> Result<&'static World, String> {
    static READ: OnceLock<Result<World, String>> = OnceLock::new();
    let read = READ.get_or_init(|| match shipped(WORLD) {
        Some(world) => world.map_err(|why| format!("world {WORLD}: {why}")),
        None => Err(format!("there is no world {WORLD}")),
    });
    read.as_ref().map_err(Clone::clone)
}
