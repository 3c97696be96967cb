//! A world: the vocabulary of one OS build.
//!
//! Everything here is data read from a world file by [`World::parse`]; nothing about a build is in
//! code. Each fact of a file carries the key of its evidence.

mod behaviour;
mod delta;
mod lint;
mod nearest;
mod number_names;
mod parse;
mod provenance;
mod shipped;

pub use behaviour::Behaviour;
pub use delta::{Change, Delta, What, delta};
pub use lint::{Finding, lint};
pub use nearest::nearest;
pub use number_names::Beside;
pub use parse::{Problem, WorldError};
pub use provenance::{Fact, Provenance};
pub use shipped::{SHIPPED, shipped, shipped_text};

use rustc_hash::FxHashMap;

use crate::rule::{Action, Version};

/// Position of an operation in its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u16);

/// Number of a filter in its world, as compiled profiles store it (the empty entry 0 counted).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilterId(pub u16);

/// Number of a modifier in its world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModifierId(pub u16);

/// An operation of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its number.
    pub id: OperationId,
    /// Its name; wildcards end in `*`.
    pub name: String,
    /// Where it goes on when it has no unconditional rule; `None` for `default` and the few others
    /// that have an own default whatever the version.
    pub parent: Option<OperationId>,
    /// Own default for versions 1, 2 and 3; `None` asks the parent.
    pub own_default: [Option<Action>; 3],
    /// Filter categories it accepts; empty if not known.
    pub categories: Vec<String>,
    /// False for operations that live inside message filters only.
    pub in_table: bool,
    /// True if the Linux supervisor asks for it; false on other worlds.
    pub enforced: bool,
}

impl Operation {
    /// The operation's own default under a version of the language.
    pub fn own_default(&self, version: Version) -> Option<Action> {
        self.own_default[version as usize]
    }
}

/// What values a filter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgumentKind {
    /// Pattern over a path: literal, prefix, subpath, regex; plain string means literal.
    PathPattern,
    /// Pattern over a name: exact, prefix, regex.
    Pattern,
    /// Plain string.
    Text,
    /// Number or enumeration name.
    Integer,
    /// Bits that must all be set.
    Bits,
    /// `#t` or `#f`.
    Bool,
    /// Network address.
    Network,
}

impl ArgumentKind {
    /// All kinds with the words that world files have for them.
    pub const WORDS: &[(&str, Self)] = &[
        ("path-pattern", Self::PathPattern),
        ("pattern", Self::Pattern),
        ("string", Self::Text),
        ("integer", Self::Integer),
        ("bits", Self::Bits),
        ("bool", Self::Bool),
        ("network", Self::Network),
    ];

    /// The word for it in world files.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(word, _)| word)
    }
}

/// A filter of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterInfo {
    /// Its number.
    pub id: FilterId,
    /// Its name.
    pub name: String,
    /// Category; an operation accepts a filter when it lists the category.
    pub category: String,
    /// What values it takes.
    pub kind: ArgumentKind,
    /// Libsandbox's cost factor, that orders tests within `require-all`.
    pub cost: u16,
    /// Whether a compiled profile holds alternatives over it as one argument: one pattern program,
    /// one bit mask.
    pub merged: bool,
    /// A filter whose test must come before, where both must hold.
    pub after: Option<FilterId>,
    /// Enumeration names with their numbers.
    pub values: Vec<(String, i64)>,
    /// Whether unix sockets have values of it that are no paths: names that begin with `@`.
    pub has_socket_names: bool,
    /// Spellings of paths in its values that mean the same places: those of a world where either
    /// will do.
    pub aliases: Vec<PathAlias>,
    /// Whether only values in lower case are asked about. No world says so; who compares paths of
    /// systems that fold them does.
    pub in_lower_case: bool,
}

/// What argument a modifier takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModifierKind {
    /// None: a flag.
    Flag,
    /// A number or name of a number.
    Integer,
    /// A string.
    Text,
    /// A block of message filter rules.
    MessageFilter,
}

impl ModifierKind {
    /// All kinds with the words that world files have for them.
    pub const WORDS: &[(&str, Self)] = &[
        ("none", Self::Flag),
        ("integer", Self::Integer),
        ("string", Self::Text),
        ("message-filter", Self::MessageFilter),
    ];

    /// The word for it in world files.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(word, _)| word)
    }
}

/// A modifier of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifierInfo {
    /// Its number.
    pub id: ModifierId,
    /// Its name.
    pub name: String,
    /// Applies to allow rules.
    pub on_allow: bool,
    /// Applies to deny rules.
    pub on_deny: bool,
    /// Argument.
    pub kind: ModifierKind,
    /// The operations that list it; empty if nearly all do, or if it is not known.
    pub only: Vec<OperationId>,
    /// Bits of a terminal node's flags that it decides; 0 unless a flag.
    pub mask: u32,
    /// What it sets them to.
    pub flags: u32,
}

/// A rule that the system's own library appends to every profile that does not opt out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImpliedRule {
    /// What it decides.
    pub action: Action,
    /// For this operation.
    pub operation: OperationId,
    /// When this filter has this number.
    pub filter: FilterId,
    /// The number.
    pub value: i64,
}

/// A rule that the compiler of the system adds where a profile calls for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredRule {
    /// What it decides.
    pub action: Action,
    /// For this operation.
    pub operation: OperationId,
    /// When this filter has the value.
    pub filter: FilterId,
    /// The value.
    pub value: InferredValue,
    /// It is added if a rule allows anything of this operation; always if `None`.
    pub needs: Option<OperationId>,
    /// First version of the language it is added under.
    pub since: Version,
}

/// What an [`InferredRule`] compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InferredValue {
    /// A name.
    Name(String),
    /// A bit of the mask that all rules of the same operation and filter make together.
    Bit(u16),
}

/// Two spellings of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathAlias {
    /// The spelling through the link, `/tmp`.
    pub short: String,
    /// The resolved spelling on macOS, `/private/tmp`.
    pub long: String,
}

/// A part of a build that a world file may not have, for want of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// All operations but the default.
    Operations,
    /// Modifiers, or some of them.
    Modifiers,
    /// Named values of filters.
    Values,
    /// Categories of filters, or what operations accept.
    Categories,
    /// Cost factors of filters.
    Costs,
    /// Own defaults that depend on the version of the language.
    Versions,
    /// Rules that the system adds.
    Implied,
    /// Which paths are links, and what sockets are called beside paths.
    Paths,
    /// How compiled profiles hold paths.
    CompiledPaths,
}

impl Part {
    /// All parts with the words that world files have for them.
    pub const WORDS: &[(&str, Self)] = &[
        ("operations", Self::Operations),
        ("modifiers", Self::Modifiers),
        ("values", Self::Values),
        ("categories", Self::Categories),
        ("costs", Self::Costs),
        ("versions", Self::Versions),
        ("implied", Self::Implied),
        ("paths", Self::Paths),
        ("compiled-paths", Self::CompiledPaths),
    ];

    /// The word for it in world files.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, part)| *part == self);
        found.map_or("", |(word, _)| word)
    }
}

/// How a world treats its [`PathAlias`]es.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AliasMode {
    /// The short spelling is a link: requests are decided under the long one (macOS).
    Resolve,
    /// Either spelling in a profile means the same place (Linux).
    Both,
}

/// One OS build's vocabulary.
#[derive(Clone, Debug)]
pub struct World {
    id: String,
    aliases: Vec<String>,
    layout: Option<String>,
    lacks: Vec<(Part, String)>,
    operations: Vec<Operation>,
    filters: Vec<FilterInfo>,
    modifiers: Vec<ModifierInfo>,
    implied: Vec<ImpliedRule>,
    inferred: Vec<InferredRule>,
    folds_paths: bool,
    path_aliases: Vec<PathAlias>,
    alias_mode: AliasMode,
    /// Other names of operations and filters: `process-exec` for `process-exec*`.
    names: FxHashMap<String, String>,
    /// Named numbers of the language: `SIGKILL`, `AF_INET`, `EPERM`.
    constants: FxHashMap<String, i64>,
    operation_index: FxHashMap<String, OperationId>,
    filter_index: FxHashMap<String, FilterId>,
    modifier_index: FxHashMap<String, ModifierId>,
}

impl World {
    /// Full id, such as `sonoma-14.4.1-23E224-arm64-dyld-2c0602c5`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Shorter names of the same world.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// Name of the layout that compiled profiles of this build have, if that is known.
    pub fn layout(&self) -> Option<&str> {
        self.layout.as_deref()
    }

    /// What the file does not have, and why. What is not listed is complete.
    pub fn lacks(&self) -> &[(Part, String)] {
        &self.lacks
    }

    /// Whether the file says that it lacks a part.
    pub fn is_without(&self, part: Part) -> bool {
        self.lacks.iter().any(|(own, _)| *own == part)
    }

    /// All operations in the order of their numbers.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// All filters in the order of their numbers.
    pub fn filters(&self) -> &[FilterInfo] {
        &self.filters
    }

    /// All modifiers in the order of their numbers.
    pub fn modifiers(&self) -> &[ModifierInfo] {
        &self.modifiers
    }

    /// Rules the system adds to a profile.
    pub fn implied(&self) -> &[ImpliedRule] {
        &self.implied
    }

    /// Rules that the system's compiler adds where a profile calls for them.
    pub fn inferred(&self) -> &[InferredRule] {
        &self.inferred
    }

    /// Whether unix sockets have names that begin with `@` beside paths.
    pub fn has_socket_names(&self) -> bool {
        self.filter_named("path")
            .is_some_and(|path| path.has_socket_names)
    }

    /// Whether compiled profiles hold the patterns of paths in lower case.
    pub fn folds_paths(&self) -> bool {
        self.folds_paths
    }

    /// Places with two spellings, and how they are treated.
    pub fn path_aliases(&self) -> (&[PathAlias], AliasMode) {
        (&self.path_aliases, self.alias_mode)
    }

    /// An operation by name or alias.
    pub fn operation_named(&self, name: &str) -> Option<&Operation> {
        let name = self.names.get(name).map_or(name, String::as_str);
        self.operation_index.get(name).map(|id| self.operation(*id))
    }

    /// An operation by number. Panics on a number of another world.
    pub fn operation(&self, id: OperationId) -> &Operation {
        &self.operations[usize::from(id.0)]
    }

    /// A filter by name or alias.
    pub fn filter_named(&self, name: &str) -> Option<&FilterInfo> {
        let name = self.names.get(name).map_or(name, String::as_str);
        self.filter_index.get(name).map(|id| self.filter(*id))
    }

    /// A filter by number. Panics on a number of another world.
    pub fn filter(&self, id: FilterId) -> &FilterInfo {
        let at = self.filters.binary_search_by_key(&id, |f| f.id);
        &self.filters[at.expect("a filter id of this world")]
    }

    /// A modifier by name or alias.
    pub fn modifier_named(&self, name: &str) -> Option<&ModifierInfo> {
        let name = self.names.get(name).map_or(name, String::as_str);
        self.modifier_index.get(name).map(|id| self.modifier(*id))
    }

    /// A modifier by number. Panics on a number of another world.
    pub fn modifier(&self, id: ModifierId) -> &ModifierInfo {
        let at = self.modifiers.binary_search_by_key(&id, |m| m.id);
        &self.modifiers[at.expect("a modifier id of this world")]
    }

    /// A named number of the language.
    pub fn constant(&self, name: &str) -> Option<i64> {
        self.constants.get(name).copied()
    }

    /// All named numbers, in no particular order.
    pub fn constants(&self) -> impl Iterator<Item = (&str, i64)> {
        self.constants
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
    }

    /// The number of a modifier as a profile says it: the name of a signal or an errno, if it has one.
    pub fn modifier_number(&self, modifier: ModifierId, number: i64) -> String {
        let mut names = self.numbers_of_modifier(modifier);
        // Some numbers have two names.
        let name = names.find(|(value, _)| *value == number);
        name.map_or_else(|| number.to_string(), |(_, name)| name.to_owned())
    }

    /// The names of numbers that a modifier takes, by number.
    pub fn modifier_names(&self, modifier: ModifierId) -> Vec<&str> {
        let names = self.numbers_of_modifier(modifier);
        names.map(|(_, name)| name).collect()
    }

    fn numbers_of_modifier(&self, modifier: ModifierId) -> impl Iterator<Item = (i64, &str)> {
        let family = match self.modifier(modifier).name.as_str() {
            "send-signal" => Some("SIG"),
            "errno" => Some("E"),
            _ => None,
        };
        let named = |name: &str| family.is_some_and(|family| name.starts_with(family));
        let constants = self.constants().filter(|(name, _)| named(name));
        let mut numbers: Vec<(i64, &str)> = constants.map(|(name, value)| (value, name)).collect();
        numbers.sort_unstable();
        numbers.into_iter()
    }

    /// Other names of operations, filters and modifiers with what they stand for, in no
    /// particular order.
    pub fn alias_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .map(|(alias, name)| (alias.as_str(), name.as_str()))
    }

    /// The default operation, root of all others.
    pub fn root(&self) -> OperationId {
        OperationId(0)
    }

    /// Whether requests of the operation, or of one that falls back to it, have values of a filter.
    /// Not known counts as yes.
    pub fn has_values(&self, operation: OperationId, filter: FilterId) -> bool {
        let category = &self.filter(filter).category;
        let takes = |o: &Operation| o.categories.is_empty() || o.categories.contains(category);
        category.is_empty()
            || takes(self.operation(operation))
            || (self.operations.iter()).any(|o| takes(o) && self.falls_back_to(o.id, operation))
    }

    /// Whether `ancestor` is `operation` or one of those it falls back to.
    pub fn falls_back_to(&self, operation: OperationId, ancestor: OperationId) -> bool {
        let mut at = Some(operation);
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.operation(id).parent;
        }
        false
    }
}
