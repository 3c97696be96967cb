//! Regex byte code, version 3.
//!
//! States are laid out along the first way through the expression; the other way of a split
//! follows when the first has ended, and joins by a jump what stands already. Published code of
//! repetitions and alternatives has this form.

use lapbelt_policy::pattern::regex::Syntax;

use super::class;

const VERSION: u32 = 3;
/// Most ranges of one class.
const RANGES: usize = 15;

/// The byte code of an expression, with its version and length. Beyond the 16 bits of a length it
/// is not valid, but as long as it would be.
pub(super) fn code(syntax: &Syntax) -> Vec<u8> {
    let code = body(syntax);
    let mut bytes = VERSION.to_be_bytes().to_vec();
    bytes.extend((code.len() as u16).to_le_bytes());
    bytes.extend(code);
    bytes
}

/// The byte code alone.
pub(crate) fn body(syntax: &Syntax) -> Vec<u8> {
    let mut states = States(Vec::new());
    let accept = states.add(State::Accept);
    let start = states.build(syntax, accept);
    states.lay_out(start)
}

enum State {
    Byte(u8, usize),
    Any(usize),
    Class(Vec<(u8, u8)>, usize),
    Start(usize),
    End(usize),
    Split(usize, usize),
    Accept,
}

struct States(Vec<State>);

impl States {
    fn add(&mut self, state: State) -> usize {
        self.0.push(state);
        self.0.len() - 1
    }

    /// The state at which an expression starts that goes on at `next`.
    fn build(&mut self, syntax: &Syntax, next: usize) -> usize {
        match syntax {
            Syntax::Sequence(parts) => {
                let parts = parts.iter().rev();
                parts.fold(next, |next, part| self.build(part, next))
            }
            Syntax::Alternation(parts) => {
                let starts: Vec<usize> = parts.iter().map(|part| self.build(part, next)).collect();
                self.either(&starts)
            }
            Syntax::Repeat {
                inner,
                optional,
                many,
            } => {
                let split = self.add(State::Split(next, next));
                let body = self.build(inner, if *many { split } else { next });
                self.0[split] = State::Split(body, next);
                if *optional { split } else { body }
            }
            Syntax::Byte(byte) => self.add(State::Byte(*byte, next)),
            Syntax::Any => self.add(State::Any(next)),
            Syntax::Class { negated, ranges } => self.class(*negated, ranges, next),
            Syntax::Start => self.add(State::Start(next)),
            Syntax::End => self.add(State::End(next)),
        }
    }

    fn either(&mut self, starts: &[usize]) -> usize {
        let (last, others) = match starts {
            [others @ .., last] => (*last, others),
            [] => return self.never(0),
        };
        others
            .iter()
            .rev()
            .fold(last, |rest, one| self.add(State::Split(*one, rest)))
    }

    fn class(&mut self, negated: bool, ranges: &[(u8, u8)], next: usize) -> usize {
        let pairs = class::pairs(negated, ranges, true);
        if pairs.len() <= RANGES {
            return match pairs.is_empty() {
                true => self.never(next),
                false => self.add(State::Class(pairs, next)),
            };
        }
        let pairs = class::pairs(negated, ranges, false);
        let starts: Vec<usize> = pairs
            .chunks(RANGES)
            .map(|some| self.add(State::Class(some.to_vec(), next)))
            .collect();
        self.either(&starts)
    }

    /// Asks for a byte after the end.
    fn never(&mut self, next: usize) -> usize {
        let any = self.add(State::Any(next));
        self.add(State::End(any))
    }

    fn lay_out(&self, start: usize) -> Vec<u8> {
        let mut code = Vec::new();
        let mut places: Vec<Option<usize>> = vec![None; self.0.len()];
        // Targets that are still to be filled in, with the state they lead to.
        let mut waiting: Vec<(Option<usize>, usize)> = vec![(None, start)];
        while let Some((target, first)) = waiting.pop() {
            let place = *places[first].get_or_insert(code.len());
            if let Some(target) = target {
                let bytes = (place as u16).to_le_bytes();
                code[target..target + 2].copy_from_slice(&bytes);
            }
            if place == code.len() {
                self.chain(first, &mut code, &mut places, &mut waiting);
            }
        }
        code
    }

    /// Writes states one after the other until one stands already.
    fn chain(
        &self,
        first: usize,
        code: &mut Vec<u8>,
        places: &mut [Option<usize>],
        waiting: &mut Vec<(Option<usize>, usize)>,
    ) {
        let mut at = first;
        loop {
            places[at] = Some(code.len());
            at = match &self.0[at] {
                State::Byte(byte, next) => {
                    code.extend([0x02, *byte]);
                    *next
                }
                State::Any(next) => {
                    code.push(0x09);
                    *next
                }
                State::Class(pairs, next) => {
                    code.push((pairs.len() as u8) << 4 | 0x0b);
                    code.extend(pairs.iter().flat_map(|(low, high)| [*low, *high]));
                    *next
                }
                State::Start(next) => {
                    code.push(0x19);
                    *next
                }
                State::End(next) => {
                    code.push(0x29);
                    *next
                }
                State::Split(one, other) => {
                    code.extend([0x2f, 0, 0]);
                    waiting.push((Some(code.len() - 2), *other));
                    *one
                }
                State::Accept => {
                    code.extend([0x15, 0x00]);
                    return;
                }
            };
            if let Some(place) = places[at] {
                code.push(0x0a);
                code.extend((place as u16).to_le_bytes());
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_that_which_was_published() {
        let of = |source| code(&Syntax::parse(source).expect("an expression"));
        assert_eq!(
            of("^/a/b/c*"),
            b"\x00\x00\x00\x03\x15\x00\x19\x02/\x02a\x02/\x02b\x02/\x2f\x13\x00\x02c\x0a\x0b\x00\x15\x00"
        );
        assert_eq!(
            of("^gdt-[A-Za-z0-9]+-(c|s)$")[6..],
            *b"\x19\x02g\x02d\x02t\x02-\x3b09AZaz\x2f\x16\x00\x0a\x09\x00\x02-\x2f\x20\x00\x02c\x29\x15\x00\x02s\x0a\x1d\x00"
        );
        assert_eq!(of("[^/]")[6..], *b"\x1b\x30\x2e\x15\x00");
        assert_eq!(of("[^./]")[6..], *b"\x2b\x2f\x2e\x30\x2d\x15\x00");
    }
}
