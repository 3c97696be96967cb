//! Raw disks.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::Probe;
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB508",
    name: "writes-devices",
    title: "a rule lets raw disks and kernel devices be written",
    level: Level::Warning,
    explanation: "/dev holds the disks themselves beside the terminals. Name the devices that are \
        meant: /dev/null, /dev/zero, /dev/tty, `(regex #\"^/dev/ttys[0-9]+$\")`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/dev\"))\n",
        "(version 1)\n(deny default)\n(allow file-write-data (literal \"/dev/null\"))\n",
    ),
    check,
};

const DEVICES: &[(&str, &str)] = &[
    ("/dev/disk0", "raw disks"),
    ("/dev/rdisk0s1", "raw disks"),
    ("/dev/bpf0", "packet capture"),
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    for (rule, what) in probe.open(&["file-write-data"], DEVICES) {
        let everywhere = probe.is_everywhere(rule, "file-write-data");
        let disks = what.contains("raw disks") && !everywhere;
        if let Some(origin) = probe.rule(rule).origin.filter(|_| disks) {
            out.at(origin, "this rule lets raw disks be written")
                .help("name the devices that are meant, such as `(literal \"/dev/null\")`");
        }
    }
}
