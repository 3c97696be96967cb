//! Classic BPF for seccomp: our own emitter, a binary search over call numbers with a test of
//! registers at each leaf.
//!
//! The program sees `struct seccomp_data` (linux/seccomp.h): number, architecture, instruction
//! pointer and six arguments, each as two 32-bit words.

use super::arch::{AUDIT_ARCH, FOREIGN_FROM};

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const JUMP: u16 = 0x05; // BPF_JMP | BPF_JA
const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Goes on without us.
    Allow,
    /// Is sent to the supervisor.
    Notify,
    /// Fails with this errno at once.
    Errno(u16),
}

impl Fate {
    fn code(self) -> u32 {
        match self {
            Self::Allow => libc::SECCOMP_RET_ALLOW,
            Self::Notify => libc::SECCOMP_RET_USER_NOTIF,
            Self::Errno(errno) => libc::SECCOMP_RET_ERRNO | u32::from(errno),
        }
    }
}

/// A test of the low 32 bits of an argument (the kernel reads `int` and flag arguments so), or of
/// its high ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Which argument, 0–5.
    pub(crate) argument: u8,
    /// True to test the high word.
    pub(crate) high: bool,
    /// Bits looked at.
    pub(crate) mask: u32,
    /// What they are compared with.
    pub(crate) value: u32,
    /// True: must equal; false: must differ.
    pub(crate) equal: bool,
}

/// A call with the alternatives that lead to a fate: any whose conditions all hold. Without a
/// match the call is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    /// Number of the call.
    pub(crate) number: u32,
    /// What a match leads to.
    pub(crate) fate: Fate,
    /// Alternatives, each a conjunction.
    pub(crate) cases: Vec<Vec<Condition>>,
}

fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}

fn finish(fate: Fate) -> libc::sock_filter {
    instruction(RETURN, 0, 0, fate.code())
}

/// The program for a set of calls. Calls of another architecture, or numbered for x32, fail with
/// ENOSYS so that nothing goes past the table.
pub(crate) fn program(mut leaves: Vec<Leaf>) -> Vec<libc::sock_filter> {
    leaves.sort_by_key(|leaf| leaf.number);
    let refuse = finish(Fate::Errno(libc::ENOSYS as u16));
    let mut out = vec![
        instruction(LOAD, 0, 0, ARCHITECTURE),
        instruction(EQUAL, 1, 0, AUDIT_ARCH),
        refuse,
        instruction(LOAD, 0, 0, NUMBER),
    ];
    if let Some(foreign) = FOREIGN_FROM {
        out.extend([instruction(AT_LEAST, 0, 1, foreign), refuse]);
    }
    out.extend(search(&leaves));
    out
}

fn search(leaves: &[Leaf]) -> Vec<libc::sock_filter> {
    match leaves {
        [] => vec![finish(Fate::Allow)],
        [leaf] => {
            let body = leaf_body(leaf);
            let mut out = skip_unless(EQUAL, leaf.number, body.len());
            out.extend(body);
            out.push(finish(Fate::Allow));
            out
        }
        _ => {
            let (low, high) = leaves.split_at(leaves.len() / 2);
            let below = search(low);
            let mut out = match u8::try_from(below.len()) {
                Ok(far) => vec![instruction(AT_LEAST, far, 0, high[0].number)],
                Err(_) => vec![
                    instruction(AT_LEAST, 0, 1, high[0].number),
                    instruction(JUMP, 0, 0, below.len() as u32),
                ],
            };
            out.extend(below);
            out.extend(search(high));
            out
        }
    }
}

/// Goes over the next `length` instructions unless the accumulator passes the test.
fn skip_unless(test: u16, value: u32, length: usize) -> Vec<libc::sock_filter> {
    match u8::try_from(length) {
        Ok(far) => vec![instruction(test, 0, far, value)],
        Err(_) => {
            vec![
                instruction(test, 1, 0, value),
                instruction(JUMP, 0, 0, length as u32),
            ]
        }
    }
}

fn leaf_body(leaf: &Leaf) -> Vec<libc::sock_filter> {
    let mut out = Vec::new();
    for case in &leaf.cases {
        let mut rest = vec![finish(leaf.fate)];
        for condition in case.iter().rev() {
            let mut code = vec![instruction(LOAD, 0, 0, offset(condition))];
            if condition.mask != u32::MAX {
                code.push(instruction(AND, 0, 0, condition.mask));
            }
            // A case is a handful of instructions: the jump always fits in a byte.
            let past = rest.len() as u8;
            let (jt, jf) = if condition.equal {
                (0, past)
            } else {
                (past, 0)
            };
            code.push(instruction(EQUAL, jt, jf, condition.value));
            code.append(&mut rest);
            rest = code;
        }
        out.append(&mut rest);
    }
    out.push(finish(Fate::Allow));
    out
}

/// Where a word of an argument lies in `seccomp_data` on a little-endian machine.
fn offset(condition: &Condition) -> u32 {
    16 + 8 * u32::from(condition.argument) + if condition.high { 4 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Longest program the kernel takes (`BPF_MAXINSNS`).
    const MAX_INSTRUCTIONS: usize = 4096;

    /// A small interpreter of the instructions that we emit.
    fn run(program: &[libc::sock_filter], data: &[u8; 64]) -> u32 {
        let mut accumulator = 0;
        let mut at = 0;
        loop {
            let i = program[at];
            at += 1;
            match i.code {
                LOAD => {
                    let from = i.k as usize;
                    let word = data[from..from + 4].try_into().unwrap();
                    accumulator = u32::from_le_bytes(word);
                }
                AND => accumulator &= i.k,
                JUMP => at += i.k as usize,
                EQUAL => at += usize::from(if accumulator == i.k { i.jt } else { i.jf }),
                AT_LEAST => at += usize::from(if accumulator >= i.k { i.jt } else { i.jf }),
                RETURN => return i.k,
                other => panic!("instruction {other:#x}"),
            }
        }
    }

    fn data(number: u32, architecture: u32, arguments: [u64; 6]) -> [u8; 64] {
        let mut out = [0; 64];
        out[0..4].copy_from_slice(&number.to_le_bytes());
        out[4..8].copy_from_slice(&architecture.to_le_bytes());
        for (i, argument) in arguments.iter().enumerate() {
            out[16 + 8 * i..24 + 8 * i].copy_from_slice(&argument.to_le_bytes());
        }
        out
    }

    fn condition() -> impl Strategy<Value = Condition> {
        (0u8..6, any::<bool>(), 0u32..8, 0u32..8, any::<bool>()).prop_map(
            |(argument, high, mask, value, equal)| Condition {
                argument,
                high,
                mask: if mask == 7 { u32::MAX } else { mask },
                value,
                equal,
            },
        )
    }

    fn expected(leaves: &[Leaf], number: u32, arguments: [u64; 6]) -> u32 {
        let Some(leaf) = leaves.iter().find(|leaf| leaf.number == number) else {
            return libc::SECCOMP_RET_ALLOW;
        };
        let holds = |c: &Condition| {
            let word = arguments[usize::from(c.argument)] >> if c.high { 32 } else { 0 };
            ((word as u32 & c.mask) == c.value) == c.equal
        };
        let matched = leaf.cases.iter().any(|case| case.iter().all(holds));
        if matched {
            leaf.fate.code()
        } else {
            libc::SECCOMP_RET_ALLOW
        }
    }

    proptest! {
        #[test]
        fn program_says_what_the_leaves_say(
            numbers in prop::collection::btree_set(0u32..500, 0..120),
            cases in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(condition(), 0..4), 0..6), 120),
            asked in prop::collection::vec((0u32..500, prop::array::uniform6(0u64..8)), 50),
            shift in any::<bool>(),
        ) {
            let fates = [Fate::Notify, Fate::Errno(38), Fate::Allow];
            let leaves: Vec<Leaf> = numbers.iter().zip(cases).enumerate()
                .map(|(i, (number, cases))| Leaf { number: *number, fate: fates[i % 3], cases })
                .collect();
            let program = program(leaves.clone());
            prop_assert!(program.len() <= MAX_INSTRUCTIONS);
            for (number, arguments) in asked {
                let arguments = arguments.map(|a| if shift { a << 32 | a } else { a });
                let got = run(&program, &data(number, AUDIT_ARCH, arguments));
                prop_assert_eq!(got, expected(&leaves, number, arguments));
            }
        }
    }

    #[test]
    fn foreign_conventions_fail() {
        let program = program(vec![]);
        let fate = |number, architecture| run(&program, &data(number, architecture, [0; 6]));
        let refused = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
        assert_eq!(fate(1, AUDIT_ARCH), libc::SECCOMP_RET_ALLOW);
        // i386, x86-64, 32-bit ARM and AArch64 (linux/audit.h).
        for other in [0x4000_0003, 0xc000_003e, 0x4000_0028, 0xc000_00b7] {
            if other != AUDIT_ARCH {
                assert_eq!(fate(1, other), refused, "{other:#x}");
            }
        }
        if let Some(foreign) = FOREIGN_FROM {
            assert_eq!(fate(1 | foreign, AUDIT_ARCH), refused);
        }
    }
}
