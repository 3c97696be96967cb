//! Filter forms.

use std::collections::BTreeSet;

use lapbelt_policy::filter::{Argument, Filter, Host as NetHost, NetworkPattern, Protocol, Test};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Syntax;
use lapbelt_policy::rule::RuleFilter;
use lapbelt_policy::world::{ArgumentKind, FilterId, FilterInfo};

use super::alternatives::Alternatives;
use super::{Binder, Object, Shape, address, string, takes};
use crate::diag::{Code, Diagnostic};
use crate::eval::call::Call;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;
use crate::eval::value::Value;

impl Binder<'_> {
    /// `(NAME value…)`: one alternative for each value.
    pub(super) fn filter(
        &mut self,
        id: FilterId,
        shape: Shape,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let info = self.world.filter(id);
        if info.kind == ArgumentKind::Network {
            return self.network(info, call, heap);
        }
        if call.arguments.is_empty() {
            if info.kind != ArgumentKind::Bool {
                let message = format!("filter `{}` needs a value", takes::written_name(info));
                let mistake = Mistake::new(Code::ArgumentCount, message);
                return Err(mistake.help(takes::by_filter(info, shape)));
            }
            let filter = test(id, Argument::Bool(true));
            return self.filter_object(filter, call.site, heap);
        }
        let mut alternatives = Vec::with_capacity(call.arguments.len());
        let places: Vec<_> = call.places(heap).take(call.arguments.len()).collect();
        for (at, (value, place)) in call.arguments.iter().zip(places).enumerate() {
            let argument = self
                .argument(info, shape, *value, place.or(call.site), heap)
                .map_err(|mistake| mistake.at(at))?;
            // The whole form is the filter when it has one value.
            let origin = if call.arguments.len() == 1 {
                call.site
            } else {
                place
            };
            alternatives.push(RuleFilter {
                filter: test(id, argument),
                origin,
            });
        }
        self.alternatives_object(alternatives, heap)
    }

    fn argument(
        &mut self,
        info: &FilterInfo,
        shape: Shape,
        value: Value,
        site: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Argument, Mistake> {
        match (info.kind, value) {
            (ArgumentKind::PathPattern | ArgumentKind::Pattern, Value::String(id)) => self
                .pattern(shape, heap.bytes(id).to_vec(), site, heap)
                .map(Argument::Pattern),
            (ArgumentKind::Text, Value::String(id)) => Ok(Argument::Text(heap.bytes(id).to_vec())),
            (ArgumentKind::Bool, Value::Bool(truth)) => Ok(Argument::Bool(truth)),
            (ArgumentKind::Bits, Value::Integer(bits)) => match u64::try_from(bits) {
                Ok(bits) => Ok(Argument::Bits(bits)),
                Err(_) => {
                    let mistake = Mistake::new(Code::OutOfRange, "bits cannot be negative");
                    Err(mistake.help(takes::by_filter(info, shape)))
                }
            },
            (ArgumentKind::Integer, Value::Integer(number)) => Ok(Argument::Integer(number)),
            (ArgumentKind::Integer, Value::Symbol(name)) => self.named_value(info, heap.name(name)),
            (ArgumentKind::Integer, Value::String(name)) => {
                self.named_value(info, &String::from_utf8_lossy(heap.bytes(name)))
            }
            _ => Err(wrong_value(info, shape, value)),
        }
    }

    fn pattern(
        &mut self,
        shape: Shape,
        text: Vec<u8>,
        site: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Pattern, Mistake> {
        Ok(match shape {
            Shape::Exact => Pattern::Literal(text),
            Shape::Prefix => Pattern::Prefix(text),
            Shape::Subpath => Pattern::Subpath(text),
            Shape::Regex => {
                let regex = self.regex(&text, heap)?;
                if let Some(at) = Syntax::repeats_nothing(regex.source()) {
                    let message = format!(
                        "nothing stands before the sign to repeat (at byte {at}): what a system \
                         makes of that is not known, and here it repeats nothing"
                    );
                    self.note(Diagnostic::warning(Code::BadRegex, message, site));
                }
                Pattern::Regex(regex)
            }
        })
    }

    fn named_value(&self, info: &FilterInfo, name: &str) -> Result<Argument, Mistake> {
        let named = info
            .values
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, number)| *number);
        named
            .or_else(|| self.world.constant(name))
            .map(Argument::Integer)
            .ok_or_else(|| {
                let message = format!("`{name}` is no value of filter `{}`", info.name);
                let mut mistake = Mistake::new(Code::UnknownValue, message);
                mistake.help = takes::instead(info, name);
                mistake
            })
    }

    /// `(remote ip "HOST:PORT" …)`, `(remote unix-socket)`, `(remote unix-socket FILTER …)`.
    fn network(
        &mut self,
        info: &FilterInfo,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let word = match call.arguments.first() {
            Some(Value::Symbol(word)) => heap.name(*word).to_owned(),
            Some(other) => return Err(wrong_value(info, Shape::Exact, *other).at(0)),
            None => {
                let message = format!("filter `{}` needs a protocol", info.name);
                return Err(Mistake::new(Code::ArgumentCount, message).help(format!(
                    "write `({} ip)` for every internet address",
                    info.name
                )));
            }
        };
        let Some(protocol) = address::protocol(&word) else {
            let message = format!("`{word}` is no protocol of filter `{}`", info.name);
            let mut mistake = Mistake::new(Code::UnknownValue, message).at(0);
            mistake.help = takes::instead(info, &word);
            return Err(mistake);
        };
        let rest = &call.arguments[1..];
        let mut alternatives = Vec::new();
        for (at, value) in rest.iter().enumerate().map(|(at, value)| (at + 1, value)) {
            let place = if rest.len() == 1 {
                call.site
            } else {
                call.place(heap, at)
            };
            if protocol == Protocol::Unix {
                match self.as_object(*value, heap) {
                    Some(Object::Filter(filters)) => {
                        alternatives.extend(filters.filters().iter().cloned())
                    }
                    _ => {
                        let message = format!("expected path filter, got {}", value.kind());
                        return Err(Mistake::wrong_type(message).at(at));
                    }
                }
                continue;
            }
            let text = string(call, heap, at, "network address")?;
            let pattern = address::address(protocol, text).map_err(|mistake| mistake.at(at))?;
            let filter = test(info.id, Argument::Network(pattern));
            alternatives.push(RuleFilter {
                filter,
                origin: place,
            });
        }
        if rest.is_empty() {
            let pattern = NetworkPattern {
                protocol,
                host: NetHost::Any,
                port: None,
            };
            let filter = test(info.id, Argument::Network(pattern));
            alternatives.push(RuleFilter {
                filter,
                origin: call.site,
            });
        }
        self.alternatives_object(alternatives, heap)
    }

    /// The filter arguments of a call, each with its alternatives.
    fn filters(&self, call: &Call<'_>, heap: &Heap) -> Result<Vec<Alternatives>, Mistake> {
        let mut all = Vec::with_capacity(call.arguments.len());
        for (at, value) in call.arguments.iter().enumerate() {
            match self.as_object(*value, heap) {
                Some(Object::Filter(alternatives)) => all.push(alternatives.clone()),
                Some(other) => {
                    let message = format!("expected filter, got {}", other.head());
                    return Err(Mistake::new(Code::IllegalArgument, message).at(at));
                }
                None => {
                    let message = format!("expected filter, got {}", value.kind());
                    return Err(Mistake::new(Code::IllegalArgument, message).at(at));
                }
            }
        }
        Ok(all)
    }

    pub(super) fn require_any(
        &mut self,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let all = self.filters(call, heap)?;
        let alternatives = all
            .iter()
            .flat_map(Alternatives::filters)
            .cloned()
            .collect();
        self.alternatives_object(alternatives, heap)
    }

    pub(super) fn require_all(
        &mut self,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let all = self
            .filters(call, heap)?
            .iter()
            .map(Alternatives::any)
            .collect();
        self.filter_object(Filter::All(all), call.site, heap)
    }

    pub(super) fn require_not(
        &mut self,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let filters = self.filters(call, heap)?;
        if filters.is_empty() {
            let mistake = Mistake::new(Code::ArgumentCount, "`require-not` needs a filter");
            return Err(mistake.help("write `(require-not (FILTER …))`"));
        }
        let all = filters
            .iter()
            .flat_map(Alternatives::filters)
            .cloned()
            .collect();
        let inner = Alternatives::new(all, heap)?.any();
        self.filter_object(Filter::Not(Box::new(inner)), call.site, heap)
    }

    /// `(%of-entitlement FILTER)`: the filter.
    pub(super) fn of_entitlement(
        &mut self,
        call: &Call<'_>,
        heap: &Heap,
    ) -> Result<Value, Mistake> {
        let filters = self.filters(call, heap);
        filters.map_err(|mistake| mistake.help(takes::ENTITLEMENT))?;
        Ok(call.arguments.first().copied().unwrap_or(Value::Nil))
    }

    /// `(path-ancestors P…)`: every directory above P, from `/` down.
    pub(super) fn path_ancestors(
        &mut self,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let Some(info) = self.world.filter_named("path") else {
            return Err(Mistake::new(
                Code::UnknownFilter,
                "this world has no path filter",
            ));
        };
        let mut alternatives: Vec<RuleFilter> = Vec::new();
        let mut known: BTreeSet<&[u8]> = BTreeSet::new();
        let mut bytes = 0;
        for at in 0..call.arguments.len() {
            let Value::String(id) = call.arguments[at] else {
                return Err(wrong_value(info, Shape::Exact, call.arguments[at]).at(at));
            };
            let path = heap.bytes(id);
            if !path.starts_with(b"/") && !path.starts_with(b"${") {
                let message = "`path-ancestors` takes absolute paths";
                return Err(Mistake::new(Code::OutOfRange, message).at(at));
            }
            let slashes = path
                .iter()
                .enumerate()
                .filter(|(_, b)| **b == b'/')
                .map(|(i, _)| i);
            let root = std::iter::once(&b"/"[..]);
            let above = slashes.filter(|i| *i > 0).map(|i| &path[..i]);
            for ancestor in root.chain(above) {
                if known.insert(ancestor) {
                    bytes += ancestor.len();
                    // A path of many components has ancestors of many times its length.
                    heap.check_room(bytes)?;
                    let pattern = Pattern::Literal(ancestor.to_vec());
                    alternatives.push(RuleFilter {
                        filter: test(info.id, Argument::Pattern(pattern)),
                        origin: call.site,
                    });
                }
            }
        }
        self.alternatives_object(alternatives, heap)
    }
}

fn test(filter: FilterId, argument: Argument) -> Filter {
    Filter::Test(Test { filter, argument })
}

fn wrong_value(info: &FilterInfo, shape: Shape, value: Value) -> Mistake {
    let expected = match info.kind {
        ArgumentKind::PathPattern | ArgumentKind::Pattern => "pattern",
        ArgumentKind::Text => "string",
        ArgumentKind::Integer => "integer",
        ArgumentKind::Bits => "bits",
        ArgumentKind::Bool => "boolean",
        ArgumentKind::Network => "network address",
    };
    let mistake = Mistake::wrong_type(format!(
        "invalid data type of {} filter; expected {expected}, got {}",
        takes::written_name(info),
        value.kind()
    ));
    // A text can be the name of a number.
    let takes_text = match info.kind {
        ArgumentKind::PathPattern | ArgumentKind::Pattern | ArgumentKind::Text => true,
        ArgumentKind::Integer => !info.values.is_empty(),
        ArgumentKind::Bits | ArgumentKind::Bool | ArgumentKind::Network => false,
    };
    let help = takes::by_filter(info, shape);
    mistake.wants_text(takes_text).help(help)
}
