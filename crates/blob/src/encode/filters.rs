//! Filters to questions.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::num::NonZeroU16;

use lapbelt_policy::filter::{Argument, Filter, Host, NetworkPattern, Protocol, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::world::{ArgumentKind, FilterId, FilterInfo};

use super::error::{EncodeError, Problem};
use super::fidelity::Reason;
use super::graph::{Argument as Stored, Literal, NodeId, Question};
use super::lower::{Lowering, bits};
use super::pattern::{Alternative, Tail, Tree, parts};
use super::regex::plain;
use super::size::{LONGEST_PATTERN, PatternSize};
use crate::policy::value_bit;

/// A filter with the rule it is of.
pub(super) type Part<'f> = (&'f Filter, Option<u32>);

/// Filters that witnesses have beside a pattern or a number.
const WITNESSED: [&str; 7] = [
    "path",
    "control-name",
    "socket-domain",
    "socket-type",
    "socket-protocol",
    "target",
    "vnode-type",
];

/// What one question of a `require-any` asks.
enum Asking<'f> {
    /// Patterns over one filter.
    Patterns(FilterId, Vec<Alternative>, Option<u32>),
    /// Numbers of one filter.
    Numbers(FilterId, BTreeSet<u16>, Option<u32>),
    /// Anything else.
    Other(&'f Filter, Option<u32>),
}

impl Lowering<'_> {
    /// Leads to `matched` if one of the parts holds, and to `unmatched` if none does. Parts over
    /// one filter become one question where the world merges them, in the place of the first.
    pub(super) fn any(
        &mut self,
        parts: &[Part<'_>],
        matched: NodeId,
        unmatched: NodeId,
    ) -> Result<NodeId, EncodeError> {
        let mut questions: Vec<Asking<'_>> = Vec::new();
        let mut places = HashMap::new();
        let mut costs = Vec::new();
        let mut seen = HashSet::new();
        for (filter, rule) in alternatives(parts) {
            if !seen.insert(filter) {
                self.note(Reason::Repeated, rule);
                continue;
            }
            costs.push(filter.cost(self.world));
            match filter {
                Filter::Test(test) => {
                    self.merge(filter, test, rule, &mut questions, &mut places)?
                }
                _ => questions.push(Asking::Other(filter, rule)),
            }
        }
        if costs.windows(2).any(|pair| pair[0] != pair[1]) {
            let rule = parts.iter().find_map(|(_, rule)| *rule);
            self.note(Reason::MixedAlternatives, rule);
        }
        let mut node = unmatched;
        for question in questions.into_iter().rev() {
            node = match question {
                Asking::Other(filter, rule) => self.filter(filter, rule, matched, node)?,
                Asking::Patterns(id, patterns, rule) => {
                    for part in self.parts(id, patterns, rule).into_iter().rev() {
                        let question = self.patterns(id, &part, rule)?;
                        node = self.graph.question(question, matched, node);
                    }
                    node
                }
                Asking::Numbers(id, numbers, rule) => {
                    let question = self.numbers(id, &numbers, rule)?;
                    self.graph.question(question, matched, node)
                }
            };
        }
        Ok(node)
    }

    /// Adds a test to the questions of a `require-any`. `places` says where those stand that take
    /// more over a filter.
    fn merge<'f>(
        &mut self,
        filter: &'f Filter,
        test: &Test,
        rule: Option<u32>,
        questions: &mut Vec<Asking<'f>>,
        places: &mut HashMap<FilterId, usize>,
    ) -> Result<(), EncodeError> {
        let world = self.world;
        let info = world.filter(test.filter);
        let place = places.get(&info.id).copied();
        let known = place.and_then(|place| questions.get_mut(place));
        let asking = match &test.argument {
            Argument::Pattern(pattern) if info.merged => {
                match (self.alternative(info, pattern, rule), known) {
                    (Some(one), Some(Asking::Patterns(_, patterns, _))) => {
                        patterns.push(one);
                        return Ok(());
                    }
                    (Some(one), _) => Asking::Patterns(info.id, vec![one], rule),
                    (None, _) => Asking::Other(filter, rule),
                }
            }
            Argument::Integer(value) if info.merged => {
                let value = self.number(&info.name, *value, rule)?;
                match (value_bit(info, value), known) {
                    (None, _) => Asking::Other(filter, rule),
                    (Some(_), Some(Asking::Numbers(_, numbers, _))) => {
                        numbers.insert(value);
                        return Ok(());
                    }
                    (Some(_), _) => Asking::Numbers(info.id, BTreeSet::from([value]), rule),
                }
            }
            _ => {
                if known.is_some() {
                    self.note(Reason::Unmerged, rule);
                }
                Asking::Other(filter, rule)
            }
        };
        // A regular expression takes nothing more, and leaves the place to patterns that do.
        if !(info.merged && matches!(asking, Asking::Other(..))) {
            places.insert(info.id, questions.len());
        }
        questions.push(asking);
        Ok(())
    }

    /// Leads to `matched` if the filter holds and to `unmatched` if not.
    fn filter(
        &mut self,
        filter: &Filter,
        rule: Option<u32>,
        matched: NodeId,
        unmatched: NodeId,
    ) -> Result<NodeId, EncodeError> {
        match filter {
            Filter::Test(test) => {
                let question = self.test(test, rule)?;
                Ok(self.graph.question(question, matched, unmatched))
            }
            Filter::Any(inner) => {
                let parts: Vec<_> = inner.iter().map(|one| (one, rule)).collect();
                self.any(&parts, matched, unmatched)
            }
            Filter::All(inner) => self.all(inner, rule, matched, unmatched),
            Filter::Not(inner) => {
                let is_type = |test: &Test| self.world.filter(test.filter).name == "vnode-type";
                if !matches!(&**inner, Filter::Test(test) if is_type(test)) {
                    self.note(Reason::Negation, rule);
                }
                self.filter(inner, rule, unmatched, matched)
            }
        }
    }

    /// Leads to `matched` if all filters hold: `require-all` within `require-all` is one, and the
    /// filters with a higher cost factor are asked first.
    fn all(
        &mut self,
        filters: &[Filter],
        rule: Option<u32>,
        matched: NodeId,
        unmatched: NodeId,
    ) -> Result<NodeId, EncodeError> {
        let mut flat: Vec<&Filter> = Vec::new();
        let mut todo: VecDeque<&Filter> = filters.iter().collect();
        while let Some(filter) = todo.pop_front() {
            match filter {
                Filter::All(inner) => inner.iter().rev().for_each(|one| todo.push_front(one)),
                _ => flat.push(filter),
            }
        }
        let is_simple = |one: &&Filter| match one {
            Filter::Test(_) => true,
            Filter::Not(inner) => matches!(**inner, Filter::Test(_)),
            _ => false,
        };
        if flat.len() > 1 && !flat.iter().all(is_simple) {
            self.note(Reason::MixedRequirements, rule);
        }
        if flat.iter().collect::<HashSet<_>>().len() < flat.len() {
            self.note(Reason::Repeated, rule);
        }
        flat.sort_by_key(|filter| std::cmp::Reverse(filter.cost(self.world)));
        let mut node = matched;
        for filter in flat.into_iter().rev() {
            node = self.filter(filter, rule, node, unmatched)?;
        }
        Ok(node)
    }

    fn test(&mut self, test: &Test, rule: Option<u32>) -> Result<Question, EncodeError> {
        let world = self.world;
        let info = world.filter(test.filter);
        let argument = match (&test.argument, info.kind) {
            (Argument::Pattern(pattern), _) => {
                return match self.alternative(info, pattern, rule) {
                    Some(one) => self.patterns(info.id, &[one], rule),
                    None => self.regex(info, pattern, rule),
                };
            }
            (Argument::Integer(value), _) => {
                let number = self.number(&info.name, *value, rule)?;
                return self.numbers(info.id, &BTreeSet::from([number]), rule);
            }
            (Argument::Bits(value), _) => {
                self.note(Reason::Flag, rule);
                let value = i64::try_from(*value).unwrap_or(i64::MAX);
                Stored::Number(self.number(&info.name, value, rule)?)
            }
            (Argument::Bool(value), _) => {
                self.note(Reason::Flag, rule);
                Stored::Number(u16::from(*value))
            }
            (Argument::Text(text), ArgumentKind::Text) => {
                self.note(Reason::Text, rule);
                Stored::Literal(self.text(text, rule)?)
            }
            (Argument::Network(pattern), ArgumentKind::Network) => {
                self.note(Reason::Network, rule);
                let Some(host) = host(*pattern) else {
                    return self.any_path(info, rule);
                };
                let port = pattern.port.map_or(0, NonZeroU16::get);
                Stored::Literal(self.literal(Literal::Network(host, port), rule))
            }
            _ => return Err(self.error(Problem::Argument(info.name.clone()), rule)),
        };
        let filter = self.filter_number(info.id, rule)?;
        Ok(Question { filter, argument })
    }

    /// Asks for any path. That is how a unix-domain address without a path is stored: what has a
    /// path in the network is one.
    fn any_path(&mut self, info: &FilterInfo, rule: Option<u32>) -> Result<Question, EncodeError> {
        let Some(path) = self.world.filter_named("path") else {
            return Err(self.error(Problem::Argument(info.name.clone()), rule));
        };
        let every = Alternative {
            text: Vec::new(),
            tail: Tail::Anything,
        };
        self.patterns(path.id, &[every], rule)
    }

    /// A pattern for the prefix tree; `None` for a regular expression that says more than one.
    fn alternative(
        &mut self,
        info: &FilterInfo,
        pattern: &Pattern,
        rule: Option<u32>,
    ) -> Option<Alternative> {
        let (mut text, tail) = match pattern {
            Pattern::Literal(text) => (text.clone(), Tail::Nothing),
            // Nothing more is asked of what lies below a path that ends in a slash.
            Pattern::Subpath(text) if text.ends_with(b"/") => (text.clone(), Tail::Anything),
            Pattern::Subpath(text) => (text.clone(), Tail::Below),
            Pattern::Prefix(text) => (text.clone(), Tail::Anything),
            Pattern::Regex(regex) => {
                let plain = plain(regex)?;
                self.note(Reason::Regex, rule);
                plain
            }
        };
        if tail == Tail::Anything {
            self.note(Reason::Prefix, rule);
        }
        if text.is_empty() || info.kind == ArgumentKind::PathPattern && text[0] != b'/' {
            self.note(Reason::Relative, rule);
        }
        if text.windows(2).any(|two| two == b"${") {
            self.note(Reason::Variable, rule);
        }
        if self.lowers(info) {
            if !text.is_ascii() {
                self.note(Reason::LowerCase, rule);
            }
            text.make_ascii_lowercase();
        }
        Some(Alternative { text, tail })
    }

    /// Whether the patterns of a filter are stored in lower case.
    pub(super) fn lowers(&self, info: &FilterInfo) -> bool {
        info.kind == ArgumentKind::PathPattern && self.world.folds_paths()
    }

    /// Patterns of which any may hold, in parts that each fit into one program.
    fn parts(
        &mut self,
        id: FilterId,
        patterns: Vec<Alternative>,
        rule: Option<u32>,
    ) -> Vec<Vec<Alternative>> {
        let bytes = Tree::of(&patterns).program().len();
        if bytes <= LONGEST_PATTERN {
            return vec![patterns];
        }
        let parts = parts(patterns, LONGEST_PATTERN);
        if parts.len() > 1 {
            self.note(Reason::SplitPattern, rule);
            self.patterns.push(PatternSize {
                filter: id,
                rule,
                bytes,
                programs: parts.len(),
            });
        }
        parts
    }

    fn patterns(
        &mut self,
        id: FilterId,
        patterns: &[Alternative],
        rule: Option<u32>,
    ) -> Result<Question, EncodeError> {
        let tree = Tree::of(patterns);
        let is_path = self.world.filter(id).name == "path";
        if patterns.len() > 1 && !is_path {
            self.note(Reason::NamesTogether, rule);
        }
        let texts: BTreeSet<&[u8]> = patterns.iter().map(|one| one.text.as_slice()).collect();
        if tree.goes_on() || texts.len() < patterns.len() {
            self.note(Reason::PatternGoesOn, rule);
        }
        if tree.has_long_run() {
            self.note(Reason::LongRun, rule);
        }
        self.note_filter(id, rule);
        self.program(id, tree.program(), rule)
    }

    /// A question about a matching program.
    pub(super) fn program(
        &mut self,
        id: FilterId,
        program: Vec<u8>,
        rule: Option<u32>,
    ) -> Result<Question, EncodeError> {
        let filter = self.filter_number(id, rule)?;
        self.patterns.push(PatternSize {
            filter: id,
            rule,
            bytes: program.len(),
            programs: 1,
        });
        let literal = self.literal(Literal::Program(program), rule);
        let argument = Stored::Literal(literal);
        Ok(Question { filter, argument })
    }

    fn numbers(
        &mut self,
        id: FilterId,
        numbers: &BTreeSet<u16>,
        rule: Option<u32>,
    ) -> Result<Question, EncodeError> {
        let argument = match (numbers.first(), numbers.len()) {
            (Some(one), 1) => Stored::Number(*one),
            _ => {
                self.note(Reason::NumberMask, rule);
                let info = self.world.filter(id);
                let numbers = numbers.iter().filter_map(|number| value_bit(info, *number));
                let mask = Literal::Mask(bits(numbers));
                Stored::Mask(self.literal(mask, rule))
            }
        };
        self.note_filter(id, rule);
        let filter = self.filter_number(id, rule)?;
        Ok(Question { filter, argument })
    }

    /// Notes a filter by pattern or number that no witness has.
    fn note_filter(&mut self, id: FilterId, rule: Option<u32>) {
        if !WITNESSED.contains(&self.world.filter(id).name.as_str()) {
            self.note(Reason::Filter, rule);
        }
    }

    /// The number of a filter as a node has it, below the bit of the other form.
    pub(super) fn filter_number(&self, id: FilterId, rule: Option<u32>) -> Result<u8, EncodeError> {
        match u8::try_from(id.0) {
            Ok(number @ 0..=0x7f) => Ok(number),
            _ => {
                let name = self.world.filter(id).name.clone();
                Err(self.error(Problem::Vocabulary(name), rule))
            }
        }
    }
}

/// The parts of which any may hold, those of a `require-any` one by one.
pub(super) fn alternatives<'f>(parts: &[Part<'f>]) -> Vec<Part<'f>> {
    let mut flat = Vec::new();
    let mut todo: VecDeque<Part<'f>> = parts.iter().copied().collect();
    while let Some((filter, rule)) = todo.pop_front() {
        match filter {
            Filter::Any(inner) => add_first(inner, rule, &mut todo),
            // All of one is that one.
            Filter::All(inner) if inner.len() == 1 => add_first(inner, rule, &mut todo),
            _ => flat.push((filter, rule)),
        }
    }
    flat
}

fn add_first<'f>(filters: &'f [Filter], rule: Option<u32>, to: &mut VecDeque<Part<'f>>) {
    let backwards = filters.iter().rev();
    backwards.for_each(|one| to.push_front((one, rule)));
}

/// The host word of an address; none of an address without internet protocol.
fn host(pattern: NetworkPattern) -> Option<u16> {
    let protocol = match pattern.protocol {
        Protocol::Ip4 => 1,
        Protocol::Ip6 => 2,
        Protocol::Ip => 3,
        Protocol::Tcp4 => 5,
        Protocol::Tcp6 => 6,
        Protocol::Tcp => 7,
        Protocol::Udp4 => 9,
        Protocol::Udp6 => 10,
        Protocol::Udp => 11,
        Protocol::Unix => return None,
    };
    Some(match pattern.host {
        Host::Any => protocol,
        Host::Localhost => protocol | 0x100,
    })
}
