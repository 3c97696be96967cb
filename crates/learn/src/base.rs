//! The profile a phase starts from: a text with all that is needed to evaluate it again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lapbelt_policy::world::World;
use lapbelt_sandbox::{Backend, ProfileSource, RunError, SystemProfile};
use lapbelt_sbpl::expand::expand;
use lapbelt_sbpl::{Source, evaluate};

use crate::run_dir::{self, DirError};
use crate::seed::{self, Loader, SEED};
use crate::source::{FileImports, Profile, ProfileError, evaluate_text};

/// Why a profile that its runs are content with is not handed out.
pub(crate) const NOT_READ: &str = "sandbox-exec does not accept the file as it is written";

/// A profile text and its surroundings.
#[derive(Clone, Debug)]
pub struct Base {
    /// Name for messages.
    pub name: String,
    /// The file it is in; `None` for the seed.
    pub path: Option<PathBuf>,
    /// The file that is to be made of what is learnt, as it is not there yet.
    pub creates: Option<PathBuf>,
    /// The text.
    pub text: String,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    imports: FileImports,
}

impl Base {
    /// The seed: everything denied, but for what the loader of macOS needs if it is to run there.
    pub fn seed(params: BTreeMap<String, String>, loader: Option<Loader>) -> Self {
        let imports = FileImports::new(None, &params);
        Self {
            name: "seed".to_string(),
            path: None,
            creates: None,
            text: loader.map_or_else(|| SEED.to_string(), seed::macos),
            params,
            imports,
        }
    }

    /// A profile in a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn file(path: &Path, params: BTreeMap<String, String>) -> Result<Self, DirError> {
        let imports = FileImports::new(Some(path), &params);
        Ok(Self {
            name: path.display().to_string(),
            path: Some(path.to_path_buf()),
            creates: None,
            text: run_dir::read(path)?,
            params,
            imports,
        })
    }

    /// Whether it is that file, an absolute path.
    pub(crate) fn is_in(&self, file: &Path) -> bool {
        let path = self.path.as_deref();
        path.is_some_and(|path| std::path::absolute(path).is_ok_and(|path| path == file))
    }

    /// Evaluates the text.
    ///
    /// # Errors
    /// If it does not evaluate.
    pub fn evaluate(&self, world: &World) -> Result<Profile, Box<ProfileError>> {
        self.evaluate_with(&self.text, world)
    }

    /// Evaluates another text in the same surroundings.
    ///
    /// # Errors
    /// If it does not evaluate.
    pub fn evaluate_with(&self, text: &str, world: &World) -> Result<Profile, Box<ProfileError>> {
        evaluate_text(&self.name, text, &self.params, &self.imports, world)
    }

    /// The same rules in a text that reads wherever it is written: flat rules, if this one imports
    /// what is found only from where it stands.
    pub(crate) fn settled(&self, world: &World) -> Self {
        let source = Source {
            name: &self.name,
            text: &self.text,
        };
        let read = |imports: &FileImports| evaluate(&source, &self.params, imports, world);
        let here = read(&self.imports);
        let mut settled = self.clone();
        if let Some(policy) = &here.policy
            && read(&FileImports::new(None, &self.params)).sources != here.sources
        {
            settled.text = expand(policy, &here.imported_at, world);
        }
        settled
    }

    /// Whether the system, if it reads profiles by itself, reads the one in a file, just as it is
    /// handed out and under these parameters: in runs it has another text of the same rules.
    ///
    /// # Errors
    /// If that cannot be tried.
    pub fn is_read_in(&self, file: &Path, backend: &dyn Backend) -> Result<bool, RunError> {
        backend.accepts(&SystemProfile {
            source: ProfileSource::File(file.to_path_buf()),
            params: self.params.clone(),
        })
    }
}
