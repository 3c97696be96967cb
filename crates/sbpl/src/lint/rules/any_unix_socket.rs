//! Unix sockets without a path.

use lapbelt_policy::filter::{Argument, Protocol};

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB007",
    name: "any-unix-socket",
    title: "a unix-socket filter without a path",
    level: Level::Warning,
    explanation: "`(remote unix-socket)` is every unix socket of the machine: the Docker daemon, \
        the ssh agent, launchd's. Name the one that is meant: \
        `(remote unix-socket (path-literal \"/path\"))`.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow network-outbound (remote unix-socket))\n",
        "(version 1)\n(deny default)\n(allow network-outbound\n    \
         (remote unix-socket (path-literal \"/private/var/run/syslog\")))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        if let Argument::Network(pattern) = &leaf.test.argument
            && pattern.protocol == Protocol::Unix
        {
            let message = "unix-socket filter without a path";
            out.at(leaf.origin, message)
                .help("write (remote unix-socket (path-literal \"/path\"))");
        }
    }
}
