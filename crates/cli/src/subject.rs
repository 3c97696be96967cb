//! A profile that can be asked and compared, whether it is text or compiled: told apart by what is
//! in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lapbelt_analysis::subject::Subject as Analysed;
use lapbelt_blob::decode::{Blob, Provenance, decode};
use lapbelt_blob::explain;
use lapbelt_blob::policy::{Compiled, compiled};
use lapbelt_learn::source::Profile;
use lapbelt_policy::deceptive::is_deceptive;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::graph::{Graph, Source, lower};
use lapbelt_policy::rule::{Rule, RuleRef};
use lapbelt_policy::world::{OperationId, Part, SHIPPED, World, shipped};
use lapbelt_sbpl::print;
use lapbelt_sbpl::syntax::{TokenKind, tokenize};
use serde_json::{Value, json};

use crate::exit::CommandError;
use crate::output::{Output, counted};
use crate::profile;
use crate::show;

/// A profile that can be asked.
pub(crate) enum Subject {
    /// Text that was evaluated.
    Source(Profile),
    /// Bytes that were decoded.
    Blob(Box<BlobSubject>),
}

/// One profile of a compiled file.
pub(crate) struct BlobSubject {
    /// Name of the file.
    file: String,
    bytes: Vec<u8>,
    blob: Blob,
    compiled: Compiled,
}

impl BlobSubject {
    /// What is to be said if it can be read in several ways, and the world has a layout of none of them.
    fn doubt(&self) -> Option<String> {
        let Provenance {
            is_own, differing, ..
        } = &self.blob.provenance;
        (!is_own && !differing.is_empty()).then(|| {
            format!(
                "lapbelt: {}: read by the layout {}; {} would read it in another way",
                self.file,
                self.blob.layout.name,
                differing.join(", ")
            )
        })
    }
}

/// Whether bytes are a compiled profile: text has no zero bytes, and a compiled profile has many.
pub(crate) fn is_blob(bytes: &[u8]) -> bool {
    bytes.contains(&0)
}

/// What is said of text where a compiled profile is needed.
const TEXT: &str = "no compiled profile, but text; `lapbelt compile` makes one of it, \
                    and `lapbelt query`, `diff` and `graph` take it as it is";

/// Decodes a compiled file.
pub(crate) fn blob(path: &Path, bytes: &[u8], world: &World) -> Result<Blob, CommandError> {
    let named = |error: String| CommandError::about(path, error);
    if bytes.is_empty() {
        return Err(named("the file is empty".to_string()));
    }
    if !is_blob(bytes) {
        return Err(named(TEXT.to_string()));
    }
    decode(bytes, world).map_err(|error| named(format!("{error}\n{}", read_by(bytes, world))))
}

/// What to do about bytes that cannot be read in a world.
fn read_by(bytes: &[u8], world: &World) -> String {
    let others = SHIPPED.iter().filter_map(|(name, _)| {
        let other = shipped(name)?.ok()?;
        let is_whole = other.id() != world.id() && !other.is_without(Part::Operations);
        let reads = is_whole && decode(bytes, &other).is_ok_and(|blob| blob.provenance.is_own);
        reads.then_some(*name)
    });
    let others: Vec<_> = others.collect();
    match others.as_slice() {
        [] => "  it is damaged, or of a build that no world is of: `lapbelt world extract` makes one, \
               and `lapbelt lab layout infer` finds out what it can without"
            .to_string(),
        names => format!(
            "  it can be read with --world {}",
            names.join(" or --world ")
        ),
    }
}

impl Subject {
    /// Reads a profile; `-` is standard input. `member` says which of a bundle.
    pub(crate) fn load(
        path: &Path,
        params: &BTreeMap<String, String>,
        member: Option<&str>,
        world: &World,
    ) -> Result<Self, CommandError> {
        let bytes = profile::read_bytes(path)?;
        if is_blob(&bytes) {
            return Self::decoded(path, bytes, member, world);
        }
        let failed = |what: String| CommandError::about(path, what);
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| failed("neither text nor a compiled profile".to_string()))?;
        match member {
            Some(_) => Err(failed("it is no bundle of profiles".to_string())),
            None => profile::evaluate(path, &text, params, world).map(Self::Source),
        }
    }

    /// Decodes a compiled profile that was read from a path.
    pub(crate) fn decoded(
        path: &Path,
        bytes: Vec<u8>,
        member: Option<&str>,
        world: &World,
    ) -> Result<Self, CommandError> {
        let file = profile::shown(path);
        let failed = |what: String| CommandError::about(path, what);
        let blob = blob(path, &bytes, world)?;
        let chosen = choose(&blob, member).map_err(failed)?;
        let compiled = compiled(&blob, &blob.profiles[chosen], world);
        let compiled = compiled.map_err(|error| failed(error.to_string()))?;
        Ok(Self::Blob(Box::new(BlobSubject {
            file,
            bytes,
            blob,
            compiled,
        })))
    }

    /// Itself, if all that it compares with is known.
    ///
    /// # Errors
    /// If a pattern has a variable, whose value no compiled profile has.
    pub(crate) fn known(self) -> Result<Self, CommandError> {
        if let Self::Blob(subject) = &self
            && let Some((at, name)) = subject.compiled.variables.first_key_value()
        {
            let problem = format!(
                "at byte {}: a pattern with the variable `{name}`, whose value is not in the file: \
                 what it decides is not known; `lapbelt graph` and `decompile` show it",
                at.0
            );
            return Err(CommandError::of_named(&subject.file, problem));
        }
        Ok(self)
    }

    /// The names of the variables that its patterns have.
    pub(crate) fn variables(&self) -> Vec<String> {
        match self {
            Self::Source(_) => Vec::new(),
            Self::Blob(subject) => subject.compiled.variable_names(),
        }
    }

    /// Shows the warnings of its text. A profile that is read twice warns once.
    pub(crate) fn warn(&self, before: Option<&Self>, output: &Output) {
        let shown = |subject: &Self| match subject {
            Self::Source(profile) => show::warnings(profile, output.is_coloured()),
            Self::Blob(subject) => subject.doubt(),
        };
        let own = shown(self).filter(|own| before.and_then(shown).as_ref() != Some(own));
        if let Some(own) = own {
            output.tell(&own);
        }
    }

    /// What is to be said of an answer about it if the world does not say which rules the system adds
    /// to it; a compiled profile has them.
    pub(crate) fn unknown_rules(&self, world: &World) -> Option<String> {
        match self {
            Self::Source(profile) if profile.policy.implied && world.is_without(Part::Implied) => {
                Some(format!(
                    "lapbelt: {} does not say which rules the system adds to profiles, so that \
                     none were taken into account",
                    world.id()
                ))
            }
            Self::Source(_) | Self::Blob(_) => None,
        }
    }

    /// The compiled file, if it is one of this profile only.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(subject) if !subject.blob.header.is_bundle() => Some(&subject.bytes),
            _ => None,
        }
    }

    /// What it decides, with the rules that the graph's sources name.
    pub(crate) fn graph(&self, world: &World) -> (Graph, &[Rule]) {
        match self {
            Self::Source(profile) => (lower(&profile.policy, world), self.rules()),
            Self::Blob(subject) => (subject.compiled.graph.clone(), self.rules()),
        }
    }

    /// Made ready for questions about all of it.
    pub(crate) fn analysed<'s>(&'s self, world: &'s World) -> Analysed<'s> {
        let (graph, rules) = self.graph(world);
        match self {
            Self::Source(_) => Analysed::of_rules(graph, rules, world),
            Self::Blob(subject) => {
                Analysed::of_bytes(graph, rules, subject.compiled.written.clone(), world)
            }
        }
    }

    /// Made ready for deciding. Where the world folds paths, it takes those in lower case only.
    pub(crate) fn decider(&self, world: &World) -> Decider {
        if world.folds_paths() {
            let folded = self.analysed(world).with_folded_paths();
            return Decider::of(folded.graph().clone(), self.graph(world).1);
        }
        let (graph, rules) = self.graph(world);
        Decider::of(graph, rules)
    }

    /// What decided, for a person and for scripts.
    pub(crate) fn place(&self, source: &Source, world: &World) -> String {
        match (self, source) {
            (Self::Source(profile), _) => profile::place(source, &profile.policy, world),
            (Self::Blob(subject), Source::Rule(reference)) => {
                let node = subject.compiled.nodes[reference.rule as usize];
                let at = subject.blob.node_at(node);
                format!("{}: node {node} at byte {at}", subject.file)
            }
            (Self::Blob(_), _) => "not in the op table".to_string(),
        }
    }

    /// What decided a message after what a source allowed: a rule of its message filter, where it
    /// stands. A compiled profile has no places within.
    pub(crate) fn place_within(&self, outer: &Source, inner: &Source) -> String {
        match (self, self.rule_within(outer, inner)) {
            (Self::Source(profile), Some((rule, reference))) => {
                profile::rule_place(rule, reference, &profile.policy.sources)
            }
            (Self::Blob(_), Some(_)) => "its message filter".to_string(),
            (_, None) => "default".to_string(),
        }
    }

    /// The rule of a message filter that decided, on one line.
    pub(crate) fn text_within(
        &self,
        outer: &Source,
        inner: &Source,
        world: &World,
    ) -> Option<String> {
        let (rule, _) = self.rule_within(outer, inner)?;
        Some(on_one_line(&print::rule(rule, world)))
    }

    fn rule_within<'s>(
        &'s self,
        outer: &Source,
        inner: &'s Source,
    ) -> Option<(&'s Rule, &'s RuleRef)> {
        let (Source::Rule(outer), Source::Rule(inner)) = (outer, inner) else {
            return None;
        };
        let rules = self.rules()[outer.rule as usize].message_filter()?;
        Some((&rules[inner.rule as usize], inner))
    }

    /// The rules whose message filters are about an operation of messages.
    pub(crate) fn filtering(&self, operation: OperationId, world: &World) -> BTreeSet<u32> {
        let is_about = |(_, rule): &(u32, &Rule)| {
            let messages = rule.message_filter().into_iter().flatten();
            let mut named = messages.flat_map(|rule| &rule.operations);
            named.any(|one| world.falls_back_to(operation, *one))
        };
        let rules = (0..).zip(self.rules()).filter(is_about);
        rules.map(|(number, _)| number).collect()
    }

    /// The rules that sources name.
    pub(crate) fn rules(&self) -> &[Rule] {
        match self {
            Self::Source(profile) => &profile.policy.rules,
            Self::Blob(subject) => &subject.compiled.rules,
        }
    }

    /// The rule that decided: as it was written but for comments, on one line, or what the node
    /// says.
    pub(crate) fn rule_text(&self, source: &Source, world: &World) -> Option<String> {
        let Source::Rule(reference) = source else {
            return None;
        };
        match self {
            Self::Source(profile) => {
                let origin = profile.policy.rules[reference.rule as usize].origin?;
                let text = &profile.sources.get(origin.source.0 as usize)?.text;
                let rule = text.get(origin.start as usize..origin.end as usize)?;
                Some(on_one_line(rule))
            }
            Self::Blob(subject) => {
                let node = subject.compiled.nodes[reference.rule as usize];
                Some(explain::node(&subject.blob, node, world))
            }
        }
    }

    /// The rule that decided, for scripts.
    pub(crate) fn rule_json(&self, source: &Source, world: &World) -> Value {
        let Source::Rule(reference) = source else {
            return Value::Null;
        };
        let text = self.rule_text(source, world);
        match self {
            Self::Source(profile) => {
                let rule = &profile.policy.rules[reference.rule as usize];
                let origin = rule.origin.map(|origin| {
                    let file = profile.policy.sources.get(origin.source.0 as usize);
                    json!({"file": file, "line": origin.line, "column": origin.column,
                           "text": text, "filter": reference.filter})
                });
                origin.unwrap_or(Value::Null)
            }
            Self::Blob(subject) => {
                let node = subject.compiled.nodes[reference.rule as usize];
                let at = subject.blob.node_at(node);
                json!({"file": subject.file, "node": node.0, "offset": at, "text": text})
            }
        }
    }
}

/// A piece of a profile with a blank for whatever stands between its words, so that it reads the
/// same on one line.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    let mut is_apart = false;
    for token in tokenize(text) {
        if token.kind.is_trivia() {
            is_apart = !line.ends_with('(');
            continue;
        }
        if is_apart && !line.is_empty() && token.kind != TokenKind::Close {
            line.push(' ');
        }
        is_apart = false;
        line.push_str(token.span.slice(text));
    }
    line
}

/// Most names of profiles that an error lists.
const NAMED: usize = 12;

/// Index of the profile that is meant: by its number after `#`, by its name, or by its number alone
/// where that is no name.
fn choose(blob: &Blob, member: Option<&str>) -> Result<usize, String> {
    let count = blob.profiles.len();
    let profiles = counted(count, "profile");
    let called = |wanted: &str| -> Vec<usize> {
        let is_so = |index: &usize| name(blob, *index).as_deref() == Some(wanted);
        (0..count).filter(is_so).collect()
    };
    let named = || {
        let shown = |index: usize| match name(blob, index) {
            // Nobody types such a name, and it must not break the line.
            Some(name) if name.chars().any(is_deceptive) => {
                format!("{} (#{index})", name.escape_debug())
            }
            Some(name) if called(&name).len() == 1 => name,
            Some(name) => format!("{name} (#{index})"),
            None => format!("#{index}"),
        };
        let names: Vec<String> = (0..count).map(shown).take(NAMED).collect();
        let more = if count > names.len() { ", …" } else { "" };
        format!("{}{more}", names.join(", "))
    };
    let Some(wanted) = member else {
        return match blob.header.is_bundle() {
            false => Ok(0),
            true => Err(format!(
                "a bundle of {profiles}; name one with --member: {}",
                named()
            )),
        };
    };
    let number = |text: &str| text.parse().ok().filter(|number| *number < count);
    if let Some(number) = wanted.strip_prefix('#').and_then(number) {
        return Ok(number);
    }
    match called(wanted).as_slice() {
        [one] => Ok(*one),
        [] => number(wanted).ok_or_else(|| {
            format!(
                "of its {profiles} none is called `{wanted}`; it has {}",
                named()
            )
        }),
        several => {
            let numbers = several.iter().map(|number| format!("#{number}"));
            let numbers: Vec<String> = numbers.collect();
            Err(format!(
                "{} of its {profiles} are called `{wanted}`; name one with --member by its number: {}",
                several.len(),
                numbers.join(", ")
            ))
        }
    }
}

fn name(blob: &Blob, index: usize) -> Option<String> {
    let name = blob.profiles[index].name;
    name.map(|name| escaped(blob.text(name)))
}
