//! Running a matching program over a text.

use std::collections::HashSet;

use super::Instruction;
use super::Program;

/// Where a run stands.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    /// Index of the next step.
    step: usize,
    /// Position in the text.
    at: usize,
    /// Whether the test before held.
    held: bool,
    /// Remembered positions.
    stack: Vec<usize>,
}

impl Program {
    /// Whether a text matches. `variables` gives the values of variables; a test for one without a
    /// value does not hold.
    ///
    /// Steps only lead forward, and no state is visited twice: the time is bounded by the product
    /// of the lengths of program and text, times what is remembered.
    pub fn matches(&self, text: &[u8], variables: &dyn Fn(u16) -> Option<Vec<u8>>) -> bool {
        let start = State {
            step: 0,
            at: 0,
            held: false,
            stack: Vec::new(),
        };
        let mut seen = HashSet::new();
        let mut waiting = vec![start];
        while let Some(state) = waiting.pop() {
            if !seen.insert(state.clone()) {
                continue;
            }
            let mut next = state.clone();
            next.step += 1;
            let rest = &text[state.at..];
            let mut test = |passed: Option<usize>| {
                next.held = passed.is_some();
                next.at += passed.unwrap_or(0);
            };
            match &self.steps[state.step].instruction {
                Instruction::Run(bytes) => test(rest.starts_with(bytes).then_some(bytes.len())),
                Instruction::Ranges { excluded, ranges } => {
                    let within = |byte| {
                        ranges
                            .iter()
                            .any(|(low, high)| (*low..=*high).contains(byte))
                    };
                    let passes = rest.first().is_some_and(|byte| within(byte) != *excluded);
                    test(passes.then_some(1));
                }
                Instruction::End => test(rest.is_empty().then_some(0)),
                Instruction::Variable(index) => {
                    let value = variables(*index).filter(|value| rest.starts_with(value));
                    test(value.map(|value| value.len()));
                }
                Instruction::ScanTo(wanted) => {
                    test(rest.iter().position(|byte| byte == wanted).map(|at| at + 1));
                }
                Instruction::SearchFor(wanted) => {
                    let places = rest.iter().enumerate().filter(|(_, byte)| *byte == wanted);
                    for (place, _) in places {
                        let mut found = next.clone();
                        found.held = true;
                        found.at += place + 1;
                        waiting.push(found);
                    }
                    if rest.contains(wanted) {
                        continue;
                    }
                    next.held = false;
                }
                Instruction::Require if state.held => {}
                Instruction::Require | Instruction::Fail => continue,
                Instruction::BranchUnless(_) if state.held => {}
                Instruction::BranchUnless(_) => next.step = self.target(state.step),
                Instruction::Accept => return true,
                Instruction::Push => next.stack.push(next.at),
                Instruction::Pop => drop(next.stack.pop()),
                Instruction::Restore => next.at = next.stack.last().copied().unwrap_or(next.at),
            }
            waiting.push(next);
        }
        false
    }
}
