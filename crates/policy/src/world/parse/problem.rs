//! Why a world file is refused.

/// How many worlds may be based on each other.
pub(in crate::world) const MAX_BASES: usize = 4;

/// Why a world file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct WorldError {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line of a world file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The first word is none of the format's.
    #[error("unknown kind of line `{0}`")]
    UnknownKind(String),
    /// A word or attribute that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A word or attribute that the kind of line does not have, or has once.
    #[error("unexpected `{0}`")]
    Unexpected(String),
    /// A word that had to be a number in range.
    #[error("`{0}` is not a number in range")]
    NotANumber(String),
    /// A word outside a closed list.
    #[error("`{word}` is not one of {allowed}")]
    NotOneOf {
        /// The word.
        word: String,
        /// The list.
        allowed: &'static str,
    },
    /// A name or number that the file already has.
    #[error("`{0}` is declared twice")]
    Repeated(String),
    /// An evidence key that no line above declares.
    #[error("evidence `{0}` is not declared above")]
    UndeclaredEvidence(String),
    /// A name that the file does not declare.
    #[error("`{0}` is not declared")]
    Undeclared(String),
    /// Operations are numbered from 0 without gaps.
    #[error("no operation has the number {0}, a higher one is given")]
    Gap(u16),
    /// An operation that is its own ancestor.
    #[error("operation `{0}` is its own ancestor")]
    ParentCycle(String),
    /// The file has no `world` line.
    #[error("the file does not name its world")]
    Unnamed,
    /// `based-on` names no known world.
    #[error("there is no world `{0}` to be based on")]
    UnknownBase(String),
    /// `based-on` after the first fact.
    #[error("`based-on` must stand above all facts")]
    LateBase,
    /// Worlds based on each other, or on too long a chain.
    #[error("more than {MAX_BASES} worlds based on each other")]
    BaseChain,
    /// The world it is based on does not parse.
    #[error("in world `{name}`: {error}")]
    Base {
        /// Its name.
        name: String,
        /// What is wrong with it.
        error: Box<WorldError>,
    },
}
