//! How a build treats what profiles say, beside its vocabulary.

use super::{AliasMode, Part, World};

/// One way in which a build treats paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The word by which a world file states it, and the first word after it.
    pub fact: (&'static str, String),
    /// The part of a world that it belongs to.
    pub part: Part,
    /// What it is about.
    pub of: String,
    /// What is said of that.
    pub words: String,
}

impl World {
    /// All that the build does differently from one that takes paths as they are written.
    pub fn behaviour(&self) -> Vec<Behaviour> {
        let (aliases, mode) = self.path_aliases();
        let words = match mode {
            AliasMode::Resolve => "is a link to",
            AliasMode::Both => "is taken for the same as",
        };
        let aliases = aliases.iter().map(|alias| Behaviour {
            fact: ("path-alias", alias.short.clone()),
            part: Part::Paths,
            of: alias.short.clone(),
            words: format!("{words} {}", alias.long),
        });
        let folds = self.folds_paths().then(|| Behaviour {
            fact: ("compiled-paths", "lower".to_owned()),
            part: Part::CompiledPaths,
            of: "compiled profiles".to_owned(),
            words: "hold paths in lower case".to_owned(),
        });
        let names = self.has_socket_names().then(|| Behaviour {
            fact: ("socket-names", "@".to_owned()),
            part: Part::Paths,
            of: "unix sockets".to_owned(),
            words: "have names that begin with @, beside paths".to_owned(),
        });
        aliases.chain(folds).chain(names).collect()
    }
}
