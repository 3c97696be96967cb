//! Files that are cut short or changed: an answer or an error, and never anything else.

use std::sync::OnceLock;

use lapbelt_scan::{Options, ScanError, scan};
use proptest::prelude::*;

fn own_program() -> Vec<u8> {
    static PROGRAM: OnceLock<Vec<u8>> = OnceLock::new();
    PROGRAM.get_or_init(compile).clone()
}

fn compile() -> Vec<u8> {
    let source = crate::support::sources().join("machine_switch.c");
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("program");
    let mut gcc = std::process::Command::new("gcc");
    let run = gcc.arg("-O1").arg(source).arg("-o").arg(&out);
    assert!(run.status().expect("gcc").success());
    std::fs::read(out).expect("a program")
}

#[test]
fn errors_say_where() {
    let options = Options::default();
    let error = |bytes: &[u8]| scan(bytes, &options).expect_err("an error").to_string();
    assert_eq!(
        error(b"hello there"),
        "neither an ELF nor a Mach-O file: it starts with 68656c6c6f207468 at byte 0"
    );
    assert!(error(b"").contains("it starts with nothing"));
    assert!(error(b"\x7fELF\x02\x01\x01").starts_with("damaged header at byte 0"));
    let mut program = own_program();
    // The section headers lie at the end.
    program.truncate(program.len() - 100);
    let text = error(&program);
    assert!(
        text.starts_with("damaged ") && text.contains(" at byte "),
        "{text}"
    );
}

#[test]
fn a_start_that_is_none() {
    let options = Options {
        architecture: None,
        from: &["nowhere".to_owned()],
    };
    let error = scan(&own_program(), &options).expect_err("an error");
    assert_eq!(error, ScanError::NoStart("nowhere".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn changed_bytes(changes in prop::collection::vec((0_usize..16_000, any::<u8>()), 1..60)) {
        let mut program = own_program();
        for (at, byte) in changes {
            let at = at % program.len();
            program[at] = byte;
        }
        let _ = scan(&program, &Options::default());
    }
}
