//! The language, form by form: each profile beside the rules it makes.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use lapbelt_policy::world::shipped;
use lapbelt_sbpl::{Imports, LoadedSource, Source, evaluate, print};

struct Library;

impl Imports for Library {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let text = "(version 1)(define (home p) (subpath (string-append (param \"HOME\") p)))
                    (allow sysctl-read)";
        Ok(LoadedSource {
            name: name.to_owned(),
            text: text.to_owned(),
        })
    }
}

/// The rules of `(version 1)` and the profile, without the version line.
fn rules(profile: &str) -> String {
    let world = shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file");
    let params = BTreeMap::from([("HOME".to_owned(), "/Users/x".to_owned())]);
    let text = format!("(version 1)\n{profile}");
    let source = Source {
        name: "test",
        text: &text,
    };
    let evaluation = evaluate(&source, &params, &Library, &world);
    let policy = evaluation
        .policy
        .unwrap_or_else(|| panic!("{:?}", evaluation.diagnostics));
    print::policy(&policy, &world)
        .trim_start_matches("(version 1)\n")
        .trim_end()
        .to_owned()
}

#[track_caller]
fn same(profile: &str, expected: &str) {
    assert_eq!(rules(profile), rules(expected), "{profile}");
    assert_eq!(rules(expected).lines().count() > 0, !expected.is_empty());
}

/// The value of an expression, as the path of a rule.
#[track_caller]
fn value(expression: &str, expected: &str) {
    let profile = format!(
        "(define port (open-output-string)) (write {expression} port)
         (allow default (literal (get-output-string port)))"
    );
    assert_eq!(
        rules(&profile),
        format!(
            "(allow default (literal {}))",
            print::quote(expected.as_bytes())
        ),
        "{expression}"
    );
}

#[test]
fn filters_take_several_values_and_names() {
    same(
        "(allow file-read* (literal \"/a\" \"/b\"))",
        "(allow file-read* (path \"/a\") (path-literal \"/b\"))",
    );
    same(
        "(allow file-read* (require-any (subpath \"/a\") (require-any (prefix \"/b\"))))",
        "(allow file-read* (path-subpath \"/a\") (path-prefix \"/b\"))",
    );
    same(
        "(allow file-read* (regex #\"^/a\\.b\" \"^/a\\\\.b\"))",
        "(allow file-read* (path-regex #\"^/a\\.b\") (regex #\"^/a\\.b\"))",
    );
    same(
        "(allow network-outbound (to unix-socket (path-literal \"/s\")) (from ip \"*:1\" \"localhost:*\"))",
        "(allow network-outbound (literal \"/s\") (local ip \"*:1\") (local ip \"localhost:*\"))",
    );
    same(
        "(allow file-read* (mount-relative-regex #\"^/x\") (mount-relative-literal \"/y\"))",
        "(allow file-read* (mount-relative-path-regex #\"^/x\") (mount-relative-path \"/y\"))",
    );
    same(
        "(allow iokit-open-user-client (iokit-user-client-class-regex #\"^A\"))",
        "(allow iokit-open-user-client (iokit-registry-entry-class-regex #\"^A\"))",
    );
    same(
        "(allow system-socket (require-all (socket-domain AF_INET) (socket-type SOCK_STREAM)))",
        "(allow system-socket (require-all (socket-domain 2) (socket-type 1)))",
    );
    same(
        "(allow file-ioctl (ioctl-command (_IO \"t\" 23)))",
        "(allow file-ioctl (ioctl-command 29719))",
    );
    same(
        "(allow signal (target self) (target \"others\"))",
        "(allow signal (target 1) (target 3))",
    );
    same(
        "(allow file-read* (path-ancestors \"/a/b/c\"))",
        "(allow file-read* (literal \"/\") (literal \"/a\") (literal \"/a/b\"))",
    );
    same(
        "(allow file-read* (require-entitlement \"e\"))",
        "(allow file-read* (require-all (%entitlement-load \"e\") (%entitlement-boolean #t)))",
    );
    same(
        "(allow default (debug-mode) (tty))",
        "(allow default (system-attribute sandbox-debug-mode) (vnode-type TTY))",
    );
}

#[test]
fn an_empty_filter_is_never_not_always() {
    same(
        "(allow file-read* (apply require-any '()))",
        "(allow file-read* (require-any))",
    );
}

#[test]
fn rules_take_their_parts_in_any_order() {
    same(
        "(allow (with report) file-read* (literal \"/a\") file-write*)",
        "(allow file-read* file-write* (literal \"/a\") (with report))",
    );
    same("(deny default no-log)", "(deny default (with no-report))");
    same(
        "(deny process-exec (with send-signal SIGKILL))",
        "(deny process-exec* (with send-signal 9))",
    );
    same(
        "(allow mach-lookup (with message \"m\") (with report))",
        "(allow mach-lookup (with message \"m\") (with report))",
    );
    same(
        "(allow mach-per-user-lookup) (allow qtn-download file-read*)",
        "(allow file-read*)",
    );
    same(
        "(define ops (list file-read* file-write*)) (apply allow ops)",
        "(allow file-read* file-write*)",
    );
}

#[test]
fn rules_are_values_of_procedures() {
    same(
        "(define (f op . paths) (op file-read* (apply literal paths))) (f allow \"/a\" \"/b\") (f deny \"/c\")",
        "(allow file-read* (literal \"/a\" \"/b\")) (deny file-read* (literal \"/c\"))",
    );
    same(
        "(for-each (lambda (op) (allow op)) (list file-read* mach-lookup))",
        "(allow file-read*) (allow mach-lookup)",
    );
    same(
        "(let ((literal subpath)) (allow file-read* (literal \"/a\")))",
        "(allow file-read* (subpath \"/a\"))",
    );
    same(
        "(if (sbpl-filter? (literal \"/a\")) (allow file-read*))",
        "(allow file-read*)",
    );
    same(
        "(macro (twice form) `(begin ,@(cdr form) ,@(cdr form))) (twice (allow default))",
        "(allow default) (allow default)",
    );
    same(
        "(macro (scoped rules) `(let ((literal subpath)) ,@rules)) (scoped (allow file-read* (literal \"/a\")))",
        "(allow file-read* (subpath \"/a\"))",
    );
    same(
        "(define-macro (may . ops) `(allow ,@ops)) (may file-read* mach-lookup)",
        "(allow file-read* mach-lookup)",
    );
    same("(define old allow) (set! allow (lambda parts (apply old (append parts (list (literal \"/a\"))))))
          (allow file-read*)", "(allow file-read* (literal \"/a\"))");
}

#[test]
fn surrounding_forms_reach_every_rule_inside() {
    same(
        "(with-filter (subpath \"/a\") (allow file-read*) (allow file-write* (literal \"/b\" \"/c\")))",
        "(allow file-read* (subpath \"/a\"))
          (allow file-write* (require-all (literal \"/b\") (subpath \"/a\"))
                             (require-all (literal \"/c\") (subpath \"/a\")))",
    );
    same(
        "(with-filter (subpath \"/a\") (with-filter (literal \"/b\") (allow file-read*)) (allow file-write*)) (deny default)",
        "(allow file-read* (require-all (literal \"/b\") (subpath \"/a\")))
          (allow file-write* (subpath \"/a\")) (deny default)",
    );
    same(
        "(with-modifier (with report) (allow mach-lookup))",
        "(allow mach-lookup (with report))",
    );
    same(
        "(with-operations (list file-read*) (allow (literal \"/a\")))",
        "(allow file-read* (literal \"/a\"))",
    );
}

#[test]
fn texts_import_texts() {
    same(
        "(import \"lib.sb\")(allow file-read* (home \"/d\"))",
        "(allow sysctl-read) (allow file-read* (subpath \"/Users/x/d\"))",
    );
    same(
        "(if (param \"NONE\") (allow default) (allow file-read* (literal (getenv \"HOME\"))))",
        "(allow file-read* (literal \"/Users/x\"))",
    );
}

#[test]
fn scheme_values() {
    value("'(1 . (2 3))", "(1 2 3)");
    value("`(1 ,(+ 1 1) ,@(list 3 4) . 5)", "(1 2 3 4 . 5)");
    value(
        "`(1 `(2 ,(3 ,(+ 2 2))))",
        "(1 (quasiquote (2 (unquote (3 (unquote (+ 2 2)))))))"
            .replace("(unquote (+ 2 2))", "4")
            .as_str(),
    );
    value(
        "(let* ((f (lambda (n) (if (= n 0) 'done (f (- n 1)))))) (f 3))",
        "done",
    );
    value(
        "(let loop ((i 0) (sum '())) (if (< i 3) (loop (+ i 1) (cons i sum)) sum))",
        "(2 1 0)",
    );
    value(
        "(do ((i 0 (+ i 1)) (s '() (cons i s))) ((= i 3) s))",
        "(2 1 0)",
    );
    value(
        "(letrec ((even? (lambda (n) (or (zero? n) (odd? (- n 1))))) (odd? (lambda (n) (and (positive? n) (even? (- n 1)))))) (even? 10))",
        "#t",
    );
    value("(case 3 ((1 2) 'low) ((3 4) 'high) (else 'none))", "high");
    value(
        "(cond ((assoc \"b\" '((\"a\" 1) (\"b\" 2))) => cadr) (else 0))",
        "2",
    );
    value("(map + '(1 2) '(10 20))", "(11 22)");
    value("(catch 'caught (+ 1 (throw \"no\")))", "caught");
    value("(+ 1 (catch 2 (car 3) 4) (catch 5 6))", "9");
    value("(call/cc (lambda (k) (+ 1 (k 42))))", "42");
    value("(eval (read (open-input-string \"(+ 1 2) rest\")))", "3");
    value(
        "(list (defined? 'file-read*) (defined? `nonsense))",
        "(#t #f)",
    );
    value("(let ((here 1)) (defined? 'here))", "#t");
    value("(substring \"abcdef\" 2 4)", "\"cd\"");
    value("(list->string (reverse (string->list \"abc\")))", "\"cba\"");
    value("(split-string \":a::b\" \":\")", "(\"a\" \"b\")");
    value("(regex-quote \"a.b\")", "\"a\\\\.b\"");
    value(
        "(list (quotient 7 2) (remainder -7 2) (modulo -7 2) (/ 6 3) (/ 1 2) (* 1.5 2))",
        "(3 -1 1 2 0.5 3.0)",
    );
    value("(number->string 255 16)", "\"ff\"");
    value("(append '(1) \"tail\")", "(1 . \"tail\")");
    value("(cond (#f 1))", "()");
    value("(list #xff #o10 #b11 -2 1e3)", "(255 8 3 -2 1000.0)");
    value("\"\\x41\\102\\q\\.\"", "\"ABq.\"");
    value("(string-length \"é\")", "2");
    value("(vector-ref (vector 1 2 3) 1)", "2");
    value(
        "(begin (define (from n) (cons-stream n (from (+ n 1)))) (head (tail (tail (from 1)))))",
        "3",
    );
    value(
        "(list (take '(1 2 3) 2) (drop '(1 2 3) 2) (flatten '(1 (2 (3)) 4)))",
        "((1 2) (3) (1 2 3 4))",
    );
    value(
        "(list (even? 4) (gcd 12 18) (lcm 4 6) (max 1 3 2) (min 2 1))",
        "(#t 6 12 3 1)",
    );
    value("(filter odd? '(1 2 3))", "(1 3)");
}

#[test]
fn message_filters_keep_their_rules_to_themselves() {
    same(
        "(with-filter (literal \"/a\")
           (allow mach-bootstrap
             (apply-message-filter (with report) (allow mach-message-send (message-number 207)))))",
        "(allow mach-bootstrap (literal \"/a\")
           (apply-message-filter (allow mach-message-send (message-number 207))))",
    );
    same(
        "(define (only . numbers)
           (apply-message-filter
             (deny iokit-external-method)
             (for-each (lambda (n) (allow iokit-external-method (iokit-method-number n))) numbers)))
         (allow iokit-open-user-client (only 1 2))
         (allow iokit-open-user-client (iokit-connection \"c\") (only 3))",
        "(allow iokit-open-user-client (apply-message-filter
           (deny iokit-external-method)
           (allow iokit-external-method (iokit-method-number 1))
           (allow iokit-external-method (iokit-method-number 2))))
         (allow iokit-open-user-client (iokit-connection \"c\") (apply-message-filter
           (deny iokit-external-method)
           (allow iokit-external-method (iokit-method-number 3))))",
    );
}

#[test]
fn several_values_and_ways_out() {
    value("(call-with-values (lambda () (values 1 2)) list)", "(1 2)");
    value("(call-with-values (lambda () 1) list)", "(1)");
    value("(call-with-values (lambda () (values)) list)", "()");
    value(
        "(receive (odd even) (partition odd? '(1 2 3 4 5)) (list odd even))",
        "((1 3 5) (2 4))",
    );
    value(
        "(let ((log '()))
           (define (note x) (set! log (cons x log)))
           (dynamic-wind (lambda () (note 'in)) (lambda () (note 'during)) (lambda () (note 'out)))
           (reverse log))",
        "(in during out)",
    );
    value(
        "(let ((log '()) (again #f) (times 0))
           (define (note x) (set! log (cons x log)))
           (call/cc (lambda (leave)
             (dynamic-wind
               (lambda () (note 'in))
               (lambda () (call/cc (lambda (k) (set! again k))) (note 'during) (leave 1))
               (lambda () (note 'out)))))
           (set! times (+ times 1))
           (if (< times 2) (again 1))
           (reverse log))",
        "(in during out in during out)",
    );
}

#[test]
fn numbers_and_texts_of_scheme() {
    value(
        "(list (floor 1.5) (round 2.5) (expt 2 10) (sqrt 16) (truncate -1.5))",
        "(1.0 2.0 1024 4.0 -1.0)",
    );
    value(
        "(list (gcd 12 18 27) (lcm 4 6) (cadddr '(1 2 3 4)) (list* 1 2 '(3)))",
        "(3 12 4 (1 2 3))",
    );
    value(
        "(list (string-ci<? \"A\" \"b\") (char-upper-case? #\\a) (exact? 1))",
        "(#t #f #t)",
    );
    value(
        "(let ((v (make-vector 2 0))) (vector-fill! v 'x) v)",
        "#(x x)",
    );
    value("((named-lambda (f a . b) (list a b)) 1 2 3)", "(1 (2 3))");
    value("(vector-map (lambda (x) (* x x)) #(1 2 3))", "#(1 4 9)");
    value(
        "(call-with-output-string (lambda (p) (write \"a\" p)))",
        "\"\\\"a\\\"\"",
    );
    value(
        "(let ((p (delay (begin 5)))) (+ (force p) (force p)))",
        "10",
    );
}

#[test]
fn forms_with_a_name_of_their_own() {
    same(
        "(allow file-read* (container) (executable-bundle) (application-group))
         (allow file-read* (system-container) (system-group))
         (deny process-exec (with termination))
         (deny default (with no-callout) (with partial-symbolication))
         (deny default termination)",
        "(allow file-read* (extension \"com.apple.sandbox.container\")
           (extension \"com.apple.sandbox.executable\")
           (extension \"com.apple.sandbox.application-group\"))
         (allow file-read* (extension \"com.apple.sandbox.system-container\")
           (extension \"com.apple.sandbox.system-group\"))
         (deny process-exec (with send-signal SIGKILL))
         (deny default)
         (deny default (with send-signal 9))",
    );
    value(
        "(assoc \"com.apple.security.app-sandbox\" *entitlements*)",
        "#f",
    );
}

#[test]
fn names_of_the_language_can_be_taken_and_changed() {
    same(
        "(define plain allow)
         (define (under-home f) (lambda (p) (f (string-append \"/Users/x\" p))))
         (set! literal (under-home literal))
         (define (subpath . paths) (apply literal paths))
         (plain file-read* (literal \"/a\") (subpath \"/b\"))
         (let ((file-read* file-write*)) (allow file-read* (path \"/c\")))",
        "(allow file-read* (path \"/Users/x/a\") (path \"/Users/x/b\"))
         (allow file-write* (path \"/c\"))",
    );
}

#[test]
fn what_profiles_define_for_themselves_is_assumed_where_it_is_missing() {
    same(
        "(allow file-read* (home-subpath \"/Library\") (home-literal \"/a\" \"/b\") (home-regex \"/c$\"))",
        "(allow file-read* (subpath \"/Users/x/Library\") (literal \"/Users/x/a\" \"/Users/x/b\")
           (regex #\"^/Users/x/c$\"))",
    );
    value("(defined? 'home-literal)", "#f");
    same(
        "(define (home-literal p) (literal (string-append \"/mine\" p))) (allow file-read* (home-literal \"/a\"))",
        "(allow file-read* (literal \"/mine/a\"))",
    );
}
