//! Compiled regular expressions.

use lapbelt_blob::regex::{Instruction, Program};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use proptest::prelude::*;

use crate::assert_same;

/// An expression with its text.
#[derive(Clone, Debug)]
enum Form {
    Byte(u8),
    Any,
    Class(bool, u8),
    Start,
    End,
    Both(Box<Form>, Box<Form>),
    Either(Box<Form>, Box<Form>),
    Star(Box<Form>),
    Plus(Box<Form>),
    Optional(Box<Form>),
}

impl Form {
    fn text(&self) -> Vec<u8> {
        let around = |inner: &Self, sign: &[u8]| [b"(", &*inner.text(), b")", sign].concat();
        match self {
            Self::Byte(byte) => vec![*byte],
            Self::Any => b".".to_vec(),
            Self::Class(false, high) => [b"[a-", &[*high][..], b"]"].concat(),
            Self::Class(true, high) => [b"[^a-", &[*high][..], b"]"].concat(),
            Self::Start => b"^".to_vec(),
            Self::End => b"$".to_vec(),
            Self::Both(one, other) => [one.text(), other.text()].concat(),
            Self::Either(one, other) => [b"(", &*one.text(), b"|", &*other.text(), b")"].concat(),
            Self::Star(inner) => around(inner, b"*"),
            Self::Plus(inner) => around(inner, b"+"),
            Self::Optional(inner) => around(inner, b"?"),
        }
    }

    /// Version 3 code.
    fn write(&self, out: &mut Vec<u8>) {
        let place = |out: &Vec<u8>| out.len() as u16;
        let hole = |out: &mut Vec<u8>, opcode: u8| {
            out.extend([opcode, 0, 0]);
            out.len() - 2
        };
        let fill = |out: &mut Vec<u8>, at: usize, target: u16| {
            out[at..at + 2].copy_from_slice(&target.to_le_bytes());
        };
        match self {
            Self::Byte(byte) => out.extend([0x02, *byte]),
            Self::Any => out.push(0x09),
            Self::Class(false, high) => out.extend([0x1b, b'a', *high]),
            Self::Class(true, high) => out.extend([0x1b, high + 1, b'a' - 1]),
            Self::Start => out.push(0x19),
            Self::End => out.push(0x29),
            Self::Both(one, other) => {
                one.write(out);
                other.write(out);
            }
            Self::Either(one, other) => {
                let split = hole(out, 0x2f);
                one.write(out);
                let jump = hole(out, 0x0a);
                let here = place(out);
                fill(out, split, here);
                other.write(out);
                let here = place(out);
                fill(out, jump, here);
            }
            Self::Star(inner) => {
                let start = place(out);
                let split = hole(out, 0x2f);
                inner.write(out);
                let jump = hole(out, 0x0a);
                fill(out, jump, start);
                let here = place(out);
                fill(out, split, here);
            }
            Self::Plus(inner) => {
                let start = place(out);
                inner.write(out);
                let split = hole(out, 0x2f);
                let jump = hole(out, 0x0a);
                fill(out, jump, start);
                let here = place(out);
                fill(out, split, here);
            }
            Self::Optional(inner) => {
                let split = hole(out, 0x2f);
                inner.write(out);
                let here = place(out);
                fill(out, split, here);
            }
        }
    }

    fn compiled(&self) -> Vec<u8> {
        let mut code = Vec::new();
        self.write(&mut code);
        code.extend([0x15, 0x00]);
        let mut all = vec![0, 0, 0, 3];
        all.extend((code.len() as u16).to_le_bytes());
        all.extend(code);
        all
    }
}

fn form() -> impl Strategy<Value = Form> {
    let letter = || prop::sample::select(&b"abc\x89\xc3"[..]);
    let leaf = prop_oneof![
        5 => letter().prop_map(Form::Byte),
        1 => Just(Form::Any),
        2 => (any::<bool>(), letter()).prop_map(|(negated, high)| Form::Class(negated, high)),
        1 => Just(Form::Start),
        1 => Just(Form::End),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let two = || (inner.clone(), inner.clone());
        prop_oneof![
            4 => two().prop_map(|(a, b)| Form::Both(a.into(), b.into())),
            2 => two().prop_map(|(a, b)| Form::Either(a.into(), b.into())),
            1 => inner.clone().prop_map(|a| Form::Star(a.into())),
            1 => inner.clone().prop_map(|a| Form::Plus(a.into())),
            1 => inner.clone().prop_map(|a| Form::Optional(a.into())),
        ]
    })
}

/// The same program as an array of nodes: version 1 if `is_first`, else 2.
fn as_nodes(program: &Program, is_first: bool) -> Vec<u8> {
    let number = |place: usize| {
        let found = program.places.binary_search_by_key(&place, |one| one.0);
        found.expect("a place") as u32
    };
    let mut classes: Vec<Vec<u8>> = Vec::new();
    let nodes: Vec<(u32, u32, u32)> = program
        .places
        .iter()
        .map(|(_, instruction)| match *instruction {
            Instruction::Byte(set, next) => {
                let ranges = set.ranges();
                classes.push(
                    ranges
                        .into_iter()
                        .flat_map(|(low, high)| [low, high])
                        .collect(),
                );
                (0x34, number(next), classes.len() as u32 - 1)
            }
            Instruction::Repeat(..) => panic!("not written here"),
            Instruction::Start(next) => (0x32, number(next), 0),
            Instruction::End(next) => (0x33, number(next), 0),
            Instruction::Split(one, other) => (0x25, number(one), number(other)),
            Instruction::Jump(next) => (0x31, number(next), 0),
            Instruction::Accept => (0x22, 0, 0),
        })
        .collect();
    let count = nodes.len() as u32;
    let mut out = Vec::new();
    if is_first {
        let mut words = vec![1, count, 0, count - 1, classes.len() as u32, 0];
        words.extend(
            nodes
                .iter()
                .flat_map(|&(kind, next, argument)| [kind, next, argument]),
        );
        for class in &classes {
            words.push(class.len() as u32);
            words.extend(class.iter().map(|byte| u32::from(*byte)));
        }
        out.extend(words.into_iter().flat_map(u32::to_be_bytes));
        return out;
    }
    out.extend(2_u32.to_be_bytes());
    for word in [0, count, 0, count - 1, classes.len() as u32] {
        out.extend(word.to_le_bytes());
    }
    for (kind, next, argument) in nodes {
        out.push(kind as u8);
        out.extend((next as u16).to_le_bytes());
        out.push(0);
        out.extend(argument.to_le_bytes());
    }
    let all = classes.concat();
    out.extend(0_u32.to_le_bytes());
    out.extend((all.len() as u32).to_le_bytes());
    let mut start = 0;
    for class in &classes {
        out.extend((start as u32).to_le_bytes());
        start += class.len();
    }
    out.extend(classes.iter().map(|class| class.len() as u8));
    out.extend(all);
    out
}

fn pattern(source: &[u8]) -> Pattern {
    Pattern::Regex(Regex::new(source).expect("an expression"))
}

fn check(form: &Form) {
    let source = form.text();
    let program = Program::read(&form.compiled()).expect("a program");
    let text = program.text().expect("a text");
    assert_same(&[pattern(&source)], &[pattern(&text)]);
    for is_first in [true, false] {
        let nodes = Program::read(&as_nodes(&program, is_first)).expect("a program");
        let text = nodes.text().expect("a text");
        assert_same(&[pattern(&source)], &[pattern(&text)]);
    }
    let regex = Regex::new(&source).expect("an expression");
    for subject in [
        &b""[..],
        b"a",
        b"abc",
        b"ccb",
        b"xay",
        b"aabbcc",
        b"cab\x00",
        b"a\xc3\x89",
        b"\x89c",
        b"\xff",
    ] {
        assert_eq!(
            program.is_match(subject),
            regex.is_match(subject),
            "{regex:?}"
        );
    }
}

#[test]
fn deep_nesting_is_refused() {
    // ((…(a*b)*b)…)*, made without recursing.
    let deep = |depth: u16| {
        let mut code = Vec::new();
        for level in 0..depth {
            let end = 3 * depth + 2 + 5 * (depth - level);
            code.push(0x2f);
            code.extend(end.to_le_bytes());
        }
        code.extend([0x02, b'a']);
        for level in (0..depth).rev() {
            code.extend([0x02, b'b', 0x0a]);
            code.extend((3 * level).to_le_bytes());
        }
        code.extend([0x15, 0x00]);
        let length = (code.len() as u16).to_le_bytes();
        let program = Program::read(&[&[0, 0, 0, 3], &length[..], &code].concat());
        program.expect("a program").text()
    };
    assert!(deep(40).is_ok());
    let error = deep(8000).expect_err("too deep").to_string();
    assert!(error.contains("nest deeper"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn code_is_its_text(form in form()) {
        check(&form);
    }
}
