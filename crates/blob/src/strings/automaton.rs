//! Matching program to automaton, exactly.
//!
//! A state of the automaton is a set of runs of the program, each waiting for a byte: its next step
//! and the bytes it has read but not passed. A run that a byte decides goes on until it waits
//! again, accepts or fails.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use super::{ConvertError, Instruction, Program};
use crate::byte_set::ByteSet;
use crate::regex::automaton::{Automaton, Label};

/// Most states.
const MAX_STATES: usize = 20_000;
/// Most runs that one state may hold.
const MAX_RUNS: usize = 200;
/// Most bytes a run may have read ahead.
const MAX_AHEAD: usize = 1024;
/// Most steps that all runs may take together, and bytes they may carry along.
const MAX_WORK: usize = 500_000;

/// One run of the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Run {
    step: usize,
    held: bool,
    /// Bytes read from the position on, or from the first remembered one.
    ahead: Vec<u8>,
    /// Where in `ahead` the position is.
    at: usize,
    /// Remembered positions, in `ahead`.
    stack: Vec<usize>,
}

/// What a run does next.
enum Next {
    Accepts,
    Waits(Run),
    GoesOn(Vec<Run>),
}

/// How a test ends with the bytes read so far.
enum Test {
    Passes(usize),
    Fails,
    Waits,
}

/// The runs that wait, or that one has accepted.
type Settled = Option<BTreeSet<Run>>;

impl Program {
    /// An automaton of the texts that match, from their start to their end: a state accepts where
    /// the text may end, and leads to itself where it may go on as it likes.
    pub(crate) fn automaton(&self, variables: &Variables<'_>) -> Result<Automaton, ConvertError> {
        self.check_scans()?;
        Building {
            program: self,
            variables,
            classes: self.classes(variables),
            work: Cell::new(0),
        }
        .all()
    }

    /// A scan whose failure is not the end would have to be undone, however far it went.
    fn check_scans(&self) -> Result<(), ConvertError> {
        for (index, step) in self.steps.iter().enumerate() {
            let scans = matches!(
                step.instruction,
                Instruction::ScanTo(_) | Instruction::SearchFor(_)
            );
            let next = self.steps.get(index + 1).map(|next| &next.instruction);
            if scans && next != Some(&Instruction::Require) {
                return Err(ConvertError::OpenScan { at: step.at });
            }
        }
        Ok(())
    }

    /// Bytes that the program never tells apart, in sets; a member of each.
    fn classes(&self, variables: &Variables<'_>) -> Vec<(u8, ByteSet)> {
        let mut cuts: Vec<ByteSet> = Vec::new();
        for step in &self.steps {
            match &step.instruction {
                Instruction::Run(bytes) => cuts.extend(bytes.iter().map(|b| ByteSet::of(*b))),
                Instruction::Ranges { ranges, .. } => cuts.push(ByteSet::from_ranges(ranges)),
                Instruction::ScanTo(byte) | Instruction::SearchFor(byte) => {
                    cuts.push(ByteSet::of(*byte));
                }
                Instruction::Variable(index) => {
                    let value = variables(*index).unwrap_or_default();
                    cuts.extend(value.into_iter().map(ByteSet::of));
                }
                _ => {}
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut groups: HashMap<Vec<bool>, usize> = HashMap::new();
        let mut classes: Vec<(u8, ByteSet)> = Vec::new();
        for byte in 0..=255 {
            let key = cuts.iter().map(|cut| cut.contains(byte)).collect();
            let next = classes.len();
            let group = *groups.entry(key).or_insert(next);
            match classes.get_mut(group) {
                Some((_, set)) => *set = set.or(ByteSet::of(byte)),
                None => classes.push((byte, ByteSet::of(byte))),
            }
        }
        classes
    }
}

/// Gives the values of variables.
pub(crate) type Variables<'v> = dyn Fn(u16) -> Option<Vec<u8>> + 'v;

struct Building<'p> {
    program: &'p Program,
    variables: &'p Variables<'p>,
    classes: Vec<(u8, ByteSet)>,
    work: Cell<usize>,
}

impl Building<'_> {
    fn all(&self) -> Result<Automaton, ConvertError> {
        let start = Run {
            step: 0,
            held: false,
            ahead: Vec::new(),
            at: 0,
            stack: Vec::new(),
        };
        let mut automaton = Automaton::default();
        let mut index: HashMap<Settled, u32> = HashMap::new();
        let mut waiting = Vec::new();
        let first = self.settle(vec![start], false)?;
        index.insert(first.clone(), automaton.add(false));
        waiting.push((0, first));
        while let Some((state, settled)) = waiting.pop() {
            let Some(runs) = settled else {
                automaton.accepts[state as usize] = true;
                automaton.edges[state as usize] = vec![(Label::Byte(ByteSet::ALL), state)];
                continue;
            };
            let ended = self.settle(runs.iter().cloned().collect(), true)?;
            automaton.accepts[state as usize] = ended.is_none();
            let mut edges: Vec<(u32, ByteSet)> = Vec::new();
            for (byte, class) in &self.classes {
                let mut fed: Vec<Run> = runs.iter().cloned().collect();
                fed.iter_mut().for_each(|run| run.ahead.push(*byte));
                let next = self.settle(fed, false)?;
                if next.as_ref().is_some_and(BTreeSet::is_empty) {
                    continue;
                }
                let target = match index.get(&next) {
                    Some(known) => *known,
                    None => {
                        let made = automaton.add(false);
                        if automaton.edges.len() > MAX_STATES {
                            return Err(ConvertError::TooBig);
                        }
                        index.insert(next.clone(), made);
                        waiting.push((made, next));
                        made
                    }
                };
                match edges.iter_mut().find(|(to, _)| *to == target) {
                    Some((_, set)) => *set = set.or(*class),
                    None => edges.push((target, *class)),
                }
            }
            let edges = edges.into_iter().map(|(to, set)| (Label::Byte(set), to));
            automaton.edges[state as usize] = edges.collect();
        }
        Ok(automaton)
    }

    /// Lets each run go on until it waits for a byte, or to its end with `ended`; `None` once one
    /// accepts.
    fn settle(&self, mut runs: Vec<Run>, ended: bool) -> Result<Settled, ConvertError> {
        let mut waits = BTreeSet::new();
        let mut seen = BTreeSet::new();
        while let Some(run) = runs.pop() {
            if !seen.insert(run.clone()) {
                continue;
            }
            self.work.update(|work| work + 1 + run.ahead.len());
            if self.work.get() > MAX_WORK {
                return Err(ConvertError::TooBig);
            }
            if seen.len() > 50 * MAX_RUNS || waits.len() > MAX_RUNS || run.ahead.len() > MAX_AHEAD {
                return Err(ConvertError::TooBig);
            }
            match self.advance(run, ended) {
                Next::Accepts => return Ok(None),
                Next::Waits(run) => drop(waits.insert(run)),
                Next::GoesOn(more) => runs.extend(more),
            }
        }
        Ok(Some(waits))
    }

    /// One step of a run. With `ended` no byte will come.
    fn advance(&self, mut run: Run, ended: bool) -> Next {
        let at = run.step;
        run.step += 1;
        let rest = &run.ahead[run.at..];
        let test = match &self.program.steps[at].instruction {
            Instruction::Run(bytes) => literal(bytes, rest),
            Instruction::Variable(index) => match (self.variables)(*index) {
                Some(value) => literal(&value, rest),
                None => Test::Fails,
            },
            Instruction::Ranges { excluded, ranges } => match rest.first() {
                None => Test::Waits,
                Some(byte) => {
                    let within = ranges
                        .iter()
                        .any(|(low, high)| (*low..=*high).contains(byte));
                    if within != *excluded {
                        Test::Passes(1)
                    } else {
                        Test::Fails
                    }
                }
            },
            Instruction::End => match rest.first() {
                Some(_) => Test::Fails,
                None if ended => Test::Passes(0),
                None => Test::Waits,
            },
            Instruction::ScanTo(wanted) => match rest.iter().position(|byte| byte == wanted) {
                Some(place) => Test::Passes(place + 1),
                None if ended => Test::Fails,
                None => {
                    // What was scanned over is not looked at again by this scan.
                    run.at = run.ahead.len();
                    run.step = at;
                    return Next::Waits(run.trimmed());
                }
            },
            Instruction::SearchFor(wanted) => return search(run, at, *wanted, ended),
            Instruction::Accept => return Next::Accepts,
            Instruction::Require if run.held => return run.on(),
            Instruction::Require | Instruction::Fail => return Next::GoesOn(Vec::new()),
            Instruction::BranchUnless(_) => {
                if !run.held {
                    run.step = self.program.target(at);
                }
                return run.on();
            }
            Instruction::Push => {
                run.stack.push(run.at);
                return run.on();
            }
            Instruction::Pop => {
                run.stack.pop();
                return run.on();
            }
            Instruction::Restore => {
                run.at = run.stack.last().copied().unwrap_or(run.at);
                return run.on();
            }
        };
        run.held = match test {
            Test::Passes(count) => {
                run.at += count;
                true
            }
            Test::Waits if !ended => {
                run.step = at;
                return Next::Waits(run);
            }
            Test::Waits | Test::Fails => false,
        };
        run.on()
    }
}

/// Goes on past each place of the byte, and waits for further ones.
fn search(run: Run, at: usize, wanted: u8, ended: bool) -> Next {
    if run.ahead.len() == run.at {
        let mut waits = run;
        waits.step = at;
        return if ended {
            Next::GoesOn(Vec::new())
        } else {
            Next::Waits(waits)
        };
    }
    let mut more = Vec::new();
    if run.ahead[run.at] == wanted {
        let mut found = run.clone();
        found.held = true;
        found.at += 1;
        more.push(found.trimmed());
    }
    let mut onward = run;
    onward.step = at;
    onward.at += 1;
    more.push(onward.trimmed());
    Next::GoesOn(more)
}

fn literal(wanted: &[u8], rest: &[u8]) -> Test {
    if rest.starts_with(wanted) {
        Test::Passes(wanted.len())
    } else if wanted.starts_with(rest) {
        Test::Waits
    } else {
        Test::Fails
    }
}

impl Run {
    fn on(self) -> Next {
        Next::GoesOn(vec![self.trimmed()])
    }

    /// Forgets the bytes that nothing looks at again.
    fn trimmed(mut self) -> Self {
        let keep = self
            .stack
            .iter()
            .copied()
            .chain([self.at])
            .min()
            .unwrap_or(0);
        self.ahead.drain(..keep);
        self.at -= keep;
        self.stack.iter_mut().for_each(|position| *position -= keep);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches that go on past any place of their byte, one after the other: each multiplies the
    /// ways to read a text.
    #[test]
    fn work_ends_before_it_is_too_much() {
        for (searches, is_small) in [(1, true), (3, true), (12, false), (40, false)] {
            let mut code = Vec::new();
            for number in 0..searches {
                let byte = b'a' + number % 3;
                // A search, then something that may stand, or not, behind it.
                code.extend([0x03, byte, 0x0f, 0x06, 0x41, byte, b'x', 0x80, 0x05, 0x07]);
            }
            code.extend([0x00, 0x0f, 0x0a]);
            let program = Program::read(&code).expect("a program");
            let variables = |_| None;
            let building = Building {
                program: &program,
                variables: &variables,
                classes: program.classes(&variables),
                work: Cell::new(0),
            };
            let result = building.all();
            let longest_step = 2 + MAX_AHEAD;
            assert!(building.work.get() <= MAX_WORK + longest_step, "{searches}");
            assert_eq!(result.is_ok(), is_small, "{searches} searches");
        }
    }
}
