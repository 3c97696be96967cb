//! Nondeterministic automata: what every version of the byte code is read into.

use crate::byte_set::ByteSet;

/// Condition of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// None.
    Free,
    /// The next byte is in the set, and is passed.
    Byte(ByteSet),
    /// The text starts here.
    Start,
    /// The text ends here.
    End,
}

/// States with their edges. State 0 is where a match starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Automaton {
    /// Edges of each state.
    pub(crate) edges: Vec<Vec<(Label, u32)>>,
    /// Which states accept, whatever follows.
    pub(crate) accepts: Vec<bool>,
}

impl Automaton {
    /// Adds a state without edges.
    pub(crate) fn add(&mut self, accepts: bool) -> u32 {
        self.edges.push(Vec::new());
        self.accepts.push(accepts);
        (self.edges.len() - 1) as u32
    }

    /// Whether a match is found anywhere in the text: in time linear in the text.
    pub(crate) fn finds(&self, text: &[u8]) -> bool {
        let mut current = States::new(self.edges.len());
        let mut next = States::new(self.edges.len());
        for at in 0..=text.len() {
            if !self.edges.is_empty() {
                current.add(0);
            }
            // Grows while it is walked: what is reached without a byte is reached now.
            let mut walked = 0;
            while let Some(&state) = current.list.get(walked) {
                walked += 1;
                if self.accepts[state as usize] {
                    return true;
                }
                for &(label, target) in &self.edges[state as usize] {
                    match label {
                        Label::Free => current.add(target),
                        Label::Start if at == 0 => current.add(target),
                        Label::End if at == text.len() => current.add(target),
                        Label::Byte(set) if text.get(at).is_some_and(|b| set.contains(*b)) => {
                            next.add(target);
                        }
                        _ => {}
                    }
                }
            }
            std::mem::swap(&mut current, &mut next);
            next.clear();
        }
        false
    }
}

/// A set of states that can be walked while it grows.
struct States {
    list: Vec<u32>,
    is_in: Vec<bool>,
}

impl States {
    fn new(count: usize) -> Self {
        Self {
            list: Vec::new(),
            is_in: vec![false; count],
        }
    }

    fn add(&mut self, state: u32) {
        let is_in = &mut self.is_in[state as usize];
        if !*is_in {
            *is_in = true;
            self.list.push(state);
        }
    }

    fn clear(&mut self) {
        for state in self.list.drain(..) {
            self.is_in[state as usize] = false;
        }
    }
}
