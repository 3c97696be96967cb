//! Profiles that do not fit.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::sizes::{LITERALS, NODES};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB602",
    name: "profile-too-large",
    title: "the compiled profile takes more than 512 KiB of literals or 65,535 nodes",
    level: Level::Error,
    explanation: "Nodes name literals by 16 bits that count 8 bytes, and each other by 16 bits. A \
        profile beyond that does not compile. Most of such a profile is lists of single files that \
        a few subpaths say as well; or run the program's parts under profiles of their own.",
    example: Example::new(
        "(version 1)\n(deny default)\n(define tail (make-string 2500 #\\x))\n\
         (let loop ((n 240))\n  (when (> n 0)\n    \
         (allow file-read* (literal (string-append \"/opt/\" (number->string n) tail)))\n    \
         (deny file-read* (literal (string-append \"/opt/other/\" (number->string n))))\n    \
         (loop (- n 1))))\n",
        "(version 1)\n(deny default)\n(allow file-read* (subpath \"/opt\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    let Some(sizes) = &context.subject.sizes else {
        return;
    };
    let start = context.start();
    if sizes.literals > LITERALS {
        let message = format!("its literals take {} bytes of {LITERALS}", sizes.literals);
        out.at(start, message)
            .help("name folders, not files, or give parts of the program profiles of their own");
    }
    if sizes.nodes > NODES {
        out.at(start, format!("it takes {} nodes of {NODES}", sizes.nodes))
            .help("give parts of the program profiles of their own");
    }
}
