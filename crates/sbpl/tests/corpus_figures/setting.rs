//! What surrounds a profile of the corpus: parameters, imports, and what it is a piece of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lapbelt_policy::world::World;
use lapbelt_sbpl::{Evaluation, Imports, LoadedSource, Source, evaluate};

use super::Profile;

/// Projects whose profiles are put together from pieces, with the piece that comes first.
const FIRST_PIECES: &[(&str, &str)] = &[
    ("agent-safehouse/", "agent-safehouse/00-base.sb"),
    ("bkircher-seatbelt/", "bkircher-seatbelt/base.sb"),
];

/// What a tool fills into its templates.
const FILLED_IN: &[(&str, &str)] = &[
    (
        "\n__SAFEHOUSE_REPLACE_ME_WITH_WORK_DIR_DEFINE__\n",
        "\n(define WORK_DIR \"/private/work\")\n",
    ),
    (
        "\"__SAFEHOUSE_REPLACE_ME_WITH_ABSOLUTE_HOME_DIR__\"",
        "\"/Users/x\"",
    ),
];

/// Parameters that are no path.
const VALUES: &[(&str, &str)] = &[("OS_VERSION", "1401"), ("userHostPort", "localhost:80")];

/// Where imports are looked for: the folder of the profile, then those of system profiles.
const FOLDERS: &[&str] = &[
    "macos-10.15.2",
    "extra/macos-10.15.2",
    "macos-10.14.5",
    "extra/macos-10.14.5",
    "macos-10.12.6",
    "extra/macos-10.12.6",
];

pub(super) struct Setting<'w> {
    corpus: PathBuf,
    world: &'w World,
}

impl<'w> Setting<'w> {
    pub(super) fn new(corpus: &Path, world: &'w World) -> Self {
        Self {
            corpus: corpus.to_owned(),
            world,
        }
    }

    /// Evaluates a profile, and again with the parameters that it turned out to ask for.
    pub(super) fn evaluate(&self, profile: &Profile) -> Evaluation {
        let text = self.whole(profile);
        let imports = self.imports(&profile.name);
        let source = Source {
            name: &profile.name,
            text: &text,
        };
        let mut names = BTreeSet::from(["HOME".to_owned(), "_HOME".to_owned()]);
        loop {
            let before = names.len();
            let parameters = parameters(&names);
            let evaluation = evaluate(&source, &parameters, &imports, self.world);
            for loaded in &evaluation.sources {
                asked(&loaded.text, &mut names);
            }
            if names.len() == before {
                return evaluation;
            }
        }
    }

    fn whole(&self, profile: &Profile) -> String {
        let read = |path: &str| fs::read_to_string(self.corpus.join("profiles").join(path));
        let first = FIRST_PIECES.iter().find(|(project, first)| {
            profile.name.contains(project) && !profile.name.ends_with(first)
        });
        let mut text = match first {
            Some((_, first)) => format!(
                "{}\n{}",
                read(first).expect("its first piece"),
                profile.text
            ),
            None if profile.has_version => profile.text.clone(),
            // What stands in a string of C++ gets its version in there.
            None => match profile.text.split_once("R\"\"(") {
                Some((before, inside)) => format!("{before}R\"\"(\n(version 1)\n{inside}"),
                None => format!("(version 1)\n{}", profile.text),
            },
        };
        for (mark, value) in FILLED_IN {
            text = text.replace(mark, value);
        }
        text
    }

    fn imports(&self, name: &str) -> Folders {
        let profiles = self.corpus.join("profiles");
        let own = self.corpus.join(name);
        let own = own.parent().unwrap_or(&self.corpus).to_owned();
        let release = own.file_name().map(PathBuf::from).unwrap_or_default();
        let mut folders = vec![
            own,
            profiles.join(&release),
            profiles.join("extra").join(&release),
        ];
        folders.extend(FOLDERS.iter().map(|folder| profiles.join(folder)));
        Folders(folders)
    }
}

struct Folders(Vec<PathBuf>);

impl Imports for Folders {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let file = Path::new(name).file_name().ok_or("no file name")?;
        let mut candidates = self.0.iter().map(|folder| folder.join(file));
        let path = candidates
            .find(|path| path.is_file())
            .ok_or("not in the corpus")?;
        let bytes = fs::read(&path).map_err(|error| error.to_string())?;
        Ok(LoadedSource {
            name: name.to_owned(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

/// Adds the parameters that a text names: `(param "NAME")`, and where it asks for one by a
/// variable, every text in capitals.
fn asked(text: &str, names: &mut BTreeSet<String>) {
    for open in ["(param ", "(getenv "] {
        let calls = text.split(open).skip(1);
        let quoted = |call: &str| Some(call.strip_prefix('"')?.split('"').next()?.to_owned());
        names.extend(calls.clone().filter_map(quoted));
        if calls.clone().any(|call| !call.starts_with('"')) {
            let capitals = |word: &&str| {
                word.len() > 1
                    && word
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
            };
            let words = text.split('"').skip(1).step_by(2).filter(capitals);
            names.extend(words.map(str::to_owned));
        }
    }
}

fn parameters(names: &BTreeSet<String>) -> BTreeMap<String, String> {
    let value = |name: &String| {
        let known = VALUES.iter().find(|(known, _)| known == name);
        known.map_or_else(
            || format!("/private/{name}"),
            |(_, value)| (*value).to_owned(),
        )
    };
    names
        .iter()
        .map(|name| (name.clone(), value(name)))
        .collect()
}
