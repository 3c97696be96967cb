//! Profiles from files: reading, importing, evaluating.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;
use lapbelt_sbpl::diag::{Diagnostic, Severity};
use lapbelt_sbpl::{Imports, LoadedSource, Source, evaluate};

/// Where the system keeps profiles that others import.
const SYSTEM_FOLDERS: [&str; 2] = ["/System/Library/Sandbox/Profiles", "/usr/share/sandbox"];

/// Imports read from files: absolute names as they are, others from the parameter `IMPORT_DIR`,
/// the folder of the importing profile, then the system's folders.
#[derive(Clone, Debug)]
pub struct FileImports {
    folders: Vec<PathBuf>,
}

impl FileImports {
    /// Imports for a profile that is itself in a file (or not), under parameters.
    pub fn new(profile: Option<&Path>, params: &BTreeMap<String, String>) -> Self {
        let mut folders: Vec<PathBuf> = params
            .get("IMPORT_DIR")
            .map(PathBuf::from)
            .into_iter()
            .collect();
        folders.extend(profile.and_then(Path::parent).map(Path::to_path_buf));
        folders.extend(SYSTEM_FOLDERS.iter().map(PathBuf::from));
        Self { folders }
    }
}

/// Most bytes of an imported text; those of systems have up to 100 KiB.
const IMPORT_BYTES: u64 = 64 << 20;

/// The text of a file that has an end: a device or a pipe may never come to one.
fn regular(path: &Path) -> std::io::Result<String> {
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    if about.len() > IMPORT_BYTES {
        return Err(std::io::Error::other("too large for a profile"));
    }
    fs::read_to_string(path)
}

impl Imports for FileImports {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let candidates: Vec<PathBuf> = if name.starts_with('/') {
            vec![PathBuf::from(name)]
        } else {
            self.folders
                .iter()
                .map(|folder| folder.join(name))
                .collect()
        };
        for path in &candidates {
            match regular(path) {
                Ok(text) => {
                    return Ok(LoadedSource {
                        name: path.display().to_string(),
                        text,
                    });
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{}: {error}", path.display())),
            }
        }
        let tried: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
        Err(format!("not found; looked at {}", tried.join(", ")))
    }
}

/// A profile that does not evaluate, with all that a person needs to see why.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {}", first_error(diagnostics))]
pub struct ProfileError {
    /// The profile.
    pub name: String,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Vec<LoadedSource>,
}

fn first_error(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    first.map_or_else(
        || "does not evaluate".to_string(),
        |d| match &d.origin {
            Some(origin) => format!("{}:{}: {}", origin.line, origin.column, d.message),
            None => d.message.clone(),
        },
    )
}

/// A profile that evaluates.
#[derive(Debug)]
pub struct Profile {
    /// Its rules.
    pub policy: Policy,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts it was made of.
    pub sources: Vec<LoadedSource>,
}

/// Evaluates the text of a profile.
///
/// # Errors
/// If it does not evaluate.
pub fn evaluate_text(
    name: &str,
    text: &str,
    params: &BTreeMap<String, String>,
    imports: &dyn Imports,
    world: &World,
) -> Result<Profile, Box<ProfileError>> {
    let evaluation = evaluate(&Source { name, text }, params, imports, world);
    match evaluation.policy {
        Some(policy) => Ok(Profile {
            policy,
            diagnostics: evaluation.diagnostics,
            sources: evaluation.sources,
        }),
        None => Err(Box::new(ProfileError {
            name: name.to_string(),
            diagnostics: evaluation.diagnostics,
            sources: evaluation.sources,
        })),
    }
}
