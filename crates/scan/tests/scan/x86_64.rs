//! ELF programs of x86-64, compiled here.

use std::path::Path;
use std::process::Command;

use crate::support::{all, found, has_evidence, report};

fn compile(source: &Path, options: &[&str], out: &Path) -> Vec<u8> {
    let run = Command::new("gcc")
        .args(["-w"])
        .args(options)
        .arg(source)
        .arg("-o")
        .arg(out)
        .output()
        .expect("gcc, which every machine that builds this has");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    std::fs::read(out).expect("a program")
}

fn every_source(options: &[&str]) {
    let dir = tempfile::tempdir().expect("a directory");
    for (source, wanted) in all("c") {
        let bytes = compile(&source, options, &dir.path().join("program"));
        let report = report(&bytes, &[]);
        assert_eq!(
            found(&report),
            wanted,
            "{} with {options:?}",
            source.display()
        );
        has_evidence(&report);
    }
}

#[test]
fn unoptimised() {
    every_source(&["-O0"]);
}

#[test]
fn a_little_optimised() {
    every_source(&["-O1"]);
}

#[test]
fn optimised() {
    every_source(&["-O2"]);
}

#[test]
fn for_size() {
    every_source(&["-Os"]);
}

#[test]
fn stripped_and_not_position_independent() {
    every_source(&["-O2", "-s"]);
    every_source(&["-O1", "-no-pie"]);
}

#[test]
fn object_files() {
    every_source(&["-O2", "-c"]);
}

#[test]
fn only_what_a_start_reaches() {
    let dir = tempfile::tempdir().expect("a directory");
    let source = crate::support::sources().join("split_shift.c");
    let bytes = compile(&source, &["-O1"], &dir.path().join("program"));
    let from = |name: &str| report(&bytes, &[name.to_owned()]);
    assert_eq!(found(&from("kind")), ["split"]);
    assert_eq!(found(&from("arg_of")), Vec::<String>::new());
    assert_eq!(from("arg_of").functions, 1);
    assert_eq!(from("arg_of").readers.len(), 1);
}

#[test]
fn what_cannot_be_followed_is_undecided() {
    let dir = tempfile::tempdir().expect("a directory");
    let source = dir.path().join("callback.c");
    let text = "int run(int (*next)(const char *), const char *at) { return next(at) + 1; }\n\
                int main(int argc, char **argv) { return run((void *)argv[0], argv[argc]); }\n";
    std::fs::write(&source, text).expect("a source");
    let bytes = compile(&source, &["-O1"], &dir.path().join("program"));
    let report = report(&bytes, &["run".to_owned()]);
    assert_eq!(report.split.verdict, lapbelt_scan::Verdict::Undecided);
    assert!(
        report.split.why.starts_with("1 computed call"),
        "{}",
        report.split.why
    );
    assert_eq!(report.unresolved_sites.len(), 1);
}

/// What is found in a program whose function `run` is these instructions.
fn assembled(instructions: &str) -> lapbelt_scan::Report {
    let dir = tempfile::tempdir().expect("a directory");
    let source = dir.path().join("run.s");
    let text = format!(
        ".text\n.globl run\n.type run, @function\nrun:\n{instructions}.size run, . - run\n\
         .globl main\nmain: ret\n.section .note.GNU-stack\n"
    );
    std::fs::write(&source, text).expect("a source");
    let bytes = compile(&source, &[], &dir.path().join("program"));
    report(&bytes, &["run".to_owned()])
}

#[test]
fn a_target_may_come_from_either_of_two_tables() {
    let report = assembled(
        "and $3, %edi\n\
         lea first(%rip), %rax\nmov (%rax, %rdi, 8), %rcx\n\
         lea second(%rip), %rax\nmov (%rax, %rdi, 8), %rdx\n\
         test %esi, %esi\ncmove %rdx, %rcx\njmp *%rcx\n\
         1: mov $1, %eax\nret\n2: mov $2, %eax\nret\n\
         3: mov $3, %eax\nret\n4: mov $4, %eax\nret\n\
         .section .data.rel.ro, \"aw\"\n.balign 8\n\
         first: .quad 1b, 2b, 1b, 2b\nsecond: .quad 3b, 4b, 3b, 4b\n.text\n",
    );
    assert_eq!(report.unresolved_sites.len(), 0);
}

#[test]
fn a_call_of_too_many_functions_is_unresolved() {
    for (count, unresolved) in [(20, 0), (80, 1)] {
        let mut text = "lea main(%rip), %rcx\n".to_string();
        let mut functions = String::new();
        for number in 0..count {
            text += &format!("lea f{number}(%rip), %rax\ncmp ${number}, %edi\ncmove %rax, %rcx\n");
            functions += &format!(".type f{number}, @function\nf{number}: ret\n");
        }
        let report = assembled(&format!("{text}call *%rcx\nret\n{functions}"));
        assert_eq!(report.unresolved_sites.len(), unresolved, "of {count}");
    }
}

/// Does jobs from the last to the first, half of them by another thread.
struct Backwards;

impl lapbelt_scan::Workers for Backwards {
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        let every_other = |start: usize| (start..count).step_by(2).rev().for_each(job);
        std::thread::scope(|scope| {
            scope.spawn(|| every_other(0));
            every_other(1);
        });
    }
}

#[test]
fn whoever_does_the_work_the_report_is_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    for name in ["machine_reader_helpers.c", "split_in_callees.c"] {
        let source = crate::support::sources().join(name);
        let bytes = compile(&source, &["-O1"], &dir.path().join("program"));
        let options = lapbelt_scan::Options::default();
        let alone = lapbelt_scan::scan(&bytes, &options).expect("a report");
        let spread = lapbelt_scan::scan_with(&bytes, &options, &Backwards).expect("a report");
        assert!(alone.functions > 5, "{} functions", alone.functions);
        assert_eq!(format!("{alone:?}"), format!("{spread:?}"));
    }
}

#[test]
fn letters_that_lead_to_numbers_are_undecided() {
    let dir = tempfile::tempdir().expect("a directory");
    let source = dir.path().join("letters.c");
    let text = "int run(const unsigned char *code, int value) {
        for (;;) switch (*code) {
            case 'p': value = code[1] | code[2] << 8; code += 3; break;
            case 'n': value = -value; code += 1; break;
            case 'j': code += code[1]; break;
            case 'x': value ^= code[1]; code += 2; break;
            default: return value;
        }
    }
    int main(int argc, char **argv) { return run((void *)argv[0], argc); }\n";
    std::fs::write(&source, text).expect("a source");
    let bytes = compile(&source, &["-O1"], &dir.path().join("program"));
    let machine = report(&bytes, &[]).machine;
    assert_eq!(machine.verdict, lapbelt_scan::Verdict::Undecided);
    assert!(
        machine.why.starts_with("1 loops choose by characters"),
        "{}",
        machine.why
    );
}
