//! Nodes to an automaton that is in one state at a time.
//!
//! A state is the set of nodes that wait for a byte. As many sets as an expression has subsets of
//! nodes may be needed, so that all that is done is counted, and refused beyond a limit.

use rustc_hash::FxHashMap;

use super::nodes::{Node, NodeId, Nodes};

/// Most steps one expression may take: nodes looked at, and entries of the table. The costliest
/// expression of the profiles that systems ship takes less than a hundredth.
pub(super) const MAX_STEPS: usize = 4_000_000;

/// Most entries of the table.
const MAX_ENTRIES: usize = 1 << 20;

/// An expression needs more than [`MAX_STEPS`] or too large a table.
pub(super) struct TooLarge;

/// A state: where its row starts in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State(u32);

/// Searches a text for an expression, byte by byte.
pub(crate) struct Automaton {
    /// A row for each state: the state after a byte of each class, then whether a match is found if
    /// the text ends here, 0 if not. The first row is the state after which nothing is found, the second the
    /// one in which all is.
    table: Vec<u32>,
    classes: [u8; 256],
    width: usize,
    start: State,
    steps: usize,
}

impl Automaton {
    pub(super) fn new(nodes: &Nodes) -> Result<Self, TooLarge> {
        Building::new(nodes).all()
    }

    /// Nothing read.
    pub(crate) fn start(&self) -> State {
        self.start
    }

    /// One byte more.
    pub(crate) fn step(&self, state: State, byte: u8) -> State {
        State(self.table[state.0 as usize + usize::from(self.class(byte))])
    }

    /// The class of a byte: bytes of one class lead to the same state from each.
    pub(crate) fn class(&self, byte: u8) -> u8 {
        self.classes[usize::from(byte)]
    }

    /// Whether a match was found.
    pub(crate) fn has_found(&self, state: State) -> bool {
        state.0 as usize == self.width
    }

    /// Whether none will be.
    pub(crate) fn is_dead(&self, state: State) -> bool {
        state.0 == 0
    }

    /// Whether a match was found if the text ends here.
    pub(crate) fn finds_at_end(&self, state: State) -> bool {
        self.table[state.0 as usize + self.width - 1] != 0
    }

    /// The number of a state, counted from 0.
    pub(crate) fn number(&self, state: State) -> usize {
        state.0 as usize / self.width
    }

    /// How many bytes it takes at least until a match is found, by number of state; `None` if none
    /// will be.
    pub(crate) fn distances(&self) -> Vec<Option<usize>> {
        let rows = || self.table.chunks_exact(self.width);
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); rows().len()];
        let mut distances = vec![None; before.len()];
        let mut nearest = Vec::new();
        for (number, row) in rows().enumerate() {
            let (ends, next) = row.split_last().unwrap_or((&0, &[]));
            for next in next {
                before[*next as usize / self.width].push(number);
            }
            if *ends != 0 {
                distances[number] = Some(0);
                nearest.push(number);
            }
        }
        let mut at = 0;
        while let Some(number) = nearest.get(at).copied() {
            at += 1;
            let further = distances[number].map(|far: usize| far + 1);
            for number in std::mem::take(&mut before[number]) {
                if distances[number].is_none() {
                    distances[number] = further;
                    nearest.push(number);
                }
            }
        }
        distances
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        for byte in text {
            if state.0 as usize <= self.width {
                break;
            }
            state = self.step(state, *byte);
        }
        self.finds_at_end(state)
    }

    pub(super) fn size(&self) -> usize {
        size_of_val(self) + size_of_val(self.table.as_slice())
    }

    pub(super) fn steps(&self) -> usize {
        self.steps
    }
}

/// What a state is made of: nodes that wait for a byte, in order, and whether a match is found if
/// none comes.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Waiting {
    nodes: Box<[NodeId]>,
    finds_at_end: bool,
}

struct Building<'n> {
    nodes: &'n Nodes,
    automaton: Automaton,
    known: FxHashMap<Waiting, State>,
    /// States whose rows are not filled in.
    open: Vec<(State, Waiting)>,
    /// The round in which each node was seen last.
    seen: Vec<usize>,
    round: usize,
}

impl<'n> Building<'n> {
    fn new(nodes: &'n Nodes) -> Self {
        let width = usize::from(nodes.classes[0xff]) + 2;
        let mut table = vec![0; width];
        table.extend(vec![width as u32; width]);
        Self {
            nodes,
            automaton: Automaton {
                table,
                classes: nodes.classes,
                width,
                start: State(0),
                steps: 0,
            },
            known: FxHashMap::default(),
            open: Vec::new(),
            seen: vec![0; nodes.nodes.len()],
            round: 0,
        }
    }

    fn all(mut self) -> Result<Automaton, TooLarge> {
        self.automaton.start = self.enter(&[], true)?;
        let mut after = Vec::new();
        while let Some((state, waiting)) = self.open.pop() {
            for class in 0..=self.nodes.classes[0xff] {
                after.clear();
                self.count(1 + waiting.nodes.len())?;
                for node in &waiting.nodes {
                    if let Node::Byte(set, next) = self.nodes.nodes[*node as usize]
                        && set.contains(class)
                    {
                        after.push(next);
                    }
                }
                let next = self.enter(&after, false)?;
                self.automaton.table[state.0 as usize + usize::from(class)] = next.0;
            }
        }
        Ok(self.automaton)
    }

    fn count(&mut self, steps: usize) -> Result<(), TooLarge> {
        self.automaton.steps += steps;
        if self.automaton.steps > MAX_STEPS {
            return Err(TooLarge);
        }
        Ok(())
    }

    /// The state in which some nodes are reached, and the expression starts anew.
    fn enter(&mut self, reached: &[NodeId], at_start: bool) -> Result<State, TooLarge> {
        let starts = reached.iter().copied().chain([self.nodes.start]).collect();
        let Some(reached) = self.walk(starts, at_start, false)? else {
            return Ok(State(self.automaton.width as u32));
        };
        let finds_at_end =
            !reached.ends.is_empty() && self.walk(reached.ends, at_start, true)?.is_none();
        if reached.waits.is_empty() && !finds_at_end {
            return Ok(State(0));
        }
        let mut nodes = reached.waits;
        nodes.sort_unstable();
        let waiting = Waiting {
            nodes: nodes.into(),
            finds_at_end,
        };
        if let Some(state) = self.known.get(&waiting) {
            return Ok(*state);
        }
        let table = &mut self.automaton.table;
        let state = State(table.len() as u32);
        table.resize(table.len() + self.automaton.width, 0);
        if table.len() > MAX_ENTRIES {
            return Err(TooLarge);
        }
        if let Some(last) = table.last_mut() {
            *last = u32::from(finds_at_end);
        }
        self.known.insert(waiting.clone(), state);
        self.open.push((state, waiting));
        Ok(state)
    }

    /// What is reached without a byte; `None` if a match is.
    fn walk(
        &mut self,
        mut open: Vec<NodeId>,
        at_start: bool,
        at_end: bool,
    ) -> Result<Option<Reached>, TooLarge> {
        self.round += 1;
        let mut reached = Reached::default();
        while let Some(id) = open.pop() {
            self.count(1)?;
            if std::mem::replace(&mut self.seen[id as usize], self.round) == self.round {
                continue;
            }
            match self.nodes.nodes[id as usize] {
                Node::Byte(..) => reached.waits.push(id),
                Node::Split(one, other) => open.extend([one, other]),
                Node::Start(next) if at_start => open.push(next),
                Node::Start(_) => {}
                Node::End(next) if at_end => open.push(next),
                Node::End(_) => reached.ends.push(id),
                Node::Accept => return Ok(None),
            }
        }
        Ok(Some(reached))
    }
}

/// Nodes at which it only goes on with a byte, or the end of the text.
#[derive(Default)]
struct Reached {
    waits: Vec<NodeId>,
    ends: Vec<NodeId>,
}
