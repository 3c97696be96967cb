//! Matching program to the patterns a person would write, exactly.
//!
//! A program is walked along all its ways from start to accept. Each way is a pattern if what was
//! *not* there on it (a test that did not hold) is ruled out by what must be there anyway; else the
//! whole program goes through its automaton and becomes one regular expression.

use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;

use super::automaton::Variables;
use super::{Instruction, Program};
use crate::byte_set::ByteSet;
use crate::regex::automaton::Automaton;
use crate::regex::expression::Expression;
use crate::regex::{TooLong, eliminate};

/// Most steps on ways through a program, and most of their pieces that are copied where they part,
/// before it is taken as a whole.
const MAX_WALKED: usize = 1_000_000;

/// Why a program has no patterns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A scan that may fail without the whole failing.
    #[error("at byte {at} of the program: a scan that goes on if it fails")]
    OpenScan {
        /// Where.
        at: usize,
    },
    /// Its automaton is too big.
    #[error("the automaton of the program is too big")]
    TooBig,
    /// There is no text of it.
    #[error(transparent)]
    Text(#[from] TooLong),
    /// The expression is refused by what reads expressions.
    #[error("the expression made of it is refused: {0}")]
    Refused(String),
}

/// Something that must stand in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Byte(ByteSet),
    /// Anything up to the first such byte, and it.
    ScanTo(u8),
    /// Anything, then such a byte.
    SearchFor(u8),
}

/// Something that does not stand at a place of the text.
#[derive(Clone, Debug)]
struct Absent {
    /// Index in the pieces.
    at: usize,
    what: AbsentWhat,
}

#[derive(Clone, Debug)]
enum AbsentWhat {
    Bytes(Vec<ByteSet>),
    End,
}

/// A way through the program.
#[derive(Clone, Debug, Default)]
struct Way {
    pieces: Vec<Piece>,
    absent: Vec<Absent>,
    ended: bool,
}

impl Program {
    /// The patterns of which any matches exactly the texts that the program matches, in its order.
    /// `variables` gives what stands for variables.
    ///
    /// # Errors
    /// If no patterns are known that say the same.
    pub fn patterns(&self, variables: &Variables<'_>) -> Result<Vec<Pattern>, ConvertError> {
        if let Some(source) = self.source() {
            return Ok(vec![regex(source)?]);
        }
        match self.ways(variables) {
            Some(ways) => written(&ways),
            None => Ok(self.regex(variables)?.into_iter().collect()),
        }
    }

    /// All ways to an accept; `None` if there are too many, or one that only its absences tell
    /// from others.
    fn ways(&self, variables: &Variables<'_>) -> Option<Vec<Way>> {
        let mut done = Vec::new();
        let mut open = vec![(0, None, Way::default())];
        let mut walked = 0;
        while let Some((step, test, mut way)) = open.pop() {
            walked += 1;
            if walked > MAX_WALKED {
                return None;
            }
            let single = |bytes: &[u8]| -> Vec<ByteSet> {
                bytes.iter().map(|byte| ByteSet::of(*byte)).collect()
            };
            let asked = match &self.steps[step].instruction {
                Instruction::Run(bytes) => Asked::Bytes(single(bytes)),
                Instruction::Ranges { excluded, ranges } => {
                    let set = ByteSet::from_ranges(ranges);
                    Asked::Bytes(vec![if *excluded { set.complement() } else { set }])
                }
                Instruction::Variable(index) => Asked::Bytes(single(&variables(*index)?)),
                Instruction::End => Asked::End,
                Instruction::ScanTo(byte) => Asked::Piece(Piece::ScanTo(*byte)),
                Instruction::SearchFor(byte) => Asked::Piece(Piece::SearchFor(*byte)),
                Instruction::Require => {
                    if way.take(test?) {
                        open.push((step + 1, None, way));
                    }
                    continue;
                }
                Instruction::BranchUnless(_) => {
                    let asked = test?;
                    let mut without = way.clone();
                    walked += way.pieces.len();
                    if without.refuse(&asked)? {
                        open.push((self.target(step), None, without));
                    }
                    // The way on is walked first: it was pushed last.
                    if way.take(asked) {
                        open.push((step + 1, None, way));
                    }
                    continue;
                }
                Instruction::Accept => {
                    done.push(way.settled()?);
                    continue;
                }
                Instruction::Fail => continue,
                Instruction::Push | Instruction::Pop | Instruction::Restore => return None,
            };
            // A test whose answer nobody uses would fork the way unseen.
            if test.is_some() {
                return None;
            }
            open.push((step + 1, Some(asked), way));
        }
        Some(done)
    }

    /// One regular expression that matches exactly the texts that the program matches; `None` if
    /// there are none such.
    ///
    /// # Errors
    /// If no such expression is known.
    pub fn regex(&self, variables: &Variables<'_>) -> Result<Option<Pattern>, ConvertError> {
        let automaton = self.automaton(variables)?;
        let inner = eliminate::expression(&cut(automaton))?;
        if inner == Expression::Never {
            return Ok(None);
        }
        regex(Expression::Start.then(&inner).text()).map(Some)
    }
}

/// A text may end where a state accepts, and must end there unless the state leads to itself on any
/// byte: a search says that by stopping.
fn cut(mut automaton: Automaton) -> Automaton {
    use crate::regex::automaton::Label;
    let end = automaton.add(true);
    for state in 0..end as usize {
        if !automaton.accepts[state] {
            continue;
        }
        let all = [(Label::Byte(ByteSet::ALL), state as u32)];
        if automaton.edges[state] == all {
            automaton.edges[state].clear();
        } else {
            automaton.accepts[state] = false;
            automaton.edges[state].push((Label::End, end));
        }
    }
    automaton
}

/// What a test asks.
#[derive(Clone, Debug)]
enum Asked {
    Bytes(Vec<ByteSet>),
    End,
    Piece(Piece),
}

impl Way {
    /// The test held. False if that cannot be.
    fn take(&mut self, asked: Asked) -> bool {
        if self.ended {
            // Nothing follows the end but the end.
            return match asked {
                Asked::Bytes(bytes) => bytes.is_empty(),
                Asked::End => true,
                Asked::Piece(_) => false,
            };
        }
        match asked {
            Asked::Bytes(bytes) => {
                let possible = bytes.iter().all(|set| !set.is_empty());
                self.pieces.extend(bytes.into_iter().map(Piece::Byte));
                possible
            }
            Asked::End => {
                self.ended = true;
                true
            }
            Asked::Piece(piece) => {
                self.pieces.push(piece);
                true
            }
        }
    }

    /// The test did not hold. False if that cannot be, `None` if no pattern says it.
    fn refuse(&mut self, asked: &Asked) -> Option<bool> {
        let at = self.pieces.len();
        let what = match asked {
            Asked::Piece(_) => return None,
            Asked::Bytes(bytes) if bytes.is_empty() => return Some(false),
            Asked::Bytes(_) if self.ended => return Some(true),
            Asked::End if self.ended => return Some(false),
            Asked::Bytes(bytes) => AbsentWhat::Bytes(bytes.clone()),
            Asked::End => AbsentWhat::End,
        };
        self.absent.push(Absent { at, what });
        Some(true)
    }

    /// The way if what must be there rules out what was absent; `None` if that is not so.
    fn settled(mut self) -> Option<Self> {
        for absent in std::mem::take(&mut self.absent) {
            let after = &self.pieces[absent.at..];
            let ruled_out = match &absent.what {
                // Not at its end: something must follow.
                AbsentWhat::End if after.is_empty() && !self.ended => {
                    self.pieces.push(Piece::Byte(ByteSet::ALL));
                    true
                }
                AbsentWhat::End => !after.is_empty(),
                AbsentWhat::Bytes(bytes) => self.differs(absent.at, bytes),
            };
            if !ruled_out {
                return None;
            }
        }
        Some(self)
    }

    /// Whether no text of this way has the bytes at a place.
    fn differs(&self, at: usize, bytes: &[ByteSet]) -> bool {
        for (index, absent) in bytes.iter().enumerate() {
            match self.pieces.get(at + index) {
                Some(Piece::Byte(set)) if set.and(*absent).is_empty() => return true,
                Some(Piece::Byte(_)) => {}
                Some(_) => return false,
                None => return self.ended,
            }
        }
        false
    }

    /// Its bytes, if each place has one.
    fn text(&self) -> Option<Vec<u8>> {
        let byte = |piece: &Piece| match piece {
            Piece::Byte(set) => set.single(),
            _ => None,
        };
        self.pieces.iter().map(byte).collect()
    }

    fn expression(&self) -> Expression {
        let mut all = Expression::Start;
        for piece in &self.pieces {
            let part = match piece {
                Piece::Byte(set) => Expression::Byte(*set),
                Piece::ScanTo(byte) => {
                    let set = ByteSet::of(*byte);
                    let over = Expression::Byte(set.complement()).star();
                    over.then(&Expression::Byte(set))
                }
                Piece::SearchFor(byte) => {
                    let set = Expression::Byte(ByteSet::of(*byte));
                    // A search from the start on is what an expression without `^` does.
                    if all == Expression::Start {
                        all = Expression::empty();
                        set
                    } else {
                        Expression::Byte(ByteSet::ALL).star().then(&set)
                    }
                }
            };
            all = all.then(&part);
        }
        if self.ended {
            all = all.then(&Expression::End);
        }
        all
    }
}

fn written(ways: &[Way]) -> Result<Vec<Pattern>, ConvertError> {
    let mut patterns = Vec::new();
    let mut ways = ways.iter().peekable();
    while let Some(way) = ways.next() {
        let Some(text) = way.text() else {
            patterns.push(regex(way.expression().text())?);
            continue;
        };
        // What a subpath is compiled to: the text and a slash, or else the text and its end.
        let base = text.strip_suffix(b"/").filter(|base| {
            let whole = |next: &&Way| next.ended && next.text().as_deref() == Some(*base);
            !base.ends_with(b"/") && !way.ended && ways.peek().is_some_and(whole)
        });
        patterns.push(match base {
            Some(base) => {
                let base = Pattern::Subpath(base.to_vec());
                ways.next();
                base
            }
            None if way.ended => Pattern::Literal(text),
            None => Pattern::Prefix(text),
        });
    }
    Ok(patterns)
}

fn regex(source: Vec<u8>) -> Result<Pattern, ConvertError> {
    let regex = Regex::new(source).map_err(|error| ConvertError::Refused(error.to_string()))?;
    Ok(Pattern::Regex(regex))
}
