//! A text made ready for linting: evaluated, and if that fails, evaluated with what is missing
//! filled in, so that a template or a profile that imports a system file can be linted as well.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::origin::SourceId;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;

use super::sizes::Sizes;
use super::tree::Tree;
use crate::diag::{Code, Diagnostic, Severity};
use crate::syntax::Parse;
use crate::{Evaluation, Imports, LoadedSource, NO_IMPLICIT_RULES, Source, evaluate, syntax};

/// What stands in for the linted text while it is imported below a version line.
const WHOLE: &str = "\0profile";

/// Parameters that the library or the system reads, not the profile.
const SYSTEM_PARAMETERS: &[&str] = &["IMPORT_DIR", NO_IMPLICIT_RULES];

/// A text to lint, with all that was found out about it.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(super) parse: Parse,
    pub(super) policy: Option<Policy>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) sources: Vec<LoadedSource>,
    pub(super) main: SourceId,
    pub(super) lacks_version: bool,
    /// Imports that failed, by name, with the reason.
    pub(super) missing_imports: BTreeMap<String, String>,
    /// Parameters without which the profile does not evaluate.
    pub(super) missing_parameters: BTreeSet<String>,
    /// Parameters that were given and that no text reads.
    pub(super) unread_parameters: BTreeSet<String>,
    pub(super) params: BTreeMap<String, String>,
    pub(super) sizes: Option<Sizes>,
}

impl Subject {
    /// Reads and evaluates a text, as [`evaluate()`] does. Where that fails for want of a version, a
    /// parameter or an import, it is done again with a stand-in: version 1, a path named after the
    /// parameter, an empty text.
    pub fn examine(
        source: &Source<'_>,
        params: &BTreeMap<String, String>,
        imports: &dyn Imports,
        world: &World,
    ) -> Self {
        let parse = syntax::parse(source.text);
        let strict = evaluate(source, params, imports, world);
        let mut subject = Self {
            parse,
            policy: None,
            diagnostics: Vec::new(),
            sources: Vec::new(),
            main: SourceId(0),
            lacks_version: false,
            missing_imports: BTreeMap::new(),
            missing_parameters: BTreeSet::new(),
            unread_parameters: BTreeSet::new(),
            params: params.clone(),
            sizes: None,
        };
        let evaluation = if strict.policy.is_some() || !subject.parse.errors().is_empty() {
            strict
        } else {
            subject.fill_in(source, params, imports, world, &strict)
        };
        subject.main = main_of(&evaluation.sources, source);
        subject.unread_parameters = unread(params, &evaluation.sources);
        subject.policy = evaluation.policy;
        subject.diagnostics = evaluation.diagnostics;
        subject.sources = evaluation.sources;
        subject
    }

    /// The texts that findings and their labels point into.
    pub fn sources(&self) -> &[LoadedSource] {
        &self.sources
    }

    /// The policy of the profile, with stand-ins where something was missing.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Says how large the policy is when it is compiled, so that the lints on sizes can look.
    #[must_use]
    pub fn measured(mut self, sizes: Option<Sizes>) -> Self {
        self.sizes = sizes;
        self
    }

    /// Whether the profile evaluates as it is, without stand-ins.
    pub fn is_whole(&self) -> bool {
        self.policy.is_some()
            && !self.lacks_version
            && self.missing_imports.is_empty()
            && self.missing_parameters.is_empty()
    }

    fn fill_in(
        &mut self,
        source: &Source<'_>,
        params: &BTreeMap<String, String>,
        imports: &dyn Imports,
        world: &World,
        strict: &Evaluation,
    ) -> Evaluation {
        let own_version = has_version(&self.parse);
        let unversioned = |evaluation: &Evaluation| {
            !own_version
                && evaluation
                    .diagnostics
                    .iter()
                    .any(|d| d.code == Code::Version)
        };
        self.lacks_version = unversioned(strict);
        let failed = RefCell::new(BTreeMap::new());
        let lenient = Lenient {
            main: source,
            imports,
            failed: &failed,
        };
        let attempt = |params: &BTreeMap<String, String>, wrapped: bool| {
            let whole = format!(
                "(version 1) (import {})",
                crate::print::quote(WHOLE.as_bytes())
            );
            let wrapper = Source {
                name: WHOLE,
                text: &whole,
            };
            evaluate(
                if wrapped { &wrapper } else { source },
                params,
                &lenient,
                world,
            )
        };
        let mut filled = params.clone();
        let mut evaluation = attempt(&filled, self.lacks_version);
        if evaluation.policy.is_none() {
            let read = parameters_read(&evaluation.sources);
            let open: Vec<String> = read
                .into_iter()
                .filter(|n| !params.contains_key(n))
                .collect();
            for name in &open {
                filled.insert(name.clone(), stand_in(name));
            }
            evaluation = attempt(&filled, self.lacks_version);
            if !self.lacks_version && unversioned(&evaluation) {
                self.lacks_version = true;
                evaluation = attempt(&filled, true);
            }
            let mut fewest = errors(&evaluation);
            for name in &open {
                // What the profile does without keeps its own meaning without it.
                let value = filled.remove(name);
                let without = attempt(&filled, self.lacks_version);
                if errors(&without) > fewest {
                    filled.extend(value.map(|value| (name.clone(), value)));
                    self.missing_parameters.insert(name.clone());
                } else {
                    fewest = errors(&without);
                    evaluation = without;
                }
            }
        }
        self.missing_imports = failed.take();
        self.params = filled;
        evaluation
    }
}

fn errors(evaluation: &Evaluation) -> usize {
    let all = evaluation.diagnostics.iter();
    all.filter(|d| d.severity == Severity::Error).count()
}

/// A path that shows what it stands for. Homes lie where homes lie, so that rules about them are
/// seen to be.
fn stand_in(name: &str) -> String {
    if name.contains("HOME") {
        format!("/Users/${{{name}}}")
    } else {
        format!("/${{{name}}}")
    }
}

fn main_of(sources: &[LoadedSource], main: &Source<'_>) -> SourceId {
    let at = sources
        .iter()
        .position(|s| s.name == main.name && s.text == main.text);
    SourceId(at.unwrap_or(0) as u32)
}

fn has_version(parse: &Parse) -> bool {
    let tree = Tree::new(parse, SourceId(0));
    tree.forms().any(|id| tree.head(id) == Some("version"))
}

/// The names in `(param "NAME")`, over all texts.
fn parameters_read(sources: &[LoadedSource]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in sources {
        let parse = syntax::parse(&source.text);
        let tree = Tree::new(&parse, SourceId(0));
        for form in tree.forms() {
            // Helpers that read a parameter are called with its name first as well.
            if tree
                .head(form)
                .is_some_and(|head| head.contains("param") || head == "getenv")
                && let Some(name) = tree.argument(form, 0).and_then(|id| tree.string(id))
            {
                names.insert(String::from_utf8_lossy(&name).into_owned());
            }
        }
    }
    names
}

/// Parameters that were given though no text can read them.
fn unread(params: &BTreeMap<String, String>, sources: &[LoadedSource]) -> BTreeSet<String> {
    let mut read = parameters_read(sources);
    read.extend(SYSTEM_PARAMETERS.iter().map(|name| (*name).to_owned()));
    // A name that is put together is not seen; its pieces are.
    let texts = || sources.iter().map(|source| source.text.as_str());
    params
        .keys()
        .filter(|name| !read.contains(*name))
        .filter(|name| !texts().any(|text| text.contains(&crate::print::quote(name.as_bytes()))))
        .cloned()
        .collect()
}

/// Imports of which none fails.
struct Lenient<'a> {
    main: &'a Source<'a>,
    imports: &'a dyn Imports,
    failed: &'a RefCell<BTreeMap<String, String>>,
}

impl Imports for Lenient<'_> {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        if name == WHOLE {
            return Ok(LoadedSource {
                name: self.main.name.to_owned(),
                text: self.main.text.to_owned(),
            });
        }
        self.imports.load(name).or_else(|reason| {
            self.failed.borrow_mut().insert(name.to_owned(), reason);
            Ok(LoadedSource {
                name: name.to_owned(),
                text: String::new(),
            })
        })
    }
}
