//! A hostile profile ends in a diagnostic.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use lapbelt_policy::world::shipped;
use lapbelt_sbpl::diag::Code;
use lapbelt_sbpl::{Imports, LoadedSource, NoImports, Source, evaluate};

fn codes(text: &str, imports: &dyn Imports) -> Vec<Code> {
    let world = shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file");
    let source = Source {
        name: "hostile",
        text,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), imports, &world);
    assert_eq!(
        evaluation.policy.is_none(),
        !evaluation.diagnostics.is_empty()
    );
    evaluation
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

#[test]
fn endless_and_boundless_profiles_are_stopped() {
    for form in [
        "(let loop () (loop))",
        "(define (f) (+ 1 (f))) (f)",
        "(define (f x) (f (cons x x))) (f 1)",
        "(define (f x) (f (string-append x x))) (f \"abcdefgh\")",
        "(define (f l) (f (append l l))) (f '(1 2 3 4))",
        "(define l '(1)) (set-cdr! l l) (let loop () (equal? l l) (loop))",
        "(make-vector 16000000) (define (f) (make-vector 16000000) (f)) (f)",
        "(define (f) (make-string 60000000) (f)) (f)",
        "(define (f) (allow default) (f)) (f)",
        "(macro (m form) form) (m)",
        "(define k #f) (call/cc (lambda (c) (set! k c))) (let loop () (k 1))
         (define (g) (+ (call/cc (lambda (c) (g))) 1)) (g)",
        "(define (f) (eval (read (open-input-string \"(f)\")))) (f)",
        "(do () (#f))",
        "(define (f x) (f (require-not x))) (f (literal \"/a\"))",
        "(define l (let loop ((i 0) (l '())) (if (< i 9999) (loop (+ i 1) (cons \"/a\" l)) l)))
         (define f (apply literal l)) (let loop () (allow default f) (loop))",
        "(define (long n l) (if (= n 0) l (long (- n 1) (cons 1 l))))
         (define a (long 50000 '())) (define b (long 50000 '())) (let loop () (equal? a b) (loop))",
        "(define a (make-string 60000000 #\\a)) (define b (make-string 60000000 #\\a))
         (let loop () (string=? a b) (loop))",
        "(let loop ((i 0)) (regex (string-append \"[ab]*a[ab]{9}\" (number->string i))) (loop (+ i 1)))",
        "(let loop () (with-filter (literal \"/a\") (loop) (loop)))",
        "(define v (vector 1)) (vector-set! v 0 v) (let loop () (equal? v v) (loop))",
        "(define s (make-string 60000000 #\\a)) (error s s s s s)",
    ] {
        let codes = codes(&format!("(version 1) {form}"), &NoImports);
        assert_eq!(codes.last(), Some(&Code::Limit), "{form}");
    }
}

#[test]
fn what_a_profile_gives_up_with_has_an_end() {
    for form in [
        "(define v (make-vector 100000 0)) (vector-fill! v v) (error v)",
        "(define l (list 1)) (set-car! l l) (set-cdr! l l) (error l)",
    ] {
        let world = shipped("macos-14.4.1").expect("shipped").expect("a world");
        let text = format!("(version 1) {form}");
        let source = Source {
            name: "hostile",
            text: &text,
        };
        let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &world);
        let [found] = evaluation.diagnostics.as_slice() else {
            panic!("{}", evaluation.diagnostics.len());
        };
        assert_eq!(found.code, Code::Raised);
        assert!(found.message.len() < 100_000, "{}", found.message.len());
    }
}

#[test]
fn a_long_profile_is_no_endless_one() {
    let rules = |text: &str| -> String {
        (0..20_000)
            .map(|n| format!("(allow file-read* ({text}{n}\"))\n"))
            .collect()
    };
    assert_eq!(
        codes(
            &format!("(version 1)\n{}", rules("literal \"/private/var/")),
            &NoImports
        ),
        []
    );
    let filters: String = (0..20_000)
        .map(|n| format!("\n(regex #\"^/private/x{n}$\")"))
        .collect();
    let text = format!("(version 1)\n(allow file-read*{filters})");
    assert_eq!(codes(&text, &NoImports), []);
}

#[test]
fn data_deeper_than_any_stack_are_harmless() {
    let text = "(version 1)
        (define (deep n x) (if (= n 0) x (deep (- n 1) (list x))))
        (define a (deep 200000 1))
        (define b (deep 200000 1))
        (equal? a b)
        (display a)
        (number->string (length (quasiquote ((unquote a)))))
        (eval (list 'quasiquote a))";
    assert_eq!(codes(text, &NoImports), [Code::Limit]);
}

/// Every import imports itself under the next name.
struct Endless;

impl Imports for Endless {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let text = format!("(import \"{name}x\")");
        Ok(LoadedSource {
            name: name.to_owned(),
            text,
        })
    }
}

/// Every import is the same text.
struct Itself;

impl Imports for Itself {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        Ok(LoadedSource {
            name: name.to_owned(),
            text: format!("(import \"{name}\")"),
        })
    }
}

#[test]
fn imports_end() {
    assert_eq!(codes("(version 1)(import \"a\")", &Itself), [Code::Import]);
    assert_eq!(codes("(version 1)(import \"a\")", &Endless), [Code::Limit]);
    assert_eq!(
        codes("(version 1)(import \"a\")", &NoImports),
        [Code::Import]
    );
}
