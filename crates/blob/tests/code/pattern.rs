//! Matching programs.

use lapbelt_blob::strings::{Instruction, Program};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use proptest::prelude::*;

use crate::assert_same;

fn no_variables(_: u16) -> Option<Vec<u8>> {
    None
}

fn program(hex: &str) -> Program {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16);
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| byte(pair).expect("a byte"))
        .collect();
    Program::read(&bytes).expect("a program")
}

#[test]
fn published_vectors_read_as_their_patterns() {
    let text = |text: &str| text.as_bytes().to_vec();
    let vectors: [(&str, Vec<Pattern>); 6] = [
        (
            "43 2f616161 0f 00 0f 0a",
            vec![Pattern::Literal(text("/aaa"))],
        ),
        (
            "43 2f616161 0f 40 2f 80 0a 00 0f 0a",
            vec![Pattern::Subpath(text("/aaa"))],
        ),
        ("43 2f616161 0f 0a", vec![Pattern::Prefix(text("/aaa"))]),
        (
            "40 2f 0f 42 626262 82 00 0f 0a 42 616161 0f 00 0f 0a",
            vec![
                Pattern::Literal(text("/bbb")),
                Pattern::Literal(text("/aaa")),
            ],
        ),
        (
            "40 2f 0f 40 61 8d 41 2f61 82 00 0f 0a 41 6161 0f 00 0f 0a 44 622f612f63 0f 00 0f 0a",
            ["/a/a", "/aaa", "/b/a/c"]
                .map(|one| Pattern::Literal(text(one)))
                .to_vec(),
        ),
        (
            "40 2f 0f 40 2f 80 0a 00 0f 0a",
            vec![Pattern::Prefix(text("//")), Pattern::Literal(text("/"))],
        ),
    ];
    for (hex, patterns) in vectors {
        assert_eq!(
            program(hex).patterns(&no_variables).as_ref(),
            Ok(&patterns),
            "{hex}"
        );
    }
    let regexes = [
        (
            "03 2f 0f 0b01 30ff 002e 0f 02 2f 0f 47 53435f496e666f2f 0f 0a",
            "/[^/][^/]*/SC_Info/",
        ),
        (
            "40 2f 0f 0b00 00ff 0f 46 74726173686573 0f 0a",
            "^/.trashes",
        ),
    ];
    for (hex, source) in regexes {
        let patterns = program(hex).patterns(&no_variables).expect("patterns");
        let wanted = Regex::new(source).expect("an expression");
        assert_same(&patterns, &[Pattern::Regex(wanted)]);
    }
}

#[test]
fn variables_stand_by_their_names() {
    let program =
        program("11 0f 52 2f58636f64654275696c7450726f6475637473 0f 40 2f 80 0a 00 0f 0a");
    let home = |index: u16| (index == 1).then(|| b"${HOME}".to_vec());
    let wanted = Pattern::Subpath(b"${HOME}/XcodeBuiltProducts".to_vec());
    assert_eq!(program.patterns(&home), Ok(vec![wanted]));
    let value = |_: u16| Some(b"/home/me".to_vec());
    assert!(program.matches(b"/home/me/XcodeBuiltProducts/x", &value));
    assert!(!program.matches(b"/home/me/XcodeBuiltProductsx", &value));
}

/// What a tree of alternatives is made of.
#[derive(Clone, Debug)]
enum Tree {
    End,
    Below,
    Anything,
    Text(Vec<u8>, Box<Tree>),
    Class(bool, Vec<(u8, u8)>, Box<Tree>),
    Scan(u8, Box<Tree>),
    Search(u8, Box<Tree>),
    /// First what holds behind the test, then what if it does not hold.
    Branch(Vec<u8>, Box<Tree>, Box<Tree>),
}

impl Tree {
    fn write(&self, out: &mut Vec<u8>) {
        use Instruction::{Accept, BranchUnless, End, Ranges, Require, Run, ScanTo, SearchFor};
        let mut all = |instructions: &[Instruction]| {
            instructions.iter().for_each(|one| one.write(out));
        };
        match self {
            Self::End => all(&[End, Require, Accept]),
            Self::Below => all(&[
                Run(vec![b'/']),
                BranchUnless(1),
                Accept,
                End,
                Require,
                Accept,
            ]),
            Self::Anything => all(&[Accept]),
            Self::Text(text, next) => {
                all(&[Run(text.clone()), Require]);
                next.write(out);
            }
            Self::Class(excluded, ranges, next) => {
                let (excluded, ranges) = (*excluded, ranges.clone());
                all(&[Ranges { excluded, ranges }, Require]);
                next.write(out);
            }
            Self::Scan(byte, next) => {
                all(&[ScanTo(*byte), Require]);
                next.write(out);
            }
            Self::Search(byte, next) => {
                all(&[SearchFor(*byte), Require]);
                next.write(out);
            }
            Self::Branch(text, held, other) => {
                let mut inner = Vec::new();
                held.write(&mut inner);
                all(&[Run(text.clone()), BranchUnless(inner.len() as u32)]);
                out.extend(inner);
                other.write(out);
            }
        }
    }

    fn program(&self) -> Program {
        let mut code = Vec::new();
        self.write(&mut code);
        Program::read(&code).expect("a program")
    }
}

fn letter() -> impl Strategy<Value = u8> {
    prop::sample::select(&b"ab/"[..])
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![Just(Tree::End), Just(Tree::Below), Just(Tree::Anything)];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let text = || prop::collection::vec(letter(), 1..4);
        let ranges = prop::collection::vec((letter(), letter()), 1..3);
        prop_oneof![
            3 => (text(), inner.clone()).prop_map(|(t, next)| Tree::Text(t, next.into())),
            1 => (any::<bool>(), ranges, inner.clone())
                .prop_map(|(e, r, next)| Tree::Class(e, r, next.into())),
            1 => (letter(), inner.clone()).prop_map(|(b, next)| Tree::Scan(b, next.into())),
            1 => (letter(), inner.clone()).prop_map(|(b, next)| Tree::Search(b, next.into())),
            4 => (text(), inner.clone(), inner)
                .prop_map(|(t, one, other)| Tree::Branch(t, one.into(), other.into())),
        ]
    })
}

/// Any instructions, branches cut to where one starts.
fn wild() -> impl Strategy<Value = Program> {
    let one = prop_oneof![
        6 => prop::collection::vec(letter(), 1..3).prop_map(Instruction::Run),
        2 => (any::<bool>(), letter(), letter()).prop_map(|(excluded, low, high)| {
            Instruction::Ranges { excluded, ranges: vec![(low, high)] }
        }),
        2 => Just(Instruction::End),
        1 => letter().prop_map(Instruction::ScanTo),
        1 => letter().prop_map(Instruction::SearchFor),
        5 => Just(Instruction::Require),
        6 => (0_u32..12).prop_map(Instruction::BranchUnless),
        2 => Just(Instruction::Accept),
        1 => Just(Instruction::Fail),
        1 => Just(Instruction::Push),
        1 => Just(Instruction::Pop),
        1 => Just(Instruction::Restore),
    ];
    prop::collection::vec(one, 1..14).prop_map(|mut instructions| {
        instructions.push(Instruction::Accept);
        let mut starts = vec![0];
        for one in &instructions {
            let mut code = Vec::new();
            one.write(&mut code);
            starts.push(starts.last().copied().unwrap_or(0) + code.len());
        }
        let last = instructions.len() - 1;
        for (index, one) in instructions.iter_mut().enumerate() {
            if let Instruction::BranchUnless(skip) = one {
                let target = (index + 2 + *skip as usize % 4).min(last);
                let skipped = starts[target].saturating_sub(starts[index + 1]);
                *one = match skipped {
                    0 => Instruction::Require,
                    some => Instruction::BranchUnless(some as u32),
                };
            }
        }
        let mut code = Vec::new();
        instructions.iter().for_each(|one| one.write(&mut code));
        Program::read(&code).expect("a program")
    })
}

/// All texts over the letters and one more byte, up to a length.
fn texts(longest: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|text: &Vec<u8>| b"ab/z".iter().map(|b| [text.as_slice(), &[*b]].concat()))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn assert_patterns_match_as(program: &Program, patterns: &[Pattern]) {
    for text in texts(5) {
        let ours = patterns.iter().any(|pattern| pattern.matches(&text));
        let wanted = program.matches(&text, &no_variables);
        let shown = text.escape_ascii();
        assert_eq!(
            ours,
            wanted,
            "\"{shown}\" of {patterns:?}, {:?}",
            program.steps()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn trees_are_their_patterns(tree in tree()) {
        let program = tree.program();
        let patterns = program.patterns(&no_variables).expect("patterns");
        assert_patterns_match_as(&program, &patterns);
        let whole = program.regex(&no_variables).expect("an expression");
        assert_same(&patterns, whole.as_slice());
    }

    #[test]
    fn any_program_that_converts_does_so_exactly(program in wild()) {
        if let Ok(patterns) = program.patterns(&no_variables) {
            assert_patterns_match_as(&program, &patterns);
        }
    }
}
