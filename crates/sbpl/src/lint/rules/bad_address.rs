//! Addresses that Seatbelt does not know.

use crate::diag::Code;
use crate::lint::context::Context;
use crate::lint::finding::{Edit, Effect, Level, Sink};
use crate::lint::{Example, Lint};
use crate::print::quote;
use crate::syntax::NodeId;

pub(super) static LINT: Lint = Lint {
    code: "LB006",
    name: "bad-address",
    title: "a network address with a host or port that Seatbelt does not know",
    level: Level::Error,
    explanation: "The host of `(remote ip \"HOST:PORT\")` is `*` or `localhost`, nothing else: a \
        profile cannot name an internet host, and sandbox-exec refuses it with \"host must be * or \
        localhost in network address\". The port is `*` or a number up to 65535, and 0 is any port, \
        as a compiled profile has it. To let a program reach one host only, let it reach a proxy \
        on localhost and filter there.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow network-outbound (remote ip \"127.0.0.1:8080\"))\n",
        "(version 1)\n(deny default)\n(allow network-outbound (remote ip \"localhost:8080\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let all = context.subject.diagnostics.iter();
    for error in all.filter(|d| d.code == Code::BadAddress) {
        let Some(origin) = error.origin else { continue };
        let node = context.tree.node_at(origin);
        let finding = out.at(origin, error.message.clone());
        finding.help.clone_from(&error.help);
        let edit = node.and_then(|node| loopback(context, node));
        finding.fix("write `localhost`", Effect::Changes, edit);
    }
}

/// An address that names this machine by number or in other words.
fn loopback(context: &Context<'_>, node: NodeId) -> Option<Edit> {
    let strings = context.tree.strings_in(node);
    let [string] = strings.as_slice() else {
        return None;
    };
    let text = String::from_utf8(context.tree.string(*string)?).ok()?;
    let (host, port) = text.rsplit_once(':').unwrap_or((&text, "*"));
    let own = ["127.0.0.1", "::1", "[::1]", "LOCALHOST", "Localhost"].contains(&host);
    let good = port == "*" || port.parse::<u16>().is_ok();
    (own && good)
        .then(|| context.replacement(*string, quote(format!("localhost:{port}").as_bytes())))
}
