//! Several patterns as one matching program: a prefix tree.
//!
//! Each node of the tree tests the bytes that its patterns share, then its branches one after the
//! other; a branch that is not the last skips itself if its first test fails, the last one fails
//! the program. Smaller branches stand first, by the number of patterns in them, then by the length
//! of what they share; of equal ones the one given later.

use std::cmp::Reverse;

use crate::strings::{Instruction, LONGEST_RUN, LONGEST_SHORT_RUN};

/// What may follow the text of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tail {
    /// Nothing.
    Nothing,
    /// Nothing, or a slash and anything.
    Below,
    /// Anything.
    Anything,
}

/// One pattern of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alternative {
    pub(super) text: Vec<u8>,
    pub(super) tail: Tail,
}

/// A node: the bytes `from..to` of the text of one of its patterns.
struct Branch {
    text: usize,
    from: usize,
    to: usize,
    /// What may follow where a pattern ends here.
    ends: Option<Tail>,
    below: Vec<usize>,
    /// Patterns in it.
    patterns: usize,
    /// Place in the list of the last of them.
    last: usize,
    /// Bytes of its code but for its own run and branch.
    body: usize,
}

/// The tree of a list of patterns.
pub(super) struct Tree<'a> {
    alternatives: &'a [Alternative],
    /// Each node after all that it stands below; the first is the root.
    branches: Vec<Branch>,
}

impl<'a> Tree<'a> {
    pub(super) fn of(alternatives: &'a [Alternative]) -> Self {
        let mut order: Vec<usize> = (0..alternatives.len()).collect();
        order.sort_by(|a, b| alternatives[*a].text.cmp(&alternatives[*b].text));
        let mut tree = Self {
            alternatives,
            branches: Vec::new(),
        };
        // Ranges of the sorted patterns that share the bytes before `from`.
        let mut todo = Vec::new();
        if !order.is_empty() {
            todo.push((0, order.len(), 0, None::<usize>));
        }
        while let Some((start, end, from, parent)) = todo.pop() {
            tree.branch(&order[start..end], start, from, parent, &mut todo);
        }
        tree.measure();
        tree
    }

    /// Whether one of the patterns goes on where another ends.
    pub(super) fn goes_on(&self) -> bool {
        let mut branches = self.branches.iter();
        branches.any(|one| one.ends.is_some() && !one.below.is_empty())
    }

    /// Whether one of the runs is longer than an instruction of one byte says.
    pub(super) fn has_long_run(&self) -> bool {
        let mut branches = self.branches.iter();
        branches.any(|one| one.to - one.from > LONGEST_SHORT_RUN)
    }

    /// The program; of no patterns, one that never matches.
    pub(super) fn program(&self) -> Vec<u8> {
        let mut code = Vec::new();
        match self.branches.is_empty() {
            true => Instruction::Fail.write(&mut code),
            false => self.write(&mut code),
        }
        code
    }

    /// Makes the node of patterns that agree before `from`, and leaves its branches to be made.
    fn branch(
        &mut self,
        patterns: &[usize],
        start: usize,
        from: usize,
        parent: Option<usize>,
        todo: &mut Vec<(usize, usize, usize, Option<usize>)>,
    ) {
        let text = |at: usize| self.alternatives[patterns[at]].text.as_slice();
        // They are sorted: what the first and the last share, all share.
        let (first, last) = (text(0), text(patterns.len() - 1));
        let shared = first[from..]
            .iter()
            .zip(&last[from..])
            .take_while(|(a, b)| a == b)
            .count();
        let to = from + shared;
        let ending = (0..patterns.len())
            .take_while(|at| text(*at).len() == to)
            .count();
        let ends = patterns[..ending]
            .iter()
            .map(|at| self.alternatives[*at].tail)
            .max();
        let me = self.branches.len();
        let mut at = ending;
        while at < patterns.len() && ends != Some(Tail::Anything) {
            let byte = text(at)[to];
            let count = (at..patterns.len())
                .take_while(|next| text(*next)[to] == byte)
                .count();
            if !(ends == Some(Tail::Below) && byte == b'/') {
                todo.push((start + at, start + at + count, to, Some(me)));
            }
            at += count;
        }
        let last = patterns[..ending].iter().copied().max();
        self.branches.push(Branch {
            text: patterns[0],
            from,
            to,
            ends,
            below: Vec::new(),
            patterns: usize::from(ends.is_some()),
            last: last.unwrap_or(0),
            body: 0,
        });
        if let Some(parent) = parent {
            self.branches[parent].below.push(me);
        }
    }

    /// Counts patterns, orders branches and measures code, from the leaves to the root.
    fn measure(&mut self) {
        for at in (0..self.branches.len()).rev() {
            let mut below = std::mem::take(&mut self.branches[at].below);
            below.sort_by_key(|one| {
                let one = &self.branches[*one];
                (one.patterns, one.to - one.from, Reverse(one.last))
            });
            let is_leaf = below.is_empty();
            let mut body = self.branches[at]
                .ends
                .map_or(0, |tail| ending(tail, is_leaf).len());
            for (place, one) in below.iter().enumerate() {
                let is_last = place + 1 == below.len();
                body += self.head(*one, is_last).len() + self.branches[*one].body;
            }
            let patterns: usize = below.iter().map(|one| self.branches[*one].patterns).sum();
            let last = below.iter().map(|one| self.branches[*one].last).max();
            let branch = &mut self.branches[at];
            branch.patterns += patterns;
            branch.last = branch.last.max(last.unwrap_or(0));
            branch.body = body;
            branch.below = below;
        }
    }

    /// The run of a node and what guards it.
    fn head(&self, at: usize, is_last: bool) -> Vec<u8> {
        let branch = &self.branches[at];
        let run = &self.alternatives[branch.text].text[branch.from..branch.to];
        let mut code = Vec::new();
        let Some(first) = run.chunks(LONGEST_RUN).next() else {
            return code;
        };
        let mut rest = Vec::new();
        for chunk in run[first.len()..].chunks(LONGEST_RUN) {
            Instruction::Run(chunk.to_vec()).write(&mut rest);
            Instruction::Require.write(&mut rest);
        }
        Instruction::Run(first.to_vec()).write(&mut code);
        let skip = u32::try_from(rest.len() + branch.body).unwrap_or(u32::MAX);
        match is_last {
            true => Instruction::Require,
            false => Instruction::BranchUnless(skip),
        }
        .write(&mut code);
        code.extend(rest);
        code
    }

    fn write(&self, code: &mut Vec<u8>) {
        let mut todo = vec![(0, true)];
        while let Some((at, is_last)) = todo.pop() {
            code.extend(self.head(at, is_last));
            let branch = &self.branches[at];
            if let Some(tail) = branch.ends {
                code.extend(ending(tail, branch.below.is_empty()));
            }
            let below = branch.below.iter().rev().enumerate();
            todo.extend(below.map(|(place, one)| (*one, place == 0)));
        }
    }
}

/// Patterns in parts that each take no more bytes than a program may, if one alone does not: those
/// that begin alike stay together.
pub(super) fn parts(mut patterns: Vec<Alternative>, most: usize) -> Vec<Vec<Alternative>> {
    if patterns.len() < 2 || Tree::of(&patterns).program().len() <= most {
        return vec![patterns];
    }
    patterns.sort_by(|one, other| one.text.cmp(&other.text));
    let behind = patterns.split_off(patterns.len() / 2);
    [parts(patterns, most), parts(behind, most)].concat()
}

/// What stands where a pattern ends; `is_last` if no branch follows.
fn ending(tail: Tail, is_last: bool) -> Vec<u8> {
    let accept_if = [Instruction::BranchUnless(1), Instruction::Accept];
    let mut steps = Vec::new();
    if tail == Tail::Below {
        steps.push(Instruction::Run(b"/".to_vec()));
        steps.extend(accept_if.clone());
    }
    match (tail, is_last) {
        (Tail::Anything, _) => steps.push(Instruction::Accept),
        (_, false) => {
            steps.push(Instruction::End);
            steps.extend(accept_if);
        }
        (_, true) => steps.extend([Instruction::End, Instruction::Require, Instruction::Accept]),
    }
    let mut code = Vec::new();
    steps.iter().for_each(|step| step.write(&mut code));
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(alternatives: &[Alternative]) -> Vec<u8> {
        Tree::of(alternatives).program()
    }

    fn list(patterns: &[(&str, Tail)]) -> Vec<Alternative> {
        patterns
            .iter()
            .map(|(text, tail)| Alternative {
                text: text.as_bytes().to_vec(),
                tail: *tail,
            })
            .collect()
    }

    /// The runs of a program in their order, which is all that a published listing has.
    fn runs(patterns: &[(&str, Tail)]) -> Vec<String> {
        let steps = crate::strings::disassemble(&program(&list(patterns))).expect("a program");
        let texts = steps.into_iter().filter_map(|step| match step.instruction {
            Instruction::Run(run) => Some(String::from_utf8(run).expect("text")),
            _ => None,
        });
        texts.filter(|run| run != "/").collect()
    }

    #[test]
    fn single_patterns_have_the_shapes_that_the_system_writes() {
        let one = |tail| program(&list(&[("/aaa", tail)]));
        assert_eq!(one(Tail::Nothing), b"\x43/aaa\x0f\x00\x0f\x0a");
        assert_eq!(one(Tail::Below), b"\x43/aaa\x0f\x40/\x80\x0a\x00\x0f\x0a");
        assert_eq!(one(Tail::Anything), b"\x43/aaa\x0f\x0a");
    }

    #[test]
    fn two_literals_of_a_rule_come_in_reverse() {
        assert_eq!(
            program(&list(&[("/aaa", Tail::Nothing), ("/bbb", Tail::Nothing)])),
            b"\x40/\x0f\x42bbb\x82\x00\x0f\x0a\x42aaa\x0f\x00\x0f\x0a"
        );
    }

    #[test]
    fn the_tree_of_the_systems_common_rules_has_its_published_order() {
        use Tail::{Below, Nothing};
        let patterns = [
            ("/dev/dtracehelper", Nothing),
            ("/dev/null", Nothing),
            ("/dev/zero", Nothing),
            ("/dev/autofs_nowait", Nothing),
            ("/dev/random", Nothing),
            ("/dev/urandom", Nothing),
            ("/private/etc/master.passwd", Nothing),
            ("/private/etc/passwd", Nothing),
            ("/private/etc/protocols", Nothing),
            ("/private/etc/services", Nothing),
            ("/library/apple", Below),
            ("/library/filesystems/netfsplugins", Below),
            ("/library/preferences/logging", Below),
            ("/system", Below),
            ("/private/var/db/timezone", Below),
            ("/usr/lib", Below),
            ("/usr/share", Below),
        ];
        let expected = "system usr/ lib share library/ apple preferences/logging \
            filesystems/netfsplugins private/ var/db/timezone etc/ services master.passwd p asswd \
            rotocols dev/ zero null random urandom dtracehelper autofs_nowait";
        assert_eq!(runs(&patterns).join(" "), expected);
    }

    #[test]
    fn a_pattern_within_another_is_left_out() {
        use Tail::{Anything, Below, Nothing};
        let alone = program(&list(&[("/a", Below)]));
        assert_eq!(program(&list(&[("/a", Below), ("/a/b", Nothing)])), alone);
        assert_eq!(program(&list(&[("/a", Nothing), ("/a", Below)])), alone);
        let prefix = program(&list(&[("/a", Anything)]));
        assert_eq!(program(&list(&[("/a", Anything), ("/ab", Below)])), prefix);
        assert_eq!(program(&[]), [0x09]);
        assert_eq!(program(&list(&[("", Anything)])), [0x0a]);
    }
}
