//! What a lint is about, for a person.

use std::fmt::Write;

use super::{LINTS, Lint};

/// The explanation of one lint as plain text: title, why, a bad and a good example.
pub fn text(lint: &Lint) -> String {
    let mut out = format!(
        "{}: {} ({})\n{}\n\n",
        lint.code,
        lint.name,
        lint.level.as_str(),
        lint.title
    );
    let _ = writeln!(out, "{}\n", wrapped(lint.explanation));
    for (word, profile) in [
        ("Found in", lint.example.bad),
        ("Better", lint.example.good),
    ] {
        let _ = writeln!(out, "{word}:\n");
        for line in profile.trim_end().lines() {
            let _ = writeln!(out, "    {line}");
        }
        out.push('\n');
    }
    out.push_str(&how(lint));
    out
}

/// Most characters of a line of text.
const WIDTH: usize = 88;

/// The words in lines of at most [`WIDTH`].
fn wrapped(text: &str) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 {
            let fits = column + 1 + length <= WIDTH;
            out.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// What else an example needs to be found.
fn how(lint: &Lint) -> String {
    let mut options = String::new();
    for (key, value) in lint.example.params {
        let _ = write!(options, " -D {key}={value}");
    }
    if lint.example.world != "macos-14.4.1" {
        let _ = write!(options, " --world {}", lint.example.world);
    }
    if options.is_empty() {
        String::new()
    } else {
        format!("The example is for `lapbelt lint{options}`.\n")
    }
}

/// All lints as a page of Markdown: a table, then each.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Lints\n\n\
         Made of the table of lints by `lapbelt lint --explain all`. A finding is silenced by a\n\
         comment behind it or before its form, `; lapbelt: allow(LB201) reason`, or for a whole run by\n\
         `--allow LB201`. Notes do not count as findings in the exit code; `--deny LB201` makes a\n\
         finding an error.\n\n\
         | code | name | level | what |\n|---|---|---|---|\n",
    );
    for lint in LINTS {
        let _ = writeln!(
            out,
            "| [{}](#{}) | {} | {} | {} |",
            lint.code,
            lint.code.to_lowercase(),
            lint.name,
            lint.level.as_str(),
            lint.title.replace('|', "\\|")
        );
    }
    for lint in LINTS {
        let _ = write!(
            out,
            "\n## {}\n\n**{}**, {}. {}.\n\n{}\n\nFound in:\n\n```scheme\n{}\n```\n\nBetter:\n\n```scheme\n{}\n```\n",
            lint.code,
            lint.name,
            lint.level.as_str(),
            lint.title,
            lint.explanation,
            lint.example.bad.trim_end(),
            lint.example.good.trim_end()
        );
        let how = how(lint);
        if !how.is_empty() {
            let _ = write!(out, "\n{how}");
        }
    }
    out
}
