//! Policies as canonical SBPL text, which reads back as the same policy.

use std::fmt::Write;

use lapbelt_policy::deceptive::is_deceptive;
use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::{ModifierArgument, Policy, Rule, Version};
use lapbelt_policy::world::{ArgumentKind, Beside, FilterId, FilterInfo, OperationId, World};

/// A string literal that reads back as exactly these bytes.
pub fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                // Nobody who reads the profile sees such a character, so its bytes are shown.
                c if is_deceptive(c) => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        let _ = write!(out, "\\x{byte:02x}");
                    }
                }
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

/// A regular expression: raw if it can be, else a string literal.
fn quote_regex(source: &[u8]) -> String {
    let plain = |c: char| c != '"' && !is_deceptive(c);
    match std::str::from_utf8(source) {
        Ok(text) if text.chars().all(plain) => format!("#\"{text}\""),
        _ => quote(source),
    }
}

/// A regular expression that matches just a text.
pub fn regex_of(text: &[u8]) -> Vec<u8> {
    let mut source = Vec::with_capacity(text.len());
    for byte in text {
        if br"\.^$|()[]{}*+?".contains(byte) {
            source.push(b'\\');
        }
        source.push(*byte);
    }
    source
}

/// A regular expression for what a subpath matches.
fn regex_below(base: &[u8]) -> Vec<u8> {
    let end = if base.ends_with(b"/") { "" } else { "(/|$)" };
    [b"^", regex_of(base).as_slice(), end.as_bytes()].concat()
}

/// The line that a profile starts with.
pub fn version(version: Version) -> String {
    let number = match version {
        Version::V1 => 1,
        Version::V2 => 2,
        Version::V3 => 3,
    };
    format!("(version {number})\n")
}

/// A whole profile: version, then the rules in their order.
pub fn policy(policy: &Policy, world: &World) -> String {
    let mut out = version(policy.version);
    for one in &policy.rules {
        out.push_str(&rule(one, world));
        out.push('\n');
    }
    out
}

/// A rule, without a line end. With several filters each stands on a line of its own.
pub fn rule(rule: &Rule, world: &World) -> String {
    let mut out = String::new();
    put_rule(rule, world, "\n", &mut out);
    out
}

/// `line` ends a line and indents the next as far as the rule.
fn put_rule(rule: &Rule, world: &World, line: &str, out: &mut String) {
    out.push('(');
    out.push_str(rule.action.word());
    for id in &rule.operations {
        out.push(' ');
        out.push_str(&world.operation(*id).name);
    }
    let inner = format!("{line}    ");
    let filters = rule.filters.iter().map(|one| &one.filter);
    let filters = texts(filters, lacked, &Place::of(rule, world), world);
    let separator = if filters.len() > 1 { &inner } else { " " };
    for one in &filters {
        out.push_str(separator);
        out.push_str(one);
    }
    for modifier in &rule.modifiers {
        let name = &world.modifier(modifier.modifier).name;
        let _ = match &modifier.argument {
            None => write!(out, "{separator}(with {name})"),
            Some(ModifierArgument::Integer(number)) => {
                let number = world.modifier_number(modifier.modifier, *number);
                write!(out, "{separator}(with {name} {number})")
            }
            Some(ModifierArgument::Text(text)) => {
                write!(out, "{separator}(with {name} {})", quote(text))
            }
            Some(ModifierArgument::MessageFilter(rules)) => {
                let _ = write!(out, "{inner}(apply-message-filter");
                let line = format!("{inner}    ");
                for rule in rules {
                    out.push_str(&line);
                    put_rule(rule, world, &line, out);
                }
                write!(out, ")")
            }
        };
    }
    out.push(')');
}

/// A filter on one line.
pub fn filter(filter: &Filter, world: &World) -> String {
    filter_at(filter, &Place::default(), world)
}

/// Each filter of a rule on one line.
pub fn filters(rule: &Rule, world: &World) -> Vec<String> {
    let place = Place::of(rule, world);
    let filters = rule.filters.iter();
    filters
        .map(|one| filter_at(&one.filter, &place, world))
        .collect()
}

/// Where a filter stands.
#[derive(Default)]
struct Place {
    beside: Beside,
    /// In a rule about opening user clients, whose class the filter of classes is about there.
    opens_clients: bool,
}

impl Place {
    /// In a rule.
    fn of(rule: &Rule, world: &World) -> Self {
        let opens = |id: &OperationId| OPEN_CLIENTS.contains(&&*world.operation(*id).name);
        Self {
            beside: Beside::default(),
            opens_clients: !rule.operations.is_empty() && rule.operations.iter().all(opens),
        }
    }

    /// The word for a filter here.
    fn word<'w>(&self, info: &'w FilterInfo, world: &World) -> &'w str {
        let of_clients = world.filter_named(CLIENT_CLASS).map(|one| one.id);
        match self.opens_clients && of_clients == Some(info.id) {
            true => CLIENT_CLASS,
            false => &info.name,
        }
    }
}

/// Operations that are asked with the class of a user client.
const OPEN_CLIENTS: &[&str] = &["iokit-open", "iokit-open*", "iokit-open-user-client"];

/// What the filter of classes is called in their rules.
const CLIENT_CLASS: &str = "iokit-user-client-class";

fn filter_at(filter: &Filter, place: &Place, world: &World) -> String {
    let mut out = String::new();
    put(filter, place, world, &mut out);
    out
}

fn put(filter: &Filter, place: &Place, world: &World, out: &mut String) {
    let (word, inner) = match filter {
        Filter::Test(test) => return put_test(test, place, world, out),
        Filter::Any(inner) => ("require-any", texts(inner, lacked, place, world)),
        Filter::All(inner) => {
            let place = Place {
                beside: place.beside.with(inner, world),
                ..*place
            };
            ("require-all", texts(inner, entitlement, &place, world))
        }
        Filter::Not(inner) => ("require-not", vec![filter_at(inner, place, world)]),
    };
    match inner.as_slice() {
        // Two that are one as people write them.
        [one] if matches!(filter, Filter::Any(two) | Filter::All(two) if two.len() == 2) => {
            out.push_str(one);
        }
        _ => {
            out.push('(');
            out.push_str(word);
            for one in &inner {
                out.push(' ');
                out.push_str(one);
            }
            out.push(')');
        }
    }
}

/// Filters one after the other, two as one where people write them as such.
fn texts<'f>(
    filters: impl IntoIterator<Item = &'f Filter>,
    as_one: fn(&Filter, &Filter, &World) -> Option<String>,
    place: &Place,
    world: &World,
) -> Vec<String> {
    let mut rest = filters.into_iter().peekable();
    let mut texts = Vec::new();
    while let Some(one) = rest.next() {
        let both = rest.peek().and_then(|other| as_one(one, other, world));
        texts.push(match both {
            Some(both) => {
                rest.next();
                both
            }
            None => filter_at(one, place, world),
        });
    }
    texts
}

/// What two alternatives say of an entitlement that must not be there.
fn lacked(one: &Filter, other: &Filter, world: &World) -> Option<String> {
    let (Filter::Not(one), Filter::Not(other)) = (one, other) else {
        return None;
    };
    let entitlement = entitlement(one, other, world)?;
    Some(format!("(require-not {entitlement})"))
}

/// What two conditions say of an entitlement.
fn entitlement(load: &Filter, value: &Filter, world: &World) -> Option<String> {
    let Filter::Test(load) = load else {
        return None;
    };
    let (Argument::Text(name), "%entitlement-load") =
        (&load.argument, world.filter(load.filter).name.as_str())
    else {
        return None;
    };
    Some(required(name, &values(value, world)?))
}

/// What is asked about the value of an entitlement.
fn required(name: &[u8], value: &str) -> String {
    let name = quote(name);
    match value {
        "(entitlement-value #t)" => format!("(require-entitlement {name})"),
        value => format!("(require-entitlement {name} {value})"),
    }
}

/// What a filter says of the value of an entitlement, if it is about nothing else.
fn values(filter: &Filter, world: &World) -> Option<String> {
    let (word, inner) = match filter {
        Filter::Test(test) => return value_of(test.filter, test.argument.plain(), world),
        Filter::Any(inner) => ("require-any", inner.as_slice()),
        Filter::All(inner) => ("require-all", inner.as_slice()),
        Filter::Not(inner) => ("require-not", std::slice::from_ref(&**inner)),
    };
    let each = inner.iter().map(|one| values(one, world));
    let each: Vec<String> = each.collect::<Option<_>>()?;
    (!each.is_empty()).then(|| format!("({word} {})", each.join(" ")))
}

/// What a test says of the value of an entitlement.
fn value_of(filter: FilterId, value: &Argument, world: &World) -> Option<String> {
    let of = world.filter(filter).name.as_str();
    match (value, of) {
        (Argument::Bool(truth), "%entitlement-boolean") => Some(format!(
            "(entitlement-value {})",
            if *truth { "#t" } else { "#f" }
        )),
        // There is no form for it but as an expression.
        (Argument::Pattern(Pattern::Prefix(start)), "%entitlement-string") => {
            let source = quote_regex(&[b"^", regex_of(start).as_slice()].concat());
            Some(format!("(entitlement-value-regex {source})"))
        }
        (_, "%entitlement-string") => {
            let mut text = String::new();
            let argument = value.clone();
            put_test(
                &Test { filter, argument },
                &Place::default(),
                world,
                &mut text,
            );
            ["", "-regex"].into_iter().find_map(|form| {
                let value = text.strip_prefix(&format!("(%entitlement-string{form} "))?;
                Some(format!("(entitlement-value{form} {value}"))
            })
        }
        _ => None,
    }
}

fn put_test(test: &Test, place: &Place, world: &World, out: &mut String) {
    let info = world.filter(test.filter);
    let _ = match &test.argument {
        Argument::Pattern(pattern) => {
            let (suffix, text) = match pattern {
                Pattern::Literal(text) => ("literal", quote(text)),
                Pattern::Prefix(text) => ("prefix", quote(text)),
                // Names other than paths have no such form.
                Pattern::Subpath(text) if info.kind != ArgumentKind::PathPattern => {
                    ("regex", quote_regex(&regex_below(text)))
                }
                Pattern::Subpath(text) => ("subpath", quote(text)),
                Pattern::Regex(regex) => ("regex", quote_regex(regex.source())),
            };
            // Profiles have the other name for a prefix even there.
            let word = match pattern {
                Pattern::Prefix(_) => &info.name,
                _ => place.word(info, world),
            };
            let name = with_suffix(word, info.kind, suffix);
            write!(out, "({name} {text})")
        }
        Argument::Integer(number) => match world.number_name(info, *number, &place.beside) {
            Some(name) => write!(out, "({} {name})", info.name),
            None => write!(out, "({} {number})", info.name),
        },
        Argument::Bits(bits) => write!(out, "({} #o{bits:04o})", info.name),
        Argument::Text(text) => write!(out, "({} {})", info.name, quote(text)),
        Argument::Bool(truth) => {
            write!(out, "({} {})", info.name, if *truth { "#t" } else { "#f" })
        }
        Argument::Network(pattern) => {
            write!(out, "({} {pattern})", info.name)
        }
        Argument::Entitlement { name, value } => {
            let value = value_of(test.filter, value, world);
            let text = value.map(|value| required(name, &value));
            out.push_str(&text.unwrap_or_default());
            Ok(())
        }
    };
}

/// The form of a filter, by its name, for a kind of pattern: plain words for paths, suffixes for all
/// others.
pub(crate) fn with_suffix(name: &str, kind: ArgumentKind, suffix: &str) -> String {
    match (name, kind, suffix) {
        ("path", ArgumentKind::PathPattern, _) => suffix.to_owned(),
        (name, _, "literal") => name.to_owned(),
        (name, _, _) => format!("{name}-{suffix}"),
    }
}
