//! Texts for other systems, for other compilers, and pieces: read as far as they can be, and said so.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use lapbelt_policy::world::shipped;
use lapbelt_sbpl::diag::{Code, Severity};
use lapbelt_sbpl::{Imports, LoadedSource, NoImports, Source, evaluate, fmt, print, syntax};

/// The rules of a text and the codes of what was said about it.
fn read(text: &str, imports: &dyn Imports) -> (Option<String>, Vec<(Severity, Code)>) {
    let world = shipped("macos-14.4.1").expect("shipped").expect("good");
    let source = Source { name: "p.sb", text };
    let evaluation = evaluate(&source, &BTreeMap::new(), imports, &world);
    let said = evaluation.diagnostics.iter();
    let rules = evaluation.policy.map(|policy| {
        let rules = policy.rules.iter().map(|rule| print::rule(rule, &world));
        let flat = rules.map(|rule| rule.split_whitespace().collect::<Vec<_>>().join(" "));
        flat.collect::<Vec<_>>().join("\n")
    });
    (rules, said.map(|d| (d.severity, d.code)).collect())
}

const OTHER: (Severity, Code) = (Severity::Warning, Code::OtherSystem);
const LEFT_OUT: (Severity, Code) = (Severity::Warning, Code::Unsupported);

#[test]
fn words_of_other_systems_are_passed_over_and_named() {
    let (rules, said) = read(
        "(version 1)
         (allow priv* file-read-data)
         (allow load-unsigned-code)
         (deny file-write* (with protobox-override) (literal \"/a\"))
         (allow mach-lookup (require-not (profile-flag \"x\")) (global-name \"a\"))",
        &NoImports,
    );
    assert_eq!(said, [OTHER; 4]);
    assert_eq!(
        rules.as_deref(),
        Some(
            "(allow file-read-data)\n\
             (deny file-write* (literal \"/a\"))\n\
             (allow mach-lookup (require-not (require-any)) (global-name \"a\"))"
        )
    );
    // A word that no system has is still an error, and a guard still guards.
    let (rules, said) = read("(version 1)\n(allow file-raed*)", &NoImports);
    assert_eq!(
        (rules, said),
        (None, vec![(Severity::Error, Code::UnknownOperation)])
    );
    let guarded = "(version 1)\n(if (defined? 'load-unsigned-code) (allow load-unsigned-code))";
    assert_eq!(read(guarded, &NoImports), (Some(String::new()), Vec::new()));
}

#[test]
fn a_definition_that_is_there_stays() {
    let (rules, said) = read(
        "(version 1)
         (define-once (look name) (allow mach-lookup (global-name name)))
         (define-once (look name) (error \"twice\"))
         (define-once here \"/a\")
         (define-once here \"/b\")
         (look here)",
        &NoImports,
    );
    assert_eq!(said, []);
    let rule = "(allow mach-lookup (global-name \"/a\"))";
    assert_eq!(rules.as_deref(), Some(rule));
}

#[test]
fn of_conditions_for_a_c_compiler_the_first_branch_is_read() {
    let text = "(version 1)\n#include <Platform.h>\n#if A\n(allow signal\n  #ifdef B\n  (target self)\n  \
                #else\n  (target others)\n  #endif\n)\n#else\n(deny signal)\n#endif\n#if 0\n(broken\n\
                #elif C\n(allow lsopen)\n#endif\n";
    let (rules, said) = read(text, &NoImports);
    assert_eq!(said, [LEFT_OUT; 2]);
    let expected = "(allow signal (target self))\n(allow lsopen)";
    assert_eq!(rules.as_deref(), Some(expected));
}

#[test]
fn a_text_in_a_string_of_cpp_is_read_and_kept() {
    for (start, end) in [
        ("R\"\"(", ")\"\""),
        ("\nR\"SBPL(", ")SBPL\"\n"),
        ("R\"(", ")\""),
    ] {
        let text = format!("{start}\n(version 1)\n(allow   lsopen)\n{end}");
        let (rules, said) = read(&text, &NoImports);
        assert_eq!(said, [LEFT_OUT], "{text}");
        assert_eq!(rules.as_deref(), Some("(allow lsopen)"), "{text}");
        let tokens = syntax::tokenize(&text);
        let joined: String = tokens.iter().map(|token| token.span.slice(&text)).collect();
        assert_eq!(joined, text);
        let once = fmt::format(&text).expect("well formed");
        assert_eq!(fmt::format(&once).as_deref(), Ok(once.as_str()));
        assert_eq!(read(&once, &NoImports).0.as_deref(), Some("(allow lsopen)"));
    }
    let (rules, _) = read("R\"( (version 1) (allow lsopen)", &NoImports);
    assert_eq!(rules, None);
}

struct SystemProfile;

impl Imports for SystemProfile {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        Ok(LoadedSource {
            name: name.to_owned(),
            text: "(version 1)\n(allow lsopen)".to_owned(),
        })
    }
}

#[test]
fn an_import_of_another_version_leaves_the_version_as_it_is() {
    let (rules, said) = read("(version 3)\n(import \"system.sb\")", &SystemProfile);
    assert_eq!(said, [(Severity::Warning, Code::Version)]);
    assert_eq!(rules.as_deref(), Some("(allow lsopen)"));
    let (rules, said) = read("(version 3)\n(version 1)", &SystemProfile);
    assert_eq!(
        (rules, said),
        (None, vec![(Severity::Error, Code::Version)])
    );
}

#[test]
fn a_repetition_of_nothing_is_said_and_read() {
    let (rules, said) = read(
        "(version 1)\n(deny file-read* (regex #\"*/a$\" #\"(?|b)\" #\"^*c\"))",
        &NoImports,
    );
    assert_eq!(said, [(Severity::Warning, Code::BadRegex); 2]);
    let rule = "(deny file-read* (regex #\"*/a$\") (regex #\"(?|b)\") (regex #\"^*c\"))";
    assert_eq!(rules.as_deref(), Some(rule));
}
