//! Backslashes that an ordinary string takes away.

use crate::lint::context::Context;
use crate::lint::finding::{Effect, Level, Sink};
use crate::lint::leaf::Leaf;
use crate::lint::{Example, Lint};
use crate::syntax::NodeId;

pub(super) static LINT: Lint = Lint {
    code: "LB304",
    name: "regex-lost-backslash",
    title: "a backslash in an ordinary string that the regular expression never sees",
    level: Level::Warning,
    explanation: "In an ordinary string a backslash before most characters is simply dropped: \
        `\"\\.plist$\"` reaches the expression as `.plist$`, where the dot stands for any \
        character. Write a raw string, `#\"\\.plist$\"`, or double the backslash.",
    example: Example::new(
        "(version 1)\n(deny default)\n(allow file-read* (regex \"^/opt/tool/[a-z]+\\.plist$\"))\n",
        "(version 1)\n(deny default)\n(allow file-read* (regex #\"^/opt/tool/[a-z]+\\.plist$\"))\n",
    ),
    check,
};

fn check(context: &Context<'_>, out: &mut Sink) {
    for leaf in context.leaves() {
        let Some((node, meant)) = lost(context, leaf) else {
            continue;
        };
        let edit =
            (!meant.contains('"')).then(|| context.replacement(node, format!("#\"{meant}\"")));
        let got = leaf.regex().unwrap_or_default();
        out.at(
            leaf.origin,
            format!("the expression is `{got}`: its backslash is lost"),
        )
        .help("write a raw string, `#\"…\"`")
        .fix(format!("write `#\"{meant}\"`"), Effect::Changes, edit);
    }
}

/// The expression as it was meant, if the string drops a backslash.
pub(super) fn lost(context: &Context<'_>, leaf: &Leaf<'_>) -> Option<(NodeId, String)> {
    leaf.regex()?;
    let node = leaf.string.filter(|id| !context.tree.is_raw(*id))?;
    let written = context.tree.parse.node_text(node);
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let (mut meant, mut lost) = (String::new(), false);
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            meant.push(c);
            continue;
        }
        match rest.next()? {
            '\\' => meant.push('\\'),
            '"' => meant.push('"'),
            // These mean a character of their own.
            'n' | 't' | 'r' | 'x' | 'X' | '0'..='7' => return None,
            other => {
                lost = true;
                meant.push('\\');
                meant.push(other);
            }
        }
    }
    lost.then_some((node, meant))
}
