//! A file node by node, each value judged by itself: what nothing explains is told, not refused.
//!
//! [`decode`](crate::decode) reads a file as a whole or not at all. Here a value that the world has
//! no name for is [`Says::Unnamed`], and a node that does not hold together is a [`Fault`]; the rest
//! of the file is read all the same. Both know the same filters and argument forms.

mod argument;
mod terminal;

use lapbelt_policy::escaped::escaped;
use lapbelt_policy::world::{self, FilterId, World};

use crate::decode::{Literal, literal};
use crate::error::DecodeError;
use crate::explain;
use crate::layout::known::KNOWN;
use crate::layout::{Layout, RecordField, Table};
use crate::raw::{Raw, Stored};
use crate::strings::Program;

/// A file as it was surveyed.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The layout it was cut by.
    pub layout: &'static Layout,
    /// Its profiles; one unless it is a bundle.
    pub profiles: Vec<Profile>,
    /// Its nodes, 8 bytes each.
    pub nodes: Vec<Node>,
    /// What does not hold together, in the order of the file.
    pub faults: Vec<Fault>,
}

/// A profile of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, in a bundle.
    pub name: Option<String>,
    /// For each slot of its op table the node it leads to; `None` where it leads to none.
    pub entries: Vec<Option<u16>>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub offset: usize,
    /// Its first byte.
    pub tag: u8,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A test.
    Filter {
        /// Its number, without the bit for the other form.
        number: u8,
        /// Whether that bit is set.
        other_form: bool,
        /// The filter that the world declares under that number.
        filter: Option<FilterId>,
        /// The u16 it compares with, as stored.
        argument: u16,
        /// What that says: one value, or each bit of a mask.
        readings: Vec<Reading>,
        /// Where it leads if the request matches, and if not; `None` where that is no node.
        edges: [Option<u16>; 2],
    },
    /// A decision.
    Terminal {
        /// Its flags.
        flags: u32,
        /// What they and the inline modifier say.
        readings: Vec<Reading>,
    },
    /// Neither: a tag that no layout declares.
    Unknown,
}

/// A value with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which value of the node it is.
    pub of: Of,
    /// The value.
    pub value: i64,
    /// What it says.
    pub says: Says,
}

/// Which value of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The argument of a test.
    Argument,
    /// A number in the mask that the argument of a test leads to.
    Bit,
    /// Flags of a terminal node.
    Flags,
    /// Number of the modifier of a terminal node.
    Modifier,
    /// Argument of that modifier.
    ModifierArgument,
}

/// What a value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// What the world's vocabulary has under it.
    Named(String),
    /// Nothing: there is a vocabulary for it, without this value.
    Unnamed,
    /// A number: there is no vocabulary for it.
    Number,
    /// A literal or a regular expression, in the words of SBPL.
    Literal(String),
    /// Nothing that holds together; a [`Fault`] says why.
    Broken,
}

/// What does not hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The node, if it is in one.
    pub node: Option<usize>,
    /// What is wrong, with its offset.
    pub what: String,
}

/// Surveys a file by the layout that its world declares.
///
/// # Errors
/// If the world declares no layout, or the file cannot be cut by it.
pub fn survey(bytes: &[u8], world: &World) -> Result<Survey, SurveyError> {
    let declared = world.layout();
    let layout = declared.and_then(|name| KNOWN.iter().find(|layout| layout.name == name));
    let layout = layout.ok_or_else(|| SurveyError::NoLayout(world.id().to_string()))?;
    let in_table = world.operations().iter().filter(|o| o.in_table).count();
    let operations = (!world.is_without(world::Part::Operations)).then_some(in_table);
    let raw = Raw::read(bytes, layout, operations)?;
    let variables = raw.table(Table::Variables).iter();
    let variables = variables.map(|reference| {
        let read = literal::read(
            bytes,
            raw.literal_at(*reference),
            Stored::Text,
            layout.strings,
        );
        match read {
            Ok((Literal::Text(name), _)) => Some(name),
            _ => None,
        }
    });
    let mut surveyor = Surveyor {
        variables: variables.collect(),
        raw,
        world,
        faults: Vec::new(),
    };
    let profiles = surveyor.profiles();
    let nodes = (0..surveyor.raw.nodes.len()).map(|index| surveyor.node(index));
    Ok(Survey {
        layout,
        profiles,
        nodes: nodes.collect(),
        faults: surveyor.faults,
    })
}

/// Why a file could not be surveyed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// The world has no compiled form that is known.
    #[error("{0} declares no layout of compiled profiles")]
    NoLayout(String),
    /// Header, tables or nodes do not fit the layout.
    #[error(transparent)]
    Cut(#[from] DecodeError),
}

/// A file while it is surveyed.
struct Surveyor<'a, 'w> {
    raw: Raw<'a>,
    world: &'w World,
    variables: Vec<Option<Vec<u8>>>,
    faults: Vec<Fault>,
}

impl Surveyor<'_, '_> {
    fn fault(&mut self, node: Option<usize>, what: impl ToString) {
        let what = what.to_string();
        self.faults.push(Fault { node, what });
    }

    fn profiles(&mut self) -> Vec<Profile> {
        let raw = std::mem::take(&mut self.raw.profiles);
        let mut profiles = Vec::new();
        for profile in raw {
            let mut entries = Vec::new();
            for (slot, entry) in profile.entries.iter().enumerate() {
                let node = self.raw.node(*entry);
                if node.is_none() {
                    let at = profile.at + 2 * slot;
                    self.fault(
                        None,
                        format!("at byte {at}: slot {slot} leads to {entry}, no node"),
                    );
                }
                entries.push(node);
            }
            let mut fields = profile.fields.iter();
            let name = fields.find(|(field, _)| *field == RecordField::Name);
            let name = name.map(|(_, reference)| match self.read(*reference, Stored::Text) {
                Ok(Literal::Text(name)) => escaped(&name),
                _ => format!("name at {reference}, which is none"),
            });
            profiles.push(Profile { name, entries });
        }
        profiles
    }

    fn node(&mut self, index: usize) -> Node {
        let (offset, bytes) = (self.raw.node_at(index), self.raw.nodes[index]);
        let kind = match bytes[0] {
            0 => self.filter(index, bytes),
            1 => self.terminal(index, bytes),
            tag => {
                let what =
                    format!("at byte {offset}: no layout is declared for nodes of tag {tag}");
                self.fault(Some(index), what);
                Kind::Unknown
            }
        };
        Node {
            offset,
            tag: bytes[0],
            kind,
        }
    }

    fn read(&self, reference: u16, stored: Stored) -> Result<Literal, DecodeError> {
        let at = self.raw.literal_at(reference);
        let read = literal::read(self.raw.bytes, at, stored, self.raw.layout.strings);
        Ok(read?.0)
    }

    /// A literal of text, a pattern, a regular expression or an address, in words.
    fn text(&self, reference: u16, stored: Stored) -> Result<String, DecodeError> {
        Ok(match self.read(reference, stored)? {
            Literal::Text(text) => format!("\"{}\"", text.escape_ascii()),
            Literal::Pattern(pattern) => explain::pattern(&pattern),
            Literal::Program(program) => self.program(&program),
            Literal::Regex(program) => match program.text() {
                Ok(source) => crate::explain::regex(&source),
                Err(error) => format!("a regular expression ({error})"),
            },
            Literal::Network(address) => address.to_string(),
            Literal::Mask(bits) => format!("bits {bits:?}"),
            Literal::Modifiers(list) => explain::modifiers(&list),
        })
    }

    fn program(&self, program: &Program) -> String {
        let variable = |index: u16| {
            let name = self.variables.get(usize::from(index))?.as_ref()?;
            Some([b"${", name.as_slice(), b"}"].concat())
        };
        match program.patterns(&variable) {
            Ok(patterns) if patterns.is_empty() => "nothing".to_string(),
            Ok(patterns) => {
                let patterns = patterns.iter().map(explain::pattern);
                patterns.collect::<Vec<_>>().join(", ")
            }
            Err(error) => format!("a program ({error})"),
        }
    }
}
