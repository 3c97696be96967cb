//! Writing what others will run.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::{Probe, listed};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB504",
    name: "writes-startup",
    title: "a rule lets files be written that are run or obeyed outside the sandbox",
    level: Level::Warning,
    explanation: "Who can write a launch agent, a shell's start-up file, an authorized key or a \
        git configuration has code run outside the sandbox, later and as the user. The profile is \
        asked about such files below every home that it names; a later deny of them counts. Deny \
        them after the wide allow, or allow less.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/Users/me\"))\n",
        "(version 1)\n(deny default)\n(allow file-write* (subpath \"/Users/me/project\"))\n",
    ),
    check,
};

const PLACES: &[(&str, &str)] = &[
    ("/Library/LaunchAgents/sample.plist", "launch agents"),
    ("/Library/LaunchDaemons/sample.plist", "launch daemons"),
    ("~/Library/LaunchAgents/sample.plist", "launch agents"),
    ("~/.zshrc", "shell start-up files"),
    ("~/.zshenv", "shell start-up files"),
    ("~/.zprofile", "shell start-up files"),
    ("~/.bash_profile", "shell start-up files"),
    ("~/.bashrc", "shell start-up files"),
    ("~/.profile", "shell start-up files"),
    ("/private/etc/zshrc", "shell start-up files"),
    ("/private/etc/profile", "shell start-up files"),
    ("~/.ssh/authorized_keys", "ssh keys and configuration"),
    ("~/.ssh/config", "ssh keys and configuration"),
    ("~/.gitconfig", "git configuration"),
    ("~/.config/git/config", "git configuration"),
    ("/private/etc/sudoers", "sudoers"),
    ("/private/etc/pam.d/sudo", "PAM configuration"),
    ("/private/var/at/tabs/root", "cron tables"),
    ("/private/etc/periodic/daily/sample", "periodic jobs"),
];

const OPERATIONS: &[&str] = &["file-write-create", "file-write-data"];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    for (rule, what) in probe.open(OPERATIONS, PLACES) {
        let everywhere = probe.is_everywhere(rule, "file-write-create");
        if let Some(origin) = probe.rule(rule).origin.filter(|_| !everywhere) {
            out.at(
                origin,
                format!("this rule lets {} be written", listed(what)),
            )
            .help("deny them by a later rule on the same operation, or allow less");
        }
    }
}
