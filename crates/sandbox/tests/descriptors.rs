//! What a learner is told of paths that begin at a descriptor, whatever that stood for before.
#![cfg(target_os = "linux")]

mod support;

use support::{FINE, FIXTURE, Playground, denials, finish, job};

/// Runs a command that nothing is refused, and that `inner` is watched for: where it was looked for.
fn looks(way: &str, learn: bool) -> Vec<String> {
    let playground = Playground::new();
    std::fs::create_dir(playground.at("other")).expect("a directory");
    std::fs::write(playground.at("other/inner"), "").expect("a file");
    let policy = r#"(version 1)(allow default)(deny file* (regex #"/inner$"))"#;
    let first = if way == "replace" { "empty" } else { "full" };
    let mut job = job(policy, FIXTURE, &["look-again", way, first, "other"]);
    job.cwd = Some(playground.path().to_owned());
    job.learn = learn;
    let (outcome, events) = finish(job);
    assert_eq!(outcome.status, FINE, "{way}");
    let below = |path: String| {
        let below = path.strip_prefix(playground.path().to_str()?);
        Some(below?.trim_start_matches('/').to_owned())
    };
    let told = denials(&events).into_iter();
    told.map(|(_, path)| below(path).expect("a path of ours"))
        .collect()
}

#[test]
fn a_path_begins_at_what_its_descriptor_stands_for() {
    for way in [
        #[cfg(target_arch = "x86_64")]
        "dup2",
        "dup3",
        "dup3-in-thread",
        "dup",
        "fcntl",
        "fcntl-cloexec",
        "reopen",
        "getfd",
        "receive",
        "receive-many",
    ] {
        let wanted = [["full/inner"; 4], ["other/inner"; 4]].concat();
        assert_eq!(looks(way, true), wanted, "{way}");
        assert_eq!(looks(way, false), wanted, "{way}");
    }
}

#[test]
fn a_thread_may_yet_receive_a_descriptor() {
    let wanted = [["full/inner"; 4], ["full/inner"; 4], ["other/inner"; 4]].concat();
    assert_eq!(looks("receive-late", true), wanted);
}

#[test]
fn a_directory_that_was_moved_is_where_it_is() {
    let wanted = [["full/inner"; 4], ["elsewhere/inner"; 4]].concat();
    assert_eq!(looks("rename", true), wanted);
    // Nothing is in one that was removed, whatever has its name now.
    assert_eq!(looks("replace", true), [""; 0]);
}
