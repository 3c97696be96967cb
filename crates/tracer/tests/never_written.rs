//! Code in a mapping that the kernel lets nobody write, and in such as look so.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::Path;
use std::process::{Command, Stdio};

use lapbelt_tracer::image::Place;
use lapbelt_tracer::{Hook, Mode, Outcome, Plan, Routine, TraceError, Traced, Watch, trace};

/// It calls nothing, so that it runs where it is mapped, without a loader.
const CODE: &str = "
void sink_write(unsigned char *to, unsigned long cursor, const unsigned char *from, unsigned long length) {
    for (unsigned long i = 0; i < length; i++)
        ((volatile unsigned char *)to)[cursor + i] = from[i];
}
";

/// Maps the file's code, calls it, and tries to write to it as a tracer would; exits with 1 if that
/// was refused.
const PROGRAM: &str = "
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int file = open(argv[1], O_RDONLY);
    struct stat size;
    fstat(file, &size);
    int kind = strcmp(argv[3], \"shared\") ? MAP_PRIVATE : MAP_SHARED;
    char *base = mmap(0, size.st_size, PROT_READ | PROT_EXEC, kind, file, 0);
    if (!strcmp(argv[3], \"sealed\") && syscall(462, base, (size.st_size + 4095) & ~4095UL, 0))
        return 77;
    char *code = base + strtoul(argv[2], 0, 10), out[32] = {0};
    ((void (*)(char *, size_t, const char *, size_t))code)(out, 0, \"seven b\", 7);
    if (strcmp(out, \"seven b\")) return 9;
    char first = *code;
    return pwrite(open(\"/proc/self/mem\", O_RDWR), &first, 1, (off_t)code) != 1;
}
";

/// Builds both; says so where there is no compiler.
fn built(dir: &Path) -> bool {
    std::fs::write(dir.join("code.c"), CODE).expect("a source");
    std::fs::write(dir.join("program.c"), PROGRAM).expect("a source");
    // Without a page of their own, headers and code are mapped as one.
    let library =
        "-O1 -fcf-protection=none -shared -fPIC -nostdlib -Wl,-z,noseparate-code code.c -o code.so";
    for arguments in [library, "-D_GNU_SOURCE -O1 program.c -o program"] {
        let mut compiler = Command::new("cc");
        compiler.args(arguments.split(' ')).current_dir(dir);
        match compiler.output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) => {
                lapbelt_corpus::say_skipped(&format!("no C compiler: {error}"));
                return false;
            }
        }
    }
    true
}

/// `None`, and said so, where the host does not let us.
fn traced(dir: &Path, mode: Mode, kind: &str) -> Option<Traced> {
    let watch = Watch {
        image: Some(dir.join("code.so")),
        write: Place::Symbol("sink_write".into()),
        arguments: "buf=arg0,cursor=arg1,src=arg2,len=arg3"
            .parse()
            .expect("arguments"),
        immutable: None,
    };
    let routine = Routine::find(&dir.join("program"), watch).expect("the routine");
    let place = routine.triage().unslid.expect("an address").to_string();
    let mut command = Command::new(dir.join("program"));
    command.arg(dir.join("code.so")).args([&place, kind]);
    command.stdin(Stdio::null());
    let plan = Plan {
        mode,
        routine: &routine,
        ring: 16,
        stop: None,
    };
    let mut bytes = Vec::new();
    let traced = match trace(command, &plan, |record| bytes.extend(record.bytes)) {
        Err(error @ TraceError::Refused { .. }) => {
            lapbelt_corpus::say_skipped(&error.to_string());
            return None;
        }
        traced => traced.expect("a trace"),
    };
    match &traced.hook {
        Hook::HookFailed(why) if why.starts_with("debug registers") => {
            lapbelt_corpus::say_skipped(why);
            return None;
        }
        Hook::Ok => assert_eq!(bytes, b"seven b"),
        _ => assert!(bytes.is_empty()),
    }
    Some(traced)
}

#[test]
fn only_what_the_kernel_refuses_is_skipped() {
    let dir = tempfile::tempdir().expect("a directory");
    if !built(dir.path()) {
        return;
    }
    // A private mapping is copied for a tracer even where it is sealed (mseal(2)).
    for (kind, is_refused) in [("private", false), ("sealed", false), ("shared", true)] {
        for mode in [Mode::Patch, Mode::HwBreakpoint] {
            let Some(traced) = traced(dir.path(), mode, kind) else {
                return;
            };
            if traced.outcome == Outcome::Exited(77) {
                lapbelt_corpus::say_skipped("this kernel seals no mappings");
                continue;
            }
            // The program, which runs to its end in any case, found the same.
            assert_eq!(traced.outcome, Outcome::Exited(is_refused.into()), "{kind}");
            let is_skipped = is_refused && mode == Mode::Patch;
            match traced.hook {
                Hook::SkippedImmutable(why) if is_skipped => {
                    assert_eq!(why, "region_max_protection_no_write");
                }
                hook => assert!(hook == Hook::Ok && !is_skipped, "{kind} {mode:?} {hook:?}"),
            }
            let region = traced.triage.region.expect("a region");
            let last = if kind == "shared" { 's' } else { 'p' };
            assert_eq!(region.protection, format!("r-x{last}"));
            let most = if kind == "shared" { "r-x" } else { "rwx" };
            assert_eq!(traced.triage.max_protection.as_deref(), Some(most));
        }
    }
}
