//! Reading secrets and talking to the world.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::probe::{Probe, listed};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB506",
    name: "secrets-and-network",
    title: "secrets may be read and any host reached",
    level: Level::Warning,
    explanation: "Either alone may be needed; together they let a program that was taken over send \
        keys and tokens away. Deny the files after the wide allow of reading, or bound the network \
        to a proxy on localhost. The profile is asked about the usual places of keys and tokens \
        below every home that it names.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Users/me\"))\n\
         (allow network-outbound)\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/Users/me/project\"))\n\
         (allow network-outbound)\n",
    ),
    check,
};

const PLACES: &[(&str, &str)] = &[
    ("~/.ssh/id_ed25519", "ssh keys"),
    ("~/.ssh/id_rsa", "ssh keys"),
    ("~/.aws/credentials", "AWS credentials"),
    ("~/.gnupg/private-keys-v1.d/sample.key", "GnuPG keys"),
    ("~/.netrc", "netrc"),
    ("~/.docker/config.json", "Docker credentials"),
    ("~/.kube/config", "Kubernetes credentials"),
    ("~/.config/gh/hosts.yml", "GitHub tokens"),
    ("~/Library/Keychains/login.keychain-db", "keychains"),
    (
        "~/Library/Application Support/Google/Chrome/Default/Cookies",
        "browser cookies",
    ),
    ("~/Library/Cookies/Cookies.binarycookies", "browser cookies"),
];

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(probe) = Probe::new(context) else {
        return;
    };
    // Any host is reached if one that nobody names is.
    let Some(network) = probe.allowed_by("network-outbound", Some("192.0.2.1:443")) else {
        return;
    };
    for (rule, what) in probe.open(&["file-read-data"], PLACES) {
        if let Some(origin) = probe.rule(rule).origin {
            // A rule that names one kind is there for it.
            let level = if what.len() > 2 {
                Level::Warning
            } else {
                Level::Note
            };
            let message = format!(
                "this rule lets {} be read, and any host may be reached",
                listed(what)
            );
            out.at(origin, message)
                .level(level)
                .label(probe.rule(network).origin, "any host by this rule")
                .help("deny them by a later rule on the same operation, or bound the network");
        }
    }
}
