//! Imports that cannot be had.

use crate::lint::context::Context;
use crate::lint::finding::{Level, Sink};
use crate::lint::{Example, Lint};

pub(super) static LINT: Lint = Lint {
    code: "LB003",
    name: "import-not-found",
    title: "an imported profile cannot be read",
    level: Level::Error,
    explanation: "sandbox-exec stops at an import that it cannot find. It looks for absolute \
        names as they are, then in IMPORT_DIR, then in /System/Library/Sandbox/Profiles and \
        /usr/share/sandbox. Profiles that Apple ships (system.sb, bsd.sb, com.apple.….sb) are \
        there on every Mac and nowhere else, so that a missing one is only a note: the rest of the \
        profile is linted as if the import were empty. Give a copy of that folder with \
        -D IMPORT_DIR=… for a full answer.",
    example: Example::new(
        "(version 1)\n(import \"no-such-file.sb\")\n(deny default)\n",
        "(version 1)\n(deny default)\n",
    ),
    check,
};

/// Folders and names of what a Mac brings along.
const SYSTEM_FOLDERS: &[&str] = &["/System/Library/", "/usr/share/sandbox/"];
const SYSTEM_NAMES: &[&str] = &[
    "application.sb",
    "appsandbox-common.sb",
    "bsd.sb",
    "dyld-support.sb",
    "framework-support.sb",
    "mDNSResponder.sb",
    "mobile-asset.sb",
    "opendirectory.sb",
    "system-graphics.sb",
    "system.sb",
    "darwin-system.sb",
    "system-info.sb",
    "ui-services.sb",
    "legacy_app.sb",
];

fn is_systems(name: &str) -> bool {
    let in_folder = SYSTEM_FOLDERS.iter().any(|folder| name.starts_with(folder));
    let bare = !name.contains('/');
    in_folder || bare && (SYSTEM_NAMES.contains(&name) || name.starts_with("com.apple."))
}

fn check(context: &Context<'_>, out: &mut Sink) {
    let tree = &context.tree;
    for (name, reason) in &context.subject.missing_imports {
        let import = tree.forms().find(|form| {
            let argument = tree.argument(*form, 0).and_then(|id| tree.string(id));
            tree.head(*form) == Some("import") && argument.as_deref() == Some(name.as_bytes())
        });
        let origin = import.map_or_else(|| context.start(), |form| tree.origin(form));
        let finding = out.at(origin, format!("cannot import \"{name}\": {reason}"));
        if is_systems(name) {
            finding
                .level(Level::Note)
                .help("a Mac has this profile; name a folder with a copy in -D IMPORT_DIR=…");
        } else {
            finding.help("name the folder that it is in with -D IMPORT_DIR=…");
        }
    }
}
