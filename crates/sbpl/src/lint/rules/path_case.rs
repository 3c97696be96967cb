//! Folders of the system in another case.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::{Example, Lint};
use crate::print::quote;

pub(super) static LINT: Lint = Lint {
    code: "LB207",
    name: "path-case",
    title: "a folder of the system is written in another case than it has",
    level: Level::Note,
    explanation: "A Mac's disk finds /library as well as /Library, but the kernel asks for the \
        name as it is on the disk. Whether a profile's spelling in another case then matches \
        depends on the release: compiled profiles of 14.4.1 keep paths in lower case, older ones \
        as written. Write the name as the disk has it, which is right everywhere.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/library/Fonts\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Library/Fonts\"))\n",
    ),
    check,
};

/// The folders at the root of a Mac's disk.
const FOLDERS: &[&str] = &[
    "Applications",
    "Library",
    "Network",
    "System",
    "Users",
    "Volumes",
    "bin",
    "cores",
    "dev",
    "etc",
    "opt",
    "private",
    "sbin",
    "tmp",
    "usr",
    "var",
];

fn check(context: &Context<'_>, out: &mut Sink) {
    for (leaf, text) in context.paths() {
        let Some(rest) = text.strip_prefix(b"/") else {
            continue;
        };
        let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
        let (first, below) = rest.split_at(end);
        let known = FOLDERS.iter().map(|name| name.as_bytes());
        let mut same = known.filter(|name| name.eq_ignore_ascii_case(first));
        let Some(name) = same.next().filter(|name| *name != first) else {
            continue;
        };
        let mended = [b"/", name, below].concat();
        let (was, is) = (
            String::from_utf8_lossy(first),
            String::from_utf8_lossy(name),
        );
        let edit = leaf
            .string
            .map(|id| context.replacement(id, quote(&mended)));
        out.at(
            leaf.origin,
            format!("the folder is called `/{is}`, not `/{was}`"),
        )
        .fix(format!("write `/{is}`"), Effect::Changes, edit);
    }
}
