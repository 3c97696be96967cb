//! Compiled profiles as rules: they decide the same, and compile to the same bytes again.
#![allow(missing_docs)]

mod support;

use lapbelt_analysis::decompile::decompile;
use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::decode::decode;
use lapbelt_blob::encode::encode;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::rule::{Action, Policy, Rule};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::again::{assert_same_bytes, decompiled, rules};
use support::{
    WORLD,
    generate::{contradictory_profile, profile},
    policy, witnesses,
};

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

#[test]
fn profiles_of_the_corpus_compile_to_the_same_bytes_again() {
    let Some(corpus) = support::corpus() else {
        return;
    };
    let mut tried = 0;
    for (name, source) in corpus.iter().filter(|one| one.1.rules.len() < 400) {
        let Ok(first) = encode(source, &WORLD) else {
            continue;
        };
        let blob = decode(&first.bytes, &WORLD).expect("a good blob");
        let compiled = compiled(&blob, &blob.profiles[0], &WORLD).expect("a graph");
        let whole = Subject::of_bytes(compiled.graph, &compiled.rules, compiled.written, &WORLD);
        let policy = decompile(&whole).unwrap_or_else(|error| panic!("{name}: {error}"));
        tried += 1;
        let again = encode(&policy, &WORLD).expect("bytes");
        assert!(again.bytes == first.bytes, "{name} compiles to other bytes");
    }
    println!("{tried} compile to the same bytes again");
}

#[test]
fn random_profiles_compile_to_the_same_bytes_again() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let text = profile().new_tree(&mut runner).expect("a profile");
        assert_same_bytes(&text.current());
    }
}

#[test]
fn profiles_that_contradict_themselves_compile_to_the_same_bytes_again() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let text = contradictory_profile().new_tree(&mut runner);
        let text = text.expect("a profile").current();
        let first = encode(&policy(&text), &WORLD).expect("bytes");
        let second = encode(&rules(&first.bytes), &WORLD).expect("bytes");
        // What is the same decides the same.
        assert!(second.bytes == first.bytes, "{text}");
    }
}

#[test]
fn patterns_of_several_programs_compile_to_the_same_bytes_again() {
    let texts = (0..700).map(|n| format!("(literal \"/{n}/{}/{n}\")", "a".repeat(150)));
    let rule = format!(
        "(allow file-read* {} (regex #\"a.*b\"))",
        texts.collect::<String>()
    );
    assert_same_bytes(&format!("(version 1)(deny default){rule}"));
}

/// More conditions than functions are worked out over: they have to be seen to be the same.
#[test]
fn long_profiles_compile_to_the_same_bytes_again() {
    let conditions: Vec<String> = (0..1_100)
        .map(|n| {
            format!(
                r#"(require-all (require-any (subpath "/a/{n}") (literal "/b/{n}")) (extension "e{n}"))"#
            )
        })
        .collect();
    let conditions = conditions.join("\n");
    assert_same_bytes(&format!(
        r#"(version 1) (deny default) (allow file-read* {conditions}) (deny file-read* (regex #"x$"))"#
    ));
}

/// What came to nothing left traces here that only trying tells: a node of one operation at the edge
/// of another, questions asked in vain, nodes that are one if operations say the same.
#[test]
fn what_left_doubtful_traces_compiles_to_the_same_bytes_again() {
    for rules in [
        r#"(deny default)
           (allow process-exec* file-write* (require-all (prefix "/c") (require-all (extension "x") (extension "y")) (require-not (extension "y"))))
           (allow file-read* file-write* (require-not (require-any (subpath "/e/f") (require-all (literal "/c") (vnode-type REGULAR-FILE)))))"#,
        r#"(deny default)
           (allow process-exec* (require-any (require-not (literal "/b")) (literal "/b")))
           (allow process-exec* (require-any (require-all (prefix "/d") (prefix "/a/b") (require-any (subpath "/a/b") (require-not (vnode-type SYMLINK)))) (vnode-type SYMLINK)))"#,
        r#"(deny default)
           (allow process-exec* file-read* (require-not (require-all (extension "x") (literal "/a"))))
           (deny process-exec* (require-all (extension "x") (vnode-type SYMLINK)))
           (deny file-read* (extension "x"))
           (allow file-read* (require-all (require-any (prefix "/e/f") (extension "y")) (extension "y")))"#,
        r#"(allow default)
           (deny file-write* file-read-data (require-all (literal "/b") (extension "z")) (require-all (require-any (require-not (vnode-type SYMLINK)) (vnode-type DIRECTORY)) (require-all (require-not (require-any (vnode-type SYMLINK) (vnode-type DIRECTORY))) (vnode-type DIRECTORY))))
           (allow file-write* (require-all (literal "/b") (extension "z")))"#,
        r#"(deny default)
           (deny file-write-data (prefix "/b"))
           (allow file-write* (extension "x"))
           (deny file-write-data (require-all (require-any (require-all (prefix "/b") (extension "x")) (extension "x")) (require-not (extension "x"))))"#,
        r#"(deny default)
           (allow file-read-data (require-any (require-all (require-any (literal "/e/f") (require-all (subpath "/a") (literal "/b"))) (require-all (require-all (literal "/b") (subpath "/c")) (literal "/a") (extension "x"))) (require-any (require-all (require-any (prefix "/c") (extension "y")) (literal "/c")) (require-any (require-any (subpath "/d") (extension "y")) (require-not (extension "y"))))))"#,
        r#"(allow default)
           (deny file-write-data file-read* (require-any (require-all (require-any (extension "x") (subpath "/a/b")) (extension "y")) (require-not (literal "/d"))) (literal "/d"))
           (allow file-write-data (extension "z"))
           (deny file-write-data (require-not (literal "/c")))"#,
        r#"(allow default)
           (allow file-read-metadata (vnode-type REGULAR-FILE))
           (deny file-read-metadata file-read* (extension "y") (require-all (vnode-type REGULAR-FILE) (require-any (subpath "/b") (require-not (vnode-type REGULAR-FILE)))))"#,
    ] {
        assert_same_bytes(&format!("(version 1) {rules}"));
    }
}

/// What equal decisions can be written as in more than one way, each of which has bytes of its own.
#[test]
fn what_could_be_said_otherwise_compiles_to_the_same_bytes_again() {
    for rules in [
        // Two questions of one filter that are not one, and alternatives that are.
        "(allow sysctl-read (require-all (require-not (sysctl-name \"a\")) (require-not (sysctl-name-prefix \"b\"))))",
        "(allow sysctl-read (require-not (require-not (sysctl-name \"a\"))) (sysctl-name \"b\"))",
        "(allow nvram-get (require-all (nvram-variable \"a\") (nvram-variable \"b\")) (nvram-variable \"c\"))",
        // Groups that say nothing, but keep an expression from becoming a matching program.
        "(allow file-read* (regex #\"^/(ab)c$\"))",
        "(allow file-read* (regex #\"/(h[ij])\"))",
        "(allow file-read* (regex #\"(ef)+g\"))",
        "(allow mach-lookup (global-name-regex #\"(ef)g\" #\"hi()\" #\"(jk){2}\"))",
        // A rule that says what would hold anyway.
        "(deny signal mach-task-name)",
        "(allow mach-task-name mach-priv-task-port (with report))",
        "(deny network-inbound network-bind (regex \"^/a\") (with no-log))(allow network-bind (socket-domain AF_INET))",
        "(allow default)(deny network-bind network-inbound (control-name \"a\"))(allow network-bind (local tcp \"*:80\"))",
        "(deny sysctl-read sysctl* (sysctl-name-prefix \"a\"))(deny sysctl-read (sysctl-name \"b\"))",
        "(allow default)(deny network* (remote unix-socket) (path-prefix \"/a b\"))",
        // Edges that the compiler shortens.
        "(allow nvram-set (require-all (nvram-variable \"b\") (nvram-variable \"c\")) (nvram-variable \"c\"))",
        "(deny nvram-set (require-all (require-any (nvram-variable \"a\") (require-all (nvram-variable \"b\") (nvram-variable \"c\"))) (nvram-variable \"c\")))",
        "(deny iokit-open (require-all (iokit-connection \"a\" \"b\") (iokit-connection \"c\" \"b\")))",
        "(deny mach-lookup (require-entitlement \"e\"))(allow mach-lookup (require-all (require-entitlement \"e\") (global-name \"x\")))",
        // Questions that nothing follows from.
        "(allow iokit-open-user-client (require-any (iokit-connection \"a\" \"b\") (require-not (iokit-connection \"b\"))))",
        "(allow system-socket (require-all (socket-domain AF_INET) (socket-type SOCK_RAW) (require-not (socket-type SOCK_RAW))))",
        "(allow file-ioctl (require-all (require-any (require-all (subpath \"/d\") (literal \"/c\"))\
         (require-all (literal \"/e\") (extension \"a\"))) (require-not (extension \"a\"))))",
        "(allow file-ioctl (vnode-type DIRECTORY))(allow file-ioctl (require-all (extension \"a\")\
         (require-not (require-all (vnode-type DIRECTORY) (literal \"/b\") (require-not (literal \"/b\"))))))",
        // Rules that contradict themselves, some of whose questions are left.
        "(allow mach-lookup (global-name \"c\"))(deny mach-lookup (require-all (global-name \"b\") (global-name-prefix \"a\") (require-not (global-name-prefix \"a\"))))",
        "(allow file-ioctl)(deny file-ioctl (require-all (require-entitlement \"b\") (signing-identifier \"x\") (require-not (signing-identifier \"x\"))))",
        "(allow ipc-posix-shm* (require-all (require-any (ipc-posix-name \"a\") (require-all (extension \"b\") (extension \"a\"))) (require-not (extension \"a\"))))",
        "(allow mach-register (require-not (require-all (global-name \"b\") (require-not (global-name \"b\")))))(allow mach-register (require-entitlement \"a\"))",
        "(allow file-read-metadata (require-all (file-mode #o4000) (file-mode #o2000) (require-not (file-mode #o2000))))",
        "(deny system-socket)(allow system-socket (require-any (require-all (socket-type SOCK_RAW) (socket-domain AF_INET) (require-not (socket-domain AF_INET))) (socket-type SOCK_RAW)))",
        // Nodes of several operations that came to ask in vain, each of which had its own behind it.
        "(allow file-write* (subpath \"/a\"))(allow process-exec* file-write* (require-not (require-all (literal \"/c\") (literal \"/b\") (require-not (literal \"/b\")))))",
        "(allow file-read* (subpath \"/c\"))(allow file-write* (literal \"/a\"))(deny file-read* file-write* (require-any (extension \"z\") (require-not (require-all (literal \"/a\") (require-not (literal \"/a\"))))))",
        // Edges that the compiler would have shortened, but for what it took away before it did.
        "(allow file-write-data (vnode-type REGULAR-FILE))(deny file-write-data (require-all (vnode-type REGULAR-FILE) (subpath \"/c\") (require-any (extension \"z\") (require-all (require-any (vnode-type REGULAR-FILE) (literal \"/b\")) (require-not (literal \"/b\"))))))",
        "(allow default)(deny file-write-data (extension \"y\"))(allow file-write-data (require-all (require-any (extension \"y\") (literal \"/c\")) (subpath \"/c\") (require-not (subpath \"/c\"))))",
        "(allow file-read-data (prefix \"/c\"))(deny file-read-data (vnode-type REGULAR-FILE))(allow file-read-data (require-all (vnode-type REGULAR-FILE) (vnode-type SYMLINK) (require-not (vnode-type SYMLINK))) (require-all (vnode-type REGULAR-FILE) (vnode-type DIRECTORY)))",
        // An edge within a filter that was shortened past the next condition.
        "(allow default)(allow file-read-data (require-all (require-any (require-all (vnode-type REGULAR-FILE) (require-any (extension \"x\") (literal \"/b\"))) (extension \"y\")) (require-not (extension \"x\"))) (subpath \"/a\"))(deny file-read* (extension \"x\"))",
        // A question that contradicts itself before an equal one, and one that is there for itself.
        "(allow default)(deny file-read* (require-all (extension \"x\") (vnode-type SYMLINK)))(deny file-read* (require-all (subpath \"/d\") (require-any (prefix \"/c\") (require-all (vnode-type SYMLINK) (require-not (vnode-type SYMLINK))))))",
        "(allow file-read* process-exec* (extension \"x\"))(allow process-exec* (require-all (extension \"z\") (require-any (require-all (require-any (vnode-type REGULAR-FILE) (subpath \"/d\") (literal \"/e/f\")) (subpath \"/b\")) (extension \"x\"))))",
        "(allow file-read* process-exec* (prefix \"/b\") (extension \"x\"))(allow process-exec* (require-all (extension \"z\") (require-any (require-all (require-any (vnode-type REGULAR-FILE) (subpath \"/d\") (literal \"/e/f\")) (subpath \"/b\")) (extension \"x\"))))(allow process-exec* (literal \"/a/b\"))",
        // Which edge of a node led to its equal, and questions that were asked again for what was taken away later.
        "(allow default)(allow file-read-data (require-all (extension \"x\") (require-not (literal \"/b\")) (require-not (require-not (literal \"/b\")))))(deny file-read* (literal \"/c\"))(allow file-read* (extension \"x\"))",
        "(allow default)(deny file-write* (require-all (subpath \"/a\") (require-any (require-not (extension \"z\")) (literal \"/b\")) (literal \"/b\")))(deny process-exec* (literal \"/b\"))",
        "(allow default)(deny file-write-data (require-not (subpath \"/c\")))(deny file-read-metadata file-write-data (require-not (require-any (vnode-type REGULAR-FILE) (subpath \"/c\"))))",
        "(allow process-exec* file-read* (require-not (extension \"x\")))(deny process-exec* (require-any (literal \"/c\") (require-all (extension \"x\") (vnode-type SYMLINK))))(deny file-read* (extension \"x\"))",
        "(allow default)(deny file-write-data (require-all (require-any (require-all (literal \"/c\") (require-any (vnode-type REGULAR-FILE) (literal \"/c\") (vnode-type DIRECTORY))) (require-not (vnode-type DIRECTORY))) (literal \"/c\")))",
        "(allow default)(deny file-read* (vnode-type REGULAR-FILE))(deny file-read* (require-not (require-any (require-all (literal \"/a\") (require-any (vnode-type REGULAR-FILE) (literal \"/c\"))) (require-not (literal \"/c\")))))",
        "(allow default)(deny file-read* file-write* (require-all (require-any (prefix \"/a\") (extension \"y\")) (require-any (extension \"x\") (subpath \"/b\"))) (require-not (subpath \"/b\")))(deny file-read* (subpath \"/b\"))",
        "(allow default)(deny file-write* (extension \"z\"))(deny file-write* (require-all (require-not (vnode-type REGULAR-FILE)) (require-any (require-all (require-all (vnode-type SYMLINK) (literal \"/b\")) (require-all (literal \"/c\") (subpath \"/a\"))) (require-any (subpath \"/b\") (extension \"y\") (require-not (extension \"y\"))))))",
        "(allow file-read-data (require-all (require-not (literal \"/c\")) (require-any (require-any (require-all (subpath \"/a\") (extension \"x\")) (require-not (literal \"/c\")) (prefix \"/b\")) (require-any (require-not (subpath \"/b\")) (vnode-type REGULAR-FILE)))) (require-not (vnode-type REGULAR-FILE)))",
        // The same nodes at the end of one operation and at the start of another.
        "(allow file-read* file-write* (require-all (require-any (require-all (extension \"y\") (require-any (literal \"/a\") (subpath \"/e/f\"))) (require-any (subpath \"/e/f\") (vnode-type DIRECTORY))) (vnode-type DIRECTORY)))(allow file-read* (literal \"/a/b\"))",
        "(allow file-read* process-exec* (prefix \"/b\") (extension \"x\"))(allow process-exec* (require-all (require-not (extension \"z\")) (require-any (require-all (literal \"/c\") (literal \"/d\")) (extension \"x\"))))(allow process-exec* (literal \"/a/b\"))",
        "(allow file-read-data (literal \"/a/b\"))(allow file-read* (vnode-type DIRECTORY))(deny file-read-data (require-all (literal \"/c\") (literal \"/a/b\")))(allow file-write* (vnode-type SYMLINK))(deny file-write* (require-all (extension \"z\") (require-not (literal \"/b\")) (literal \"/b\")))(allow file-read* (literal \"/a/b\"))",
        "(allow process-exec* file-write* (require-not (require-not (require-all (prefix \"/c\") (require-all (extension \"x\") (extension \"y\")) (require-not (extension \"y\"))))))(allow file-write* (require-not (require-any (vnode-type SYMLINK) (literal \"/c\"))))(deny file-write* (literal \"/d\"))",
        // A rule to which all edges were shortened, from both sides of what it asks.
        "(allow default)(allow file-read-metadata (vnode-type REGULAR-FILE))(deny file-read-metadata file-read* (extension \"y\") (require-all (vnode-type REGULAR-FILE) (require-any (subpath \"/b\") (require-not (vnode-type REGULAR-FILE)))))",
        // A question asked in vain that several operations come to, in rules that read otherwise.
        "(allow file-write* file-read* (require-all (require-any (literal \"/b\") (require-not (vnode-type DIRECTORY)) (vnode-type DIRECTORY)) (subpath \"/c\")))(allow file-write* (literal \"/c\"))",
        "(allow file-write* (literal \"/a\"))(deny file-write* (require-any (extension \"z\") (require-not (require-not (literal \"/a\")))))",
        // A boundary between rules that shortened edges hide.
        "(allow ipc-posix-shm* (ipc-posix-name-prefix \"a\" \"b\") (with telemetry))(deny ipc-posix-shm* (require-not (require-any (ipc-posix-name-regex #\"z$\") (ipc-posix-name-prefix \"b\"))))",
        "(allow iokit-set-properties (require-all (iokit-connection \"a\") (require-any (iokit-user-client-class \"a\" \"b\") (iokit-user-client-class \"c\"))) (iokit-user-client-class \"b\"))",
        // Nodes of several operations that are equal, but were not when equal nodes were joined.
        "(deny ipc-posix-shm-write-data (require-not (ipc-posix-name-regex #\"x\")))(allow ipc-posix-shm*)(allow ipc-posix-sem* ipc-posix-shm-write-data (ipc-posix-name-regex #\"x\"))",
        "(deny nvram-get (nvram-variable \"a\"))(deny nvram-get nvram-set (nvram-variable \"a\") (with no-report))",
        "(allow mach-task-name (require-not (target self)))(deny process-info* mach-task-name (target self))(deny mach-task-name (target others))",
    ] {
        let text = format!("(version 1)(deny default){rules}");
        assert_same_bytes(&text);
    }
    // What the compiler added for a rule that came to nothing.
    assert_same_bytes(
        "(version 3)(allow iokit-open (iokit-connection \"a\"))\
         (deny iokit-open-user-client (iokit-connection \"a\"))",
    );
    // What the library adds before rules that came to nothing.
    assert_same_bytes(
        "(version 1)(deny default)(allow default (require-not (regex #\"^/usr/[^/]+$\")))\
         (allow default (regex #\"^/usr/[^/]+$\"))",
    );
    assert_same_bytes(
        "(version 1)(deny default)(allow default (require-not (subpath \"/a\")) (subpath \"/a\"))\
         (allow file* (literal \"/a\"))",
    );
    for text in [
        "(version 1)(deny default)(allow mach-task-name (target others))(allow mach-task-name (require-not (target others)))",
        "(version 3)(deny default)(allow signal (target pgrp) (require-not (target pgrp)))",
        "(version 2)(deny default)(allow mach-task-name (require-all (require-not (uid 1)) (uid 1)))",
    ] {
        assert_same_bytes(text);
    }
    // What looks like a rule of the compiler's in a version that has none, and a decision more.
    assert_same_bytes(
        "(version 1)(deny syscall-unix (syscall-number 5))(allow syscall-unix (syscall-number 4))",
    );
    assert_same_bytes(
        "(version 1)(allow default)(deny device-camera (with send-signal SIGKILL))\
         (deny sysctl-read sysctl* (sysctl-name \"a\"))",
    );
}

/// Several rules may be less to read than one that says when all of them do not apply.
#[test]
fn rules_with_exceptions_are_not_said_as_one_condition() {
    let source = policy(
        "(version 1)(deny default)(deny file-link (subpath \"/l\"))\
         (allow file-link (require-all (subpath \"/l/m\") (extension \"u\")) (subpath \"/c\")\
         (require-all (subpath \"/l/m\") (extension \"rw\")))",
    );
    let bytes = encode(&source, &WORLD).expect("bytes").bytes;
    let policy = decompiled(&bytes, &source);
    let actions: Vec<Action> = policy.rules.iter().map(|rule| rule.action).collect();
    assert_eq!(actions, [Action::Deny, Action::Deny, Action::Allow]);
}

/// What a person wrote, who said it as it is best read.
#[test]
fn plain_profiles_come_back_as_they_were_written() {
    for text in [
        "(version 1)(allow default)",
        "(version 1)(deny default)(allow mach*)",
        "(version 1)(deny default)(allow file-read*)(deny file-read* (subpath \"/s\"))",
        "(version 1)(deny default)(allow file-read*)(deny file-read* (subpath \"/s\"))\
         (allow file-read* (literal \"/s/k\"))",
        "(version 1)(allow default)(deny file-write*)(allow file-write* (subpath \"/w\"))",
        "(version 1)(deny default)(deny process-exec* (with send-signal SIGKILL))\
         (allow process-exec* (subpath \"/bin\"))",
        "(version 1)(deny default)(allow file-write* (require-all (subpath \"/w\")\
         (require-not (subpath \"/w/.git\")) (require-not (subpath \"/w/.x\"))))",
        "(version 1)(allow default)(deny file-write*)\
         (allow file-write* (subpath \"/a\") (subpath \"/b\") (extension \"e\"))",
        "(version 1)(deny default)(allow file-read*\
         (require-all (subpath \"/k\") (require-not (vnode-type SYMLINK))) (subpath \"/usr\"))",
        "(version 1)(deny default)(allow file-write*\
         (require-all (subpath \"/k\") (require-not (vnode-type SYMLINK)))\
         (require-all (subpath \"/l\") (require-not (vnode-type SYMLINK))))",
        "(version 1)(deny default)(allow process-exec* (require-all (subpath \"/usr\")\
         (require-not (literal \"/usr/a\")) (require-not (literal \"/usr/b\"))))",
        "(version 2)(deny default)(allow syscall-unix (syscall-number SYS_read))",
        // What the compiler adds in later versions.
        "(version 1)(deny default)(deny syscall-unix (with send-signal SIGKILL))\
         (allow syscall-unix (syscall-number SYS_exit SYS_read SYS_kill))",
        "(version 1)(deny default)(allow file-read* file-write* (subpath \"/w\"))\
         (deny file-write* (subpath \"/w/.git\"))",
        "(version 1)(deny default)(allow file-read* (literal \"/a\"))\
         (deny file-read* (subpath \"/a/b\") (extension \"e\"))\
         (allow file-read* file-write* (literal \"/c\"))",
        "(version 1)(deny default)(allow file-read* file-write* (subpath \"/a\") (literal \"/b\"))\
         (allow file-read* (subpath \"/c\") (literal \"/d\"))",
        "(version 1)(deny default)(allow file-read* (subpath \"/c\") (literal \"/d\"))\
         (allow file-read* file-write* (subpath \"/a\") (literal \"/b\"))",
        "(version 1)(deny default)(allow file-read* (require-all (subpath \"/a\")\
         (require-not (literal \"/a/x\")) (require-not (regex #\"/\\.git/\"))))",
    ] {
        let source = policy(text);
        let bytes = encode(&source, &WORLD).expect("bytes").bytes;
        let policy = decompiled(&bytes, &source);
        let said = |policy: &Policy| {
            let rules = policy.rules.iter();
            let rules = rules.map(|rule| {
                let filters: Vec<_> = rule.filters.iter().map(|one| one.filter.clone()).collect();
                (rule.action, rule.operations.clone(), filters)
            });
            rules.collect::<Vec<_>>()
        };
        assert_eq!(said(&policy)[1..], said(&source)[1..], "{text}");
    }
}

/// Rules of a message filter are found as those of a profile are, and name each operation that it is
/// about.
#[test]
fn message_filters_come_back_as_they_were_written() {
    for rules in [
        "(allow iokit-external-method)",
        "(deny default-message-filter) (allow iokit-external-method)",
        "(deny default-message-filter (iokit-method-number 2)) (allow iokit-async-external-method) \
         (deny iokit-external-method (require-not (iokit-method-number 1)))",
        "(deny iokit-external-method (iokit-method-number 1) \
         (require-all (iokit-method-number 2) (require-not (iokit-method-number 3))))",
        "(deny iokit-async-external-method iokit-external-method) \
         (allow iokit-async-external-method iokit-external-method (iokit-method-number 7))",
    ] {
        let rule = format!("(allow iokit-open-user-client (apply-message-filter {rules}))");
        let source = policy(&format!("(version 1)(deny default){rule}"));
        let bytes = encode(&source, &WORLD).expect("bytes").bytes;
        let policy = decompiled(&bytes, &source);
        assert!(
            encode(&policy, &WORLD).expect("bytes").bytes == bytes,
            "{rules}"
        );
        let said = |policy: &Policy| {
            let messages = policy
                .rules
                .iter()
                .find_map(Rule::message_filter)
                .expect("messages");
            let said = messages.iter().map(|rule| {
                let filters: Vec<_> = rule.filters.iter().map(|one| one.filter.clone()).collect();
                (rule.action, rule.operations.clone(), filters)
            });
            said.collect::<Vec<_>>()
        };
        assert_eq!(said(&policy), said(&source), "{rules}");
    }
}

/// A mask of the routines of messages has a bit for the place of each name.
#[test]
fn several_routines_of_messages_come_back() {
    for routines in [
        "host_info host_kernel_version",
        "host_info task_resume",
        "0 1 5000",
        "1 2 3",
        "3405 3406",
    ] {
        assert_same_bytes(&format!(
            "(version 1)(deny default)(deny syscall-mig (kernel-mig-routine {routines}))"
        ));
        assert_same_bytes(&format!(
            "(version 1)(deny default)(allow mach-kernel-endpoint (apply-message-filter \
             (deny mach-message-send) (allow mach-message-send (kernel-mig-routine {routines}))))"
        ));
    }
}

/// There are more ways through the nodes of a message filter than could be walked.
#[test]
fn message_filters_of_many_rules_come_back() {
    let rules: Vec<String> = (0..100)
        .map(|n| {
            let other = 1000 - n;
            format!(
                "(allow iokit-external-method (require-all (iokit-method-number {n}) \
                 (require-not (iokit-method-number {other}))))"
            )
        })
        .collect();
    let rules = rules.join(" ");
    assert_same_bytes(&format!(
        "(version 1)(deny default)(allow iokit-open-user-client (apply-message-filter \
         (deny default-message-filter) {rules}))"
    ));
}

/// Of two readings of equal bytes that is taken which is shorter.
#[test]
fn what_several_rules_allow_is_not_said_by_what_they_do_not() {
    let rules = "(allow sysctl-read (require-all (sysctl-name-prefix \"a\") (require-not (sysctl-name \"ab\"))))\
                 (allow sysctl-read (require-all (sysctl-name-prefix \"b\") (require-not (sysctl-name \"bc\"))))";
    let source = policy(&format!("(version 1)(deny default){rules}"));
    let bytes = encode(&source, &WORLD).expect("bytes").bytes;
    let policy = decompiled(&bytes, &source);
    let actions: Vec<Action> = policy.rules.iter().map(|rule| rule.action).collect();
    assert_eq!(actions, [Action::Deny, Action::Allow]);
}

/// Paths are stored in lower case, and so are classes that are given by name or hold signs as well.
#[test]
fn classes_of_letters_are_the_same_in_lower_case() {
    for regex in ["^/[[:alpha:]]$", "^/[^[:upper:]]x$", "[0-C]Z", "^/[ -~]+$"] {
        let text = format!("(version 1)(deny default)(allow file-read* (regex #\"{regex}\"))");
        assert_same_bytes(&text);
    }
}

/// Classes hold the bytes of letters beyond ASCII, and their ranges stay as they were written.
#[test]
fn classes_of_bytes_compile_to_the_same_bytes_again() {
    for class in [
        "[É]",
        "[^à-ü]",
        "[a-b]",
        "[abc]",
        "[^\\x00a]",
        "[b-cd-\\xff]",
        "[^\\x00-\\xff]",
    ] {
        for regex in [format!("^/{class}$"), format!("^/{class}+x")] {
            for rule in ["file-read* (regex", "mach-lookup (global-name-regex"] {
                assert_same_bytes(&format!(
                    "(version 1)(deny default)(allow {rule} \"{regex}\"))"
                ));
            }
        }
    }
}

#[test]
fn what_matches_nothing_or_the_empty_text_compiles_to_the_same_bytes_again() {
    for filters in [
        "(subpath \"\")",
        "(subpath \"\" \"a\")",
        "(literal \"\") (prefix \"/\")",
        "(subpath \"\") (literal \"b\")",
        "(prefix \"\")",
        "(regex #\"^$\") (extension \"\")",
        "(regex #\"\")",
        "(regex #\"()*\")",
        "(regex #\"$.\")",
        "(require-not (regex #\".^\"))",
    ] {
        assert_same_bytes(&format!(
            "(version 1)(deny default)(allow file-read* {filters})"
        ));
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
        assert_same_bytes(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_profiles_come_back(text in profile()) {
        let source = policy(&text);
        let first = encode(&source, &WORLD).expect("bytes");
        let policy = decompiled(&first.bytes, &source);
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
