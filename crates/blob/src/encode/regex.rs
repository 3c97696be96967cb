//! Regular expressions: straight ones become matching programs, all others regex byte code.

mod class;
mod code;
mod straight;

pub(crate) use code::body as regex_code;
pub(crate) use straight::{class_ranges, program as straight_program};

use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::{Regex, Syntax};
use lapbelt_policy::world::FilterInfo;

use super::error::{EncodeError, Problem};
use super::fidelity::Reason;
use super::graph::{Argument, Literal, Question};
use super::lower::Lowering;
use super::pattern::Tail;
use super::size::PatternSize;
use crate::strings::Program;

/// The text that an expression asks for, with what may follow, if its program asks for no more: it
/// is read back as a plain pattern then, so it joins others as that does.
pub(super) fn plain(regex: &Regex) -> Option<(Vec<u8>, Tail)> {
    let program = straight::program(&Syntax::parse(regex.source()).ok()?)?;
    let patterns = Program::read(&program).ok()?.patterns(&|_| None).ok()?;
    match patterns.as_slice() {
        [Pattern::Literal(text)] => Some((text.clone(), Tail::Nothing)),
        [Pattern::Prefix(text)] => Some((text.clone(), Tail::Anything)),
        _ => None,
    }
}

/// An expression that says the same as `source` and becomes no matching program. A group in a straight
/// one keeps it from that: around what stands between anchors, or what comes first, or nothing.
pub(crate) fn in_code(mut source: Vec<u8>) -> Vec<u8> {
    let straight = |source: &[u8]| {
        let syntax = Syntax::parse(source).ok()?;
        straight::program(&syntax).map(|_| syntax)
    };
    let mut inner = match straight(&source) {
        Some(Syntax::Sequence(parts)) => parts,
        Some(one) => vec![one],
        None => return source,
    };
    let starts = usize::from(inner.first() == Some(&Syntax::Start));
    let ends = usize::from(inner.last() == Some(&Syntax::End));
    let grouped = match starts + ends {
        // A group around all there is says nothing at all.
        0 => inner.len().min(2),
        _ => inner.len() - ends,
    };
    let behind = inner.split_off(grouped);
    let mut parts: Vec<Syntax> = inner.drain(..starts).collect();
    parts.push(Syntax::Sequence(inner));
    parts.extend(behind);
    let grouped = Syntax::Sequence(parts).text();
    if straight(&grouped).is_none() {
        return grouped;
    }
    source.extend(b"()");
    source
}

impl Lowering<'_> {
    /// A question about a regular expression.
    pub(super) fn regex(
        &mut self,
        info: &FilterInfo,
        pattern: &Pattern,
        rule: Option<u32>,
    ) -> Result<Question, EncodeError> {
        let parsed = match pattern {
            Pattern::Regex(regex) => Syntax::parse(regex.source()).ok(),
            _ => None,
        };
        let Some(mut syntax) = parsed else {
            return Err(self.error(Problem::Argument(info.name.clone()), rule));
        };
        self.note(Reason::Regex, rule);
        if self.lowers(info) {
            syntax = syntax.in_lower_case();
        }
        if let Some(program) = straight::program(&syntax) {
            return self.program(info.id, program, rule);
        }
        let code = code::code(&syntax);
        self.patterns.push(PatternSize {
            filter: info.id,
            rule,
            bytes: code.len(),
            programs: 1,
        });
        let filter = self.filter_number(info.id, rule)?;
        let literal = self.literal(Literal::Program(code), rule);
        let argument = Argument::Regex(literal);
        Ok(Question { filter, argument })
    }
}
