//! Compiled profiles as rules: they decide the same, and compile to the same bytes again.
#![allow(missing_docs)]

mod support;

use lapbelt_analysis::decompile::{DecompileError, decompile};
use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::decode::decode;
use lapbelt_blob::encode::encode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::rule::Policy;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::{WORLD, generate::profile, policy, subject, witnesses};

/// The rules that bytes are decompiled to, which are shown to decide as `source` does.
fn decompiled(bytes: &[u8], source: &Policy) -> Policy {
    tried(bytes, source).expect("rules")
}

fn tried(bytes: &[u8], source: &Policy) -> Result<Policy, DecompileError> {
    let blob = decode(bytes, &WORLD).expect("a good blob");
    let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a graph");
    let whole = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, &WORLD);
    let answer = diff(&subject(source), &whole, 1);
    assert_eq!(answer.different, []);
    assert_eq!(answer.undecided, Vec::<String>::new());
    decompile(&whole)
}

#[test]
fn what_the_system_compiled_compiles_to_its_bytes_again() {
    let witnesses = witnesses();
    for (name, source, bytes) in &witnesses {
        let policy = decompiled(bytes, source);
        let again = encode(&policy, &WORLD).expect("bytes");
        assert_eq!(again.bytes, *bytes, "{name}");
        assert!(policy.rules.len() <= source.rules.len() + 1, "{name}");
    }
    println!("{} witnesses", witnesses.len());
}

/// Profiles whose rules, read off the graph, compile to other bytes, which decide the same. Of all
/// but the last, a decompiler of others wrote the text: filters within filters, which are grouped
/// in another way when they are read off the graph. The last has a rule for `network-bind` that
/// repeats one for the more general operation.
const OTHER_BYTES: &[&str] = &[
    "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__container.sb",
    "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__gputoolsd.sb",
    "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__mediaserverd.sb",
    "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__transitd.sb",
    "profiles/ios-decompiled/iPad2_1_8.4.1_12H321__AdSheet.sb",
    "profiles/ios-decompiled/iPad2_1_9.3_13E237__assertiond.sb",
    "profiles/ios-decompiled/iPad2_1_9.3_13E237__com.apple.tccd.sb",
    "profiles/ios-decompiled/iPhone5_1_7.0_11A465__CommCenter.sb",
    "profiles/ios-decompiled/iPhone_4.0_64bit_10.1_14B72__ftp-proxy-embedded.sb",
    "profiles/macos-10.15.2/com.apple.smbd.sb",
];

#[test]
fn profiles_of_the_corpus_compile_to_the_same_bytes_again() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    let mut tried = 0;
    let mut others = Vec::new();
    for (name, source) in corpus.iter().filter(|one| one.1.rules.len() < 400) {
        let Ok(first) = encode(source, &WORLD) else {
            continue;
        };
        let blob = decode(&first.bytes, &WORLD).expect("a good blob");
        let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a graph");
        let whole = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, &WORLD);
        let policy = decompile(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        tried += 1;
        if encode(&policy, &WORLD).ok().map(|made| made.bytes) != Some(first.bytes) {
            others.push(name.as_str());
        }
    }
    println!(
        "{} of {tried} compile to the same bytes again",
        tried - others.len()
    );
    others.sort_unstable();
    assert_eq!(others, OTHER_BYTES);
}

/// What is lost in bytes of their own: the same test twice in a row, of which the graph knows one,
/// and rules that decide nothing.
#[test]
fn most_random_profiles_compile_to_the_same_bytes_again() {
    const TRIED: usize = 150;
    let mut runner = TestRunner::deterministic();
    let mut same = 0;
    for _ in 0..TRIED {
        let text = profile().new_tree(&mut runner).expect("a profile");
        let source = policy(&text.current());
        let first = encode(&source, &WORLD).expect("bytes").bytes;
        let again = encode(&decompiled(&first, &source), &WORLD).expect("bytes");
        same += usize::from(again.bytes == first);
    }
    println!("{same} of {TRIED} compile to the same bytes again");
    assert!(same * 100 >= 90 * TRIED, "{same} of {TRIED}");
}

/// Paths are stored in lower case, and so are classes that are given by name or hold signs as well.
#[test]
fn classes_of_letters_are_the_same_in_lower_case() {
    for regex in ["^/[[:alpha:]]$", "^/[^[:upper:]]x$", "[0-C]Z", "^/[ -~]+$"] {
        let text = format!("(version 1)(deny default)(allow file-read* (regex #\"{regex}\"))");
        let source = policy(&text);
        let first = encode(&source, &WORLD).expect("bytes").bytes;
        let again = encode(&decompiled(&first, &source), &WORLD).expect("bytes");
        assert_eq!(again.bytes, first, "{regex}");
    }
}

/// The order in which tests are asked is kept, though a `require-all` has an order of its own.
#[test]
fn alternatives_of_what_must_not_hold_compile_to_the_same_bytes_again() {
    for filters in [
        "(require-any (require-not (literal \"/a\")) (vnode-type DIRECTORY))",
        "(require-not (literal \"/a\" \"/b\")) (extension \"x\") (vnode-type SYMLINK)",
        "(require-not (require-any (require-not (file-mode #o0400)) (literal \"/b\" \"/a\")))",
        "(require-not (literal \"/a/b\" \"/usr\"))",
        "(require-all (require-not (subpath \"/a\" \"/b\")) (require-not (vnode-type TTY)))",
    ] {
        let text = format!("(version 1)(deny default)(allow file-read* {filters})");
        let source = policy(&text);
        let first = encode(&source, &WORLD).expect("bytes").bytes;
        let again = encode(&decompiled(&first, &source), &WORLD).expect("bytes");
        assert_eq!(again.bytes, first, "{filters}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_profiles_come_back(text in profile()) {
        let source = policy(&text);
        let first = encode(&source, &WORLD).expect("bytes");
        let policy = match tried(&first.bytes, &source) {
            // Few graphs have so many ways through them that their rules are too long to write.
            Err(DecompileError::Raise(_)) => return Err(TestCaseError::reject("too long")),
            other => other.expect("rules"),
        };
        let second = encode(&policy, &WORLD).expect("bytes");
        decompiled(&second.bytes, &source);
    }
}

#[test]
fn what_the_compiler_would_not_add_is_not_taken_as_added() {
    for text in [
        "(version 1)(deny default)(allow network-outbound (control-name \"com.apple.flow-divert\"))",
        "(version 1)(deny default)(allow network* (control-name \"com.apple.flow-divert\"))",
        "(version 1)(deny default)(deny syscall-unix)(allow syscall-unix (syscall-number SYS_exit))",
        "(version 1)(deny default)(deny syscall-unix)(allow syscall-unix (syscall-number SYS_exit SYS_read))",
        "(version 2)(deny default)(deny syscall-unix)(allow syscall-unix (syscall-number SYS_exit))",
        "(version 2)(allow default)(deny syscall-unix)",
        "(version 1)(allow default)(deny network-outbound)\
         (allow network-outbound (control-name \"com.apple.flow-divert\"))",
    ] {
        let source = policy(text);
        let bytes = encode(&source, &WORLD).expect("bytes").bytes;
        let rules = decompiled(&bytes, &source);
        let again = encode(&rules, &WORLD).expect("bytes").bytes;
        let compiled = |bytes: &[u8]| {
            let blob = decode(bytes, &WORLD).expect("a good blob");
            compiled(&blob, &blob.profiles[0], &WORLD).expect("a graph")
        };
        let (one, other) = (compiled(&bytes), compiled(&again));
        let one = Subject::of_bytes(one.graph, &one.rules, one.written, &WORLD);
        let other = Subject::of_bytes(other.graph, &other.rules, other.written, &WORLD);
        assert_eq!(diff(&one, &other, 1).different, [], "{text}");
    }
}
