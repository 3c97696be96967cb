use super::*;

fn learn_from(runs: &[&[&str]]) -> Generaliser {
    learn_from_starts(runs.iter().map(|run| (Start::Fresh, *run)))
}

fn learn_from_starts<'p>(runs: impl IntoIterator<Item = (Start, &'p [&'p str])>) -> Generaliser {
    let runs = runs.into_iter();
    Generaliser::new(runs.map(|(start, run)| (start, run.iter().map(|path| path.as_bytes()))))
}

#[test]
fn temporary_names_become_patterns() {
    let known = learn_from(&[
        &["/tmp/rustcAb3xYz/lib.rmeta", "/etc/passwd"],
        &["/tmp/rustcQw9pLm/lib.rmeta", "/etc/passwd"],
    ]);
    assert_eq!(
        known.regex(b"/tmp/rustcAb3xYz/lib.rmeta").as_deref(),
        Some(r"^/tmp/rustc[0-9A-Za-z_]+/lib\.rmeta$")
    );
    assert_eq!(known.regex(b"/etc/passwd"), None);
}

#[test]
fn names_that_the_system_chooses_for_sockets_become_one_pattern() {
    let digits = "[0-9a-f]".repeat(5);
    let known = learn_from(&[&["/etc/passwd"]]);
    assert_eq!(known.regex(b"@0051e"), Some(format!("^@{digits}$")));
    for name in [&b"@0051"[..], b"@0051ef", b"@0051E", b"@lapbelt", b"@"] {
        assert_eq!(known.regex(name), None);
    }
    assert_eq!(Generaliser::default().regex(b"@0051e"), None);
}

#[test]
fn a_repeat_run_meets_the_names_of_the_run_before_it() {
    let (first, second) = (["/w/o/tmpAb3xYz", "/w/o"], ["/w/o/tmpQw9pLm", "/w/o"]);
    let (third, fourth) = (["/w/o/tmpzz00AA", "/w/o"], ["/w/o/tmp4aNYUn", "/w/o"]);
    let both = [first, second].concat();
    let more = [third, fourth].concat();
    let known = learn_from_starts([
        (Start::Fresh, &first[..]),
        (Start::Repeat, &both),
        (Start::Fresh, &third),
        (Start::Repeat, &more),
    ]);
    for path in [first[0], second[0], third[0], fourth[0]] {
        let pattern = known.regex(path.as_bytes());
        assert_eq!(
            pattern.as_deref(),
            Some("^/w/o/tmp[0-9A-Za-z_]+$"),
            "{path}"
        );
    }
    // What is there after every fresh start has its own name.
    let known = learn_from_starts([
        (Start::Fresh, &["/w/tmpAb3xYz", "/w/a"][..]),
        (Start::Repeat, &["/w/tmpAb3xYz", "/w/tmpQw9pLm"]),
        (Start::Fresh, &["/w/tmpAb3xYz", "/w/a"]),
        (Start::Repeat, &["/w/tmpAb3xYz", "/w/tmpzz00AA"]),
        (Start::Fresh, &["/w/a"]),
    ]);
    assert_eq!(known.regex(b"/w/tmpAb3xYz"), None);
}

#[test]
fn few_names_show_all_that_random_names_are_made_of() {
    // Python's tempfile and Perl's File::Temp know an underscore too.
    for (one, other, next) in [
        ("/tmp/tmpy5xt16kq", "/tmp/tmpa71gu9cq", "/tmp/tmpy5_t16k_"),
        ("/tmp/tmpy5xt16k_", "/tmp/tmp_71gu9cb", "/tmp/tmpaaaa1111"),
        ("/tmp/Dusk_koZFV", "/tmp/AtI452_GDi", "/tmp/wPQu1OTg_W"),
    ] {
        let known = learn_from(&[&[one], &[other]]);
        let pattern = known.regex(one.as_bytes()).expect(one);
        let regex = Regex::new(&pattern).expect("an expression");
        assert!(regex.is_match(next.as_bytes()), "{pattern} {next}");
        assert!(!regex.is_match(b"/tmp/a-b") && !regex.is_match(b"/tmp/a/b"));
    }
    let known = learn_from(&[&["/w/9s.log", "/w/build3s"], &["/w/14s.log", "/w/build7s"]]);
    let pattern = known.regex(b"/w/build3s");
    assert_eq!(pattern.as_deref(), Some("^/w/build[0-9]+s$"));
}

#[test]
fn process_ids_become_numbers_even_in_one_run() {
    let known = learn_from(&[&[
        "/proc/4711/stat",
        "/proc/4711/task/4712/comm",
        "/proc/cpuinfo",
    ]]);
    assert_eq!(
        known.regex(b"/proc/4711/stat").as_deref(),
        Some("^/proc/[0-9]+/stat$")
    );
    assert_eq!(
        known.regex(b"/proc/4711/task/4712/comm").as_deref(),
        Some("^/proc/[0-9]+/task/[0-9]+/comm$")
    );
    assert_eq!(known.regex(b"/proc/cpuinfo"), None);
}

#[test]
fn short_or_unlike_names_stay_as_they_are() {
    let first: &[&str] = &["/w/a.txt", "/w/first", "/w/alpha.log"];
    let known = learn_from(&[first, &["/w/b.txt", "/w/second-time", "/w/gamma.log"]]);
    for path in [
        "/w/a.txt",
        "/w/b.txt",
        "/w/first",
        "/w/second-time",
        "/w/alpha.log",
    ] {
        assert_eq!(known.regex(path.as_bytes()), None, "{path}");
    }
}

#[test]
fn numbers_may_differ_in_length() {
    let known = learn_from(&[&["/w/lock.99"], &["/w/lock.1042"]]);
    assert_eq!(
        known.regex(b"/w/lock.99").as_deref(),
        Some(r"^/w/lock\.[0-9]+$")
    );
}

#[test]
fn every_pattern_accepts_the_path_it_stands_for() {
    let runs: [&[&str]; 3] = [
        &["/tmp/a(1).kXq2Zw", "/tmp/d-81273/x+y", "/proc/12/fd/3"],
        &["/tmp/a(1).Pq81mn", "/tmp/d-9/x+y", "/proc/9999/fd/3"],
        &["/tmp/a(1).zz00AA", "/tmp/d-555/x+y", "/proc/7/fd/3"],
    ];
    let known = learn_from(&runs);
    for path in runs.into_iter().flatten() {
        let source = known
            .regex(path.as_bytes())
            .unwrap_or_else(|| panic!("{path} varies"));
        let regex = Regex::new(&source).unwrap_or_else(|e| panic!("{source}: {e}"));
        assert!(regex.is_match(path.as_bytes()), "{source} for {path}");
    }
}

#[test]
fn a_digest_may_last_for_a_second_and_be_spread_over_folders() {
    let blob = "/r/objects/12/33c8f882d130978246a30da75892321f13e5bb";
    let early = "/r/objects/75/31e10673fe9b2e50b8a1de133534f3220600db";
    let late = "/r/objects/a9/3e76621d183ccc8b3b830b5691a9acc64a399e";
    let info = "/r/objects/info";
    let known = learn_from(&[
        &[blob, early, info],
        &[blob, early, info],
        &[blob, late, info],
        &[blob, late, info],
    ]);
    let pattern = Some("^/r/objects/[0-9A-Za-z_]+/[0-9A-Za-z_]+$");
    assert_eq!(known.regex(early.as_bytes()).as_deref(), pattern);
    assert_eq!(known.regex(late.as_bytes()).as_deref(), pattern);
    assert_eq!(known.regex(blob.as_bytes()), None);
    assert_eq!(known.regex(info.as_bytes()), None);
}

#[test]
fn digests_may_begin_alike() {
    let early = "/r/objects/75/31e10673fe9b2e50b8a1de133534f3220600db";
    let late = "/r/objects/75/3e76621d183ccc8b3b830b5691a9acc64a399e";
    let known = learn_from(&[&[early], &[early], &[late]]);
    assert_eq!(
        known.regex(late.as_bytes()).as_deref(),
        Some("^/r/objects/[0-9A-Za-z_]+/[0-9A-Za-z_]+$")
    );
}

#[test]
fn a_digest_of_what_stays_is_no_pattern() {
    let one = "/r/12/33c8f882d130978246a30da75892321f13e5bb";
    let two = "/r/75/31e10673fe9b2e50b8a1de133534f3220600db";
    let known = learn_from(&[&[one, two], &["/r/other"], &[one, two]]);
    assert_eq!(known.regex(one.as_bytes()), None);
    assert_eq!(known.regex(two.as_bytes()), None);
}

#[test]
fn a_clock_is_no_part_of_a_name() {
    let known = learn_from(&[
        &["/t/s-hocxf27ne0-1i3itdc-working/x", "/t/.hidden1a2b3c4d"],
        &["/t/s-hocxf2jaiv-0tgfhn0-working/x", "/t/.hidden5e6f7a8b"],
    ]);
    assert_eq!(
        known.regex(b"/t/s-hocxf27ne0-1i3itdc-working/x").as_deref(),
        Some("^/t/s-[0-9A-Za-z_.:-]+-working/x$")
    );
    assert_eq!(
        known.regex(b"/t/.hidden1a2b3c4d").as_deref(),
        Some(r"^/t/\.hidden[0-9A-Za-z_]+$")
    );
}

#[test]
fn numbers_that_differ_are_widened_whole_and_with_their_neighbours() {
    for (one, other, wanted) in [
        ("/w/17950", "/w/17961", "^/w/[0-9]+$"),
        (
            "/w/1795283262a.log",
            "/w/1795283263a.log",
            r"^/w/[0-9]+a\.log$",
        ),
        (
            "/w/run-20261121-175502",
            "/w/run-20261121-175503",
            "^/w/run-[0-9][-_.:T 0-9]*$",
        ),
        (
            "/w/run-811-93018811",
            "/w/run-823-20018813",
            "^/w/run-[0-9][-_.:T 0-9]*$",
        ),
        (
            "/w/2026-11-21T17:46:58.01.log",
            "/w/2026-11-21T17:46:58.72.log",
            r"^/w/[0-9][-_.:T 0-9]*\.log$",
        ),
    ] {
        let known = learn_from(&[&[one], &[other]]);
        assert_eq!(known.regex(one.as_bytes()).as_deref(), Some(wanted));
        let regex = Regex::new(wanted).expect("an expression");
        assert!(regex.is_match(other.as_bytes()));
    }
    // A second that lasts for several runs.
    let known = learn_from(&[&["/w/1795283262"], &["/w/1795283262"], &["/w/1795283263"]]);
    let pattern = known.regex(b"/w/1795283263");
    assert_eq!(pattern.as_deref(), Some("^/w/[0-9]+$"));
}

#[test]
fn a_number_beside_random_letters_is_widened_whole() {
    for (one, other, next, wanted) in [
        (
            "/dev/shm/pym-7213-dkq2xz7a",
            "/dev/shm/pym-7245-s81mnqpb",
            "/dev/shm/pym-981204-aaaaaaaa",
            "^/dev/shm/pym-[0-9A-Za-z_.:-]+$",
        ),
        (
            "/tmp/q-998-dkQ2xz7A",
            "/tmp/q-1002-s81mnqPb",
            "/tmp/q-4-AAAAAAAA",
            "^/tmp/q-[0-9A-Za-z_.:-]+$",
        ),
        (
            "/tmp/q-dkQ2xz7A-2985",
            "/tmp/q-s81mnqPb-3085",
            "/tmp/q-AAAAAAAA-77",
            "^/tmp/q-[0-9A-Za-z_.:-]+$",
        ),
    ] {
        let known = learn_from(&[&[one], &[other]]);
        assert_eq!(known.regex(one.as_bytes()).as_deref(), Some(wanted));
        let regex = Regex::new(wanted).expect("an expression");
        assert!(regex.is_match(next.as_bytes()), "{next}");
    }
}

#[test]
fn a_time_with_separators_lasts_for_a_second_only() {
    for (one, other) in [
        ("/w/2026-11-22T16:21:09.log", "/w/2026-11-22T16:21:10.log"),
        ("/w/2026-11-22-16-21-09.log", "/w/2026-11-22-16-21-10.log"),
        ("/w/2026-11-22 23:59:60.log", "/w/2026-11-23 00:00:00.log"),
        ("/w/22.11.2026_16.21.59.log", "/w/22.11.2026_16.22.00.log"),
    ] {
        // The second lasts for both a fresh start and another.
        let known = learn_from(&[&[one], &[one], &[other]]);
        let pattern = known.regex(other.as_bytes());
        assert_eq!(pattern.as_deref(), Some(r"^/w/[0-9][-_.:T 0-9]*\.log$"));
        assert_eq!(known.regex(one.as_bytes()), pattern);
        assert!(tells_time(one.as_bytes()), "{one}");
    }
    for name in [
        "1.14.22",
        "2026-11-22",
        "libx.so.24.10.10",
        "10.61.10",
        "a-b-c",
    ] {
        assert!(!tells_time(name.as_bytes()), "{name}");
    }
}

#[test]
fn names_of_any_build_do_not_hide_those_of_one() {
    // Python tries its folder with a name that has no prefix.
    let runs: [&[&str]; 3] = [
        &["/tmp/z4kd_92m", "/tmp/tmpa5z18xvf/tmpq0m3k_1z"],
        &["/tmp/x_7qpl0c", "/tmp/tmpk3_v0b2x/tmp7hd82lsa"],
        &["/tmp/b81mzq2t", "/tmp/tmp0uw6e9rj/tmpzz4n1c_p"],
    ];
    let known = learn_from(&runs);
    let regex = |path: &str| known.regex(path.as_bytes());
    let inner = Some("^/tmp/tmp[0-9A-Za-z_]+/tmp[0-9A-Za-z_]+$");
    for [probe, path] in runs.map(|run| [run[0], run[1]]) {
        assert_eq!(regex(probe).as_deref(), Some("^/tmp/[0-9A-Za-z_]+$"));
        assert_eq!(regex(path).as_deref(), inner);
    }
    assert_eq!(regex("/tmp/tmpnew_8k2d/tmpnew_3j4s").as_deref(), inner);
    let folder = regex("/tmp/tmpnew_8k2d");
    assert_eq!(folder.as_deref(), Some("^/tmp/tmp[0-9A-Za-z_]+$"));
}

#[test]
fn names_of_one_build_are_one_whatever_their_length() {
    let known = learn_from(&[
        &["/tmp/z4kd_92m", "/tmp/Dusk_koZFV/in"],
        &[
            "/tmp/x_7qpl0c",
            "/tmp/AtI452_GDi/in",
            "/tmp/AtI452_GDi/tmpAb3xYz",
        ],
        &[
            "/tmp/b81mzq2t",
            "/tmp/wPQu1OTg_W/in",
            "/tmp/wPQu1OTg_W/tmpQw9pLm",
        ],
    ]);
    let pattern = known.regex(b"/tmp/wPQu1OTg_W/tmpQw9pLm");
    let wanted = "^/tmp/[0-9A-Za-z_]+/tmp[0-9A-Za-z_]+$";
    assert_eq!(pattern.as_deref(), Some(wanted));
}
