//! All texts, cut into classes that no pattern of a set tells apart.

mod member;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Set, TooComplex};
use crate::filter::Argument;
use crate::pattern::Pattern;
use crate::pattern::regex::{Automaton, State as Progress};
pub(super) use member::member;
use shape::Form;
pub(super) use shape::Shape;

/// Steps one cutting may take: so many, and so many more for each test.
const LIMIT: usize = 10_000_000;
const EACH: usize = 5_000;

/// A test of a text, with its number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'t> {
    Equals(&'t [u8]),
    Pattern(&'t Pattern),
}

impl<'t> Question<'t> {
    /// What a test asks of a text, if it asks about one.
    pub(super) fn of(argument: &'t Argument) -> Option<Self> {
        match argument {
            Argument::Pattern(pattern) => Some(Self::Pattern(pattern)),
            Argument::Text(text) => Some(Self::Equals(text)),
            _ => None,
        }
    }
}

/// The tests that ask about a text, with their numbers.
pub(super) fn questions<'t>(tests: &[&'t Argument]) -> Vec<(u32, Question<'t>)> {
    let numbered = (0_u32..).zip(tests.iter().copied());
    numbered
        .filter_map(|(at, argument)| Some((at, Question::of(argument)?)))
        .collect()
}

/// For each combination of tests that some text makes, the shortest such text. In order of length,
/// but the empty text comes last.
pub(super) fn classes(
    questions: &[(u32, Question<'_>)],
    shape: Shape<'_>,
) -> Result<Vec<(Set, Vec<u8>)>, TooComplex> {
    let limit = LIMIT + EACH * questions.len();
    Machine::new(questions, shape).run(limit)
}

/// A byte of the texts that patterns name, one node for each of their starts.
#[derive(Default)]
struct Node {
    next: BTreeMap<u8, u32>,
    /// Tests that hold for a text that ends here.
    at_end: Vec<u32>,
    /// Tests that hold for any text that gets here.
    from_here: Vec<u32>,
    /// Tests that hold for any text that goes on with `/`.
    below: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

/// What tests say of the start of a text.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Track {
    node: u32,
    /// Tests that hold however the text goes on.
    matched: Set,
    /// Expressions still undecided, with their state.
    live: Box<[(u32, Progress)]>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct State {
    form: Form,
    own: Track,
    /// Of the same place under a long spelling. It is one only if the text ends or goes on with `/`
    /// behind the short one.
    other: Option<Track>,
}

impl State {
    fn tracks(&self) -> impl Iterator<Item = &Track> {
        std::iter::once(&self.own).chain(&self.other)
    }
}

/// All texts and what a set of tests says of them, one byte after the other.
pub(super) struct Machine<'t> {
    shape: Shape<'t>,
    nodes: Vec<Node>,
    /// Expressions with the number of their test.
    regexes: Vec<(u32, &'t Automaton)>,
    /// Bytes that no expression tells apart, nicest first.
    groups: Vec<Vec<u8>>,
    /// The nodes of short spellings and of their long ones.
    aliases: Vec<(u32, u32)>,
}

impl<'t> Machine<'t> {
    pub(super) fn new(questions: &[(u32, Question<'t>)], shape: Shape<'t>) -> Self {
        let mut machine = Self {
            shape,
            nodes: vec![Node::default()],
            regexes: Vec::new(),
            groups: Vec::new(),
            aliases: Vec::new(),
        };
        for (test, question) in questions {
            match question {
                Question::Equals(text) => machine.node(text).at_end.push(*test),
                Question::Pattern(Pattern::Literal(text)) => {
                    machine.node(text).at_end.push(*test);
                }
                Question::Pattern(Pattern::Prefix(text)) => {
                    machine.node(text).from_here.push(*test);
                }
                Question::Pattern(Pattern::Subpath(base)) if base.ends_with(b"/") => {
                    machine.node(base).from_here.push(*test);
                }
                Question::Pattern(Pattern::Subpath(base)) => {
                    let node = machine.node(base);
                    node.at_end.push(*test);
                    node.below.push(*test);
                }
                Question::Pattern(Pattern::Regex(regex)) => {
                    machine.regexes.push((*test, regex.automaton()));
                }
            }
        }
        let mut groups: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for byte in (0..=u8::MAX).filter(|byte| shape.has(*byte)) {
            let told = machine.regexes.iter().map(|r| r.1.class(byte));
            groups.entry(told.collect()).or_default().push(byte);
        }
        machine.groups = groups.into_values().collect();
        for group in &mut machine.groups {
            group.sort_by_key(|byte| ugliness(*byte));
        }
        for alias in shape.aliases() {
            let [short, long] = [&alias.short, &alias.long].map(|text| machine.at(text.as_bytes()));
            machine.aliases.push((short, long));
        }
        machine
    }

    fn node(&mut self, text: &[u8]) -> &mut Node {
        let at = self.at(text);
        &mut self.nodes[at as usize]
    }

    /// The number of a text's node, made as needed.
    fn at(&mut self, text: &[u8]) -> u32 {
        let mut at = 0;
        for byte in text {
            let fresh = self.nodes.len() as u32;
            at = *self.nodes[at as usize].next.entry(*byte).or_insert(fresh);
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        at
    }

    /// How many bytes lead from each node on the way to a text's node.
    fn way_to(&mut self, text: &[u8]) -> FxHashMap<u32, usize> {
        let lengths = 0..=text.len();
        lengths
            .map(|length| (self.at(&text[..length]), text.len() - length))
            .collect()
    }

    /// Whether what was read may get another spelling as it goes on.
    fn may_get_another(&self, state: &State) -> bool {
        let mut aliases = self.shape.aliases().iter();
        aliases.any(|alias| {
            let mut at = Some(0);
            alias.short.bytes().any(|byte| {
                let here = at;
                at = at.and_then(|at: u32| self.nodes[at as usize].next.get(&byte).copied());
                here == Some(state.own.node)
            })
        })
    }

    /// Nothing read.
    pub(super) fn start(&self) -> State {
        State {
            form: match self.shape {
                Shape::Path { .. } => Form::Start,
                Shape::Name => Form::Name,
            },
            own: self.start_of_track(),
            other: None,
        }
    }

    fn start_of_track(&self) -> Track {
        let mut matched = Set::default();
        for test in &self.nodes[0].from_here {
            matched.insert(*test);
        }
        let mut live = Vec::new();
        for (at, (test, automaton)) in (0..).zip(&self.regexes) {
            if automaton.has_found(automaton.start()) {
                matched.insert(*test);
            } else {
                live.push((at, automaton.start()));
            }
        }
        Track {
            node: 0,
            matched,
            live: live.into(),
        }
    }

    /// One byte more; `None` if no text goes on so.
    pub(super) fn step(&self, state: &State, byte: u8) -> Option<State> {
        let form = state.form.step(byte, self.shape)?;
        let is_slash = byte == b'/';
        if is_slash && self.is_long(state) {
            return None;
        }
        let own = self.go_on(&state.own, byte);
        let other = match &state.other {
            Some(other) if is_slash || !self.is_short(state) => Some(self.go_on(other, byte)),
            _ => self.long_of(own.node),
        };
        Some(State { form, own, other })
    }

    fn go_on(&self, track: &Track, byte: u8) -> Track {
        let mut matched = track.matched.clone();
        let mut node = NOWHERE;
        if let Some(here) = self.nodes.get(track.node as usize) {
            if byte == b'/' {
                here.below.iter().for_each(|test| matched.insert(*test));
            }
            if let Some(next) = here.next.get(&byte) {
                node = *next;
                let next = &self.nodes[*next as usize];
                next.from_here.iter().for_each(|test| matched.insert(*test));
            }
        }
        let mut live = Vec::with_capacity(track.live.len());
        for (at, old) in &track.live {
            let (test, automaton) = self.regexes[*at as usize];
            let new = automaton.step(*old, byte);
            if automaton.has_found(new) {
                matched.insert(test);
            } else if !automaton.is_dead(new) {
                live.push((*at, new));
            }
        }
        Track {
            node,
            matched,
            live: live.into(),
        }
    }

    /// The long spelling of what is short, if a node is of such.
    fn long_of(&self, node: u32) -> Option<Track> {
        let mut aliases = self.aliases.iter().zip(self.shape.aliases());
        let (_, alias) = aliases.find(|((short, _), _)| *short == node)?;
        let bytes = alias.long.bytes();
        Some(bytes.fold(self.start_of_track(), |track, byte| {
            self.go_on(&track, byte)
        }))
    }

    /// Whether what was read is just a short spelling.
    fn is_short(&self, state: &State) -> bool {
        self.aliases
            .iter()
            .any(|(short, _)| *short == state.own.node)
    }

    fn is_long(&self, state: &State) -> bool {
        self.aliases.iter().any(|(_, long)| *long == state.own.node)
    }

    /// Whether a text may end in a state.
    pub(super) fn may_end(&self, state: &State) -> bool {
        state.form.may_end() && !self.is_long(state)
    }

    /// The tests that hold however a text goes on.
    pub(super) fn matched(&self, state: &State) -> Set {
        let mut set = state.own.matched.clone();
        let other = state.other.iter().filter(|_| !self.is_short(state));
        other
            .flat_map(|track| track.matched.members())
            .for_each(|test| set.insert(test));
        set
    }

    /// The tests that hold for a text that ends in a state.
    pub(super) fn signature(&self, state: &State) -> Set {
        let mut set = Set::default();
        for track in state.tracks() {
            track.matched.members().for_each(|test| set.insert(test));
            if let Some(node) = self.nodes.get(track.node as usize) {
                node.at_end.iter().for_each(|test| set.insert(*test));
            }
            for (at, progress) in &track.live {
                let (test, automaton) = self.regexes[*at as usize];
                if automaton.finds_at_end(*progress) {
                    set.insert(test);
                }
            }
        }
        set
    }

    /// One byte of each kind that leads on from a state to different places, nicest first.
    pub(super) fn bytes(&self, state: &State) -> Vec<u8> {
        let nodes = || {
            state
                .tracks()
                .filter_map(|track| self.nodes.get(track.node as usize))
        };
        let has_live = state.tracks().any(|track| !track.live.is_empty());
        if nodes().next().is_none() && !has_live {
            // Nothing will change but the form.
            return match state.form {
                Form::Start => vec![b'/'],
                form if form.may_end() => Vec::new(),
                _ => vec![b'a'],
            };
        }
        let named = nodes().flat_map(|node| node.next.keys().copied());
        let mut special: BTreeSet<u8> = named.filter(|byte| self.shape.has(*byte)).collect();
        special.extend([b'/', b'.']);
        if state.form == Form::Start && self.shape.may_be_name() {
            special.insert(b'@');
        }
        let mut bytes: Vec<u8> = special.iter().copied().collect();
        if !has_live {
            let mut nicest = NICEST.iter();
            bytes.extend(nicest.find(|byte| self.shape.has(**byte) && !special.contains(byte)));
        } else {
            let nicest = |group: &Vec<u8>| group.iter().copied().find(|b| !special.contains(b));
            bytes.extend(self.groups.iter().filter_map(nicest));
        }
        bytes.sort_by_key(|byte| ugliness(*byte));
        bytes
    }

    fn run(&self, limit: usize) -> Result<Vec<(Set, Vec<u8>)>, TooComplex> {
        let start = Rc::new(self.start());
        let mut seen = FxHashSet::from_iter([start.clone()]);
        // States in order of their shortest text, with where they were reached from.
        let mut queue = vec![(start, 0_usize, 0_u8)];
        let mut found: FxHashSet<Set> = FxHashSet::default();
        let mut classes = Vec::new();
        let (mut at, mut steps) = (0, 0);
        while at < queue.len() {
            let state = queue[at].0.clone();
            if at > 0 && self.may_end(&state) {
                let signature = self.signature(&state);
                if found.insert(signature.clone()) {
                    classes.push((signature, text(&queue, at)));
                }
            }
            for byte in self.bytes(&state) {
                let sizes = state
                    .tracks()
                    .map(|track| track.live.len() + track.matched.members().len());
                steps += 8 + sizes.sum::<usize>();
                if steps > limit {
                    return Err(TooComplex);
                }
                if let Some(next) = self.step(&state, byte)
                    && !seen.contains(&next)
                {
                    let next = Rc::new(next);
                    seen.insert(next.clone());
                    queue.push((next, at, byte));
                }
            }
            at += 1;
        }
        if self.shape == Shape::Name {
            let signature = self.signature(&queue[0].0);
            if !found.contains(&signature) {
                classes.push((signature, Vec::new()));
            }
        }
        Ok(classes)
    }
}

/// The text that led to a state.
fn text(queue: &[(Rc<State>, usize, u8)], mut at: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while at > 0 {
        text.push(queue[at].2);
        at = queue[at].1;
    }
    text.reverse();
    text
}

/// Bytes for texts that nothing asks more of, by preference. More than any node or class can
/// exclude are not needed: what is left is found by [`ugliness`].
const NICEST: &[u8] = &{
    let mut all = [0_u8; 255];
    let mut filled = 0;
    let mut rank = 0;
    while rank < 7 {
        let mut byte = 1_u8;
        loop {
            if kind(byte) == rank {
                all[filled] = byte;
                filled += 1;
            }
            if byte == u8::MAX {
                break;
            }
            byte += 1;
        }
        rank += 1;
    }
    all
};

const fn kind(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 1,
        b'-' | b'_' | b'.' | b'/' => 3,
        0x21..=0x7e => 4,
        b' ' => 5,
        _ => 6,
    }
}

/// Small for bytes that read well in an example.
fn ugliness(byte: u8) -> (u8, u8) {
    (kind(byte), byte)
}
