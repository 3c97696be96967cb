//! What a decoded file says, in words: of nodes, and of every byte.

mod bytes;

use lapbelt_policy::deceptive::is_deceptive;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{Modifier, ModifierArgument};
use lapbelt_policy::world::{FilterId, FilterInfo, OperationId, Part, World};

pub use bytes::{Row, rows};

use crate::decode::{Argument, Blob, Literal, LiteralAt, Node, NodeIndex, Terminal};
use crate::policy::bit_value;

/// What a node asks or decides, without its edges: `path literal "/etc/hosts"`, `deny`.
pub fn node(blob: &Blob, index: NodeIndex, world: &World) -> String {
    match blob.node(index) {
        Node::Filter {
            filter, argument, ..
        } => {
            let name = &world.filter(*filter).name;
            format!("{name} {}", self::argument(blob, *filter, *argument, world))
        }
        Node::Terminal(terminal) => decision(terminal, world),
    }
}

/// What a terminal node decides, with its modifiers.
pub fn decision(terminal: &Terminal, world: &World) -> String {
    let mut text = terminal.action.word().to_string();
    for modifier in &terminal.modifiers {
        text.push_str(&format!(" with {}", modified(modifier, world)));
    }
    for filter in &terminal.message_filters {
        let operation = operation(filter.operation, world);
        text.push_str(&format!(
            " with message filter {} on {operation}",
            filter.policy
        ));
    }
    text
}

/// A modifier as SBPL writes it after `with`; of a message filter only how many rules it has.
pub fn modified(modifier: &Modifier, world: &World) -> String {
    let name = &world.modifier(modifier.modifier).name;
    match &modifier.argument {
        Some(ModifierArgument::Integer(number)) => {
            format!(
                "{name} {}",
                world.modifier_number(modifier.modifier, *number)
            )
        }
        Some(ModifierArgument::Text(text)) => format!("{name} {}", quoted(text)),
        Some(ModifierArgument::MessageFilter(rules)) => match rules.len() {
            1 => format!("{name} of 1 rule"),
            count => format!("{name} of {count} rules"),
        },
        None => name.clone(),
    }
}

/// The operations of an op table, slot by slot; of a world that lacks them, all numbers.
pub fn slots(world: &World) -> impl Iterator<Item = OperationId> {
    let known = world.operations().iter().filter(|o| o.in_table);
    let first = u16::try_from(world.operations().len()).unwrap_or(u16::MAX);
    let is_without = world.is_without(Part::Operations);
    let unknown = is_without.then_some(first..=u16::MAX).into_iter().flatten();
    known.map(|o| o.id).chain(unknown.map(OperationId))
}

/// The name of an operation, or its number if the world has none.
pub fn operation(id: OperationId, world: &World) -> String {
    let found = world.operations().get(usize::from(id.0));
    found.map_or_else(|| format!("operation {}", id.0), |found| found.name.clone())
}

/// What a filter node compares with.
pub fn argument(blob: &Blob, filter: FilterId, argument: Argument, world: &World) -> String {
    let filter = world.filter(filter);
    match argument {
        Argument::Pattern(at) | Argument::Text(at) | Argument::Mask(at) | Argument::Network(at) => {
            literal(blob, at, filter, world)
        }
        Argument::Regex(index) => literal(blob, blob.regexes[usize::from(index)], filter, world),
        Argument::Integer(number) => number_of(filter, number, world),
        Argument::Bits(bits) => format!("#o{bits:04o}"),
        Argument::Bool(true) => "#t".to_string(),
        Argument::Bool(false) => "#f".to_string(),
    }
}

fn literal(blob: &Blob, at: LiteralAt, filter: &FilterInfo, world: &World) -> String {
    match blob.literals.get(&at) {
        Some(Literal::Program(_) | Literal::Pattern(_)) => patterns(blob, at),
        Some(Literal::Regex(_)) => regex_text(blob, at),
        Some(Literal::Text(text)) => quoted(text),
        Some(Literal::Mask(bits)) => {
            let names = bits
                .iter()
                .map(|bit| number_of(filter, bit_value(filter, *bit), world));
            names.collect::<Vec<_>>().join(", ")
        }
        Some(Literal::Network(network)) => network.to_string(),
        Some(Literal::Modifiers(_)) => literal_text(blob, at),
        None => String::new(),
    }
}

/// What a literal of patterns, a regular expression, a text or an address says by itself; of a bit
/// mask, only its bits.
pub fn literal_text(blob: &Blob, at: LiteralAt) -> String {
    match blob.literals.get(&at) {
        Some(Literal::Program(_) | Literal::Pattern(_)) => patterns(blob, at),
        Some(Literal::Regex(_)) => regex_text(blob, at),
        Some(Literal::Text(text)) => quoted(text),
        Some(Literal::Mask(bits)) => format!("bits {bits:?}"),
        Some(Literal::Network(address)) => address.to_string(),
        Some(Literal::Modifiers(list)) => modifiers(list),
        None => String::new(),
    }
}

/// A list of modifiers, by their numbers.
pub(crate) fn modifiers(list: &[[u8; 4]]) -> String {
    let numbers = list.iter().map(|one| one[0].to_string());
    format!("modifiers {}", numbers.collect::<Vec<_>>().join(" "))
}

fn patterns(blob: &Blob, at: LiteralAt) -> String {
    match blob.patterns(at) {
        Ok(patterns) if patterns.is_empty() => "nothing".to_string(),
        Ok(patterns) => patterns.iter().map(pattern).collect::<Vec<_>>().join(", "),
        Err(error) => format!("a program ({error})"),
    }
}

fn regex_text(blob: &Blob, at: LiteralAt) -> String {
    match blob.regex_text(at) {
        Ok(source) => regex(&source),
        Err(error) => format!("a regular expression ({error})"),
    }
}

/// A pattern as SBPL writes it, without parentheses.
pub fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Literal(text) => format!("literal {}", quoted(text)),
        Pattern::Prefix(text) => format!("prefix {}", quoted(text)),
        Pattern::Subpath(text) => format!("subpath {}", quoted(text)),
        Pattern::Regex(one) => regex(one.source()),
    }
}

/// An expression as SBPL writes it.
pub(crate) fn regex(source: &[u8]) -> String {
    let plain = |c: char| c != '"' && !is_deceptive(c);
    match std::str::from_utf8(source) {
        Ok(text) if text.chars().all(plain) => format!("regex #\"{text}\""),
        _ => format!("regex {}", quoted(source)),
    }
}

/// A number of a filter by its name, if it has one. A node alone does not say which of several is meant.
pub(crate) fn named(filter: &FilterInfo, number: i64, world: &World) -> Option<String> {
    let names = world.number_names(filter, number);
    (!names.is_empty()).then(|| names.join(" or "))
}

fn number_of(filter: &FilterInfo, number: i64, world: &World) -> String {
    named(filter, number, world).unwrap_or_else(|| number.to_string())
}

fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", text.escape_ascii())
}
