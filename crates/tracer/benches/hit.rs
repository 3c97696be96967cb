//! What one hit costs, by mode; `unwatched` is the program alone.

use std::process::{Command, Stdio};

use divan::Bencher;
use divan::counter::ItemsCount;
use lapbelt_tracer::image::Place;
use lapbelt_tracer::{Hook, Mode, Plan, Watch, trace};

const HITS: u32 = 5000;

fn main() {
    divan::main();
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lapbelt-traced"));
    command.args(["threads", "1", &HITS.to_string()]);
    command.stdout(Stdio::null());
    command
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn unwatched(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(HITS))
        .bench_local(|| program().status().is_ok());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn hw_breakpoint(bencher: Bencher<'_, '_>) {
    watched(bencher, Mode::HwBreakpoint);
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn patch(bencher: Bencher<'_, '_>) {
    watched(bencher, Mode::Patch);
}

fn watched(bencher: Bencher<'_, '_>, mode: Mode) {
    let arguments = "buf=arg0,cursor=arg1,src=arg2,len=arg3";
    let plan = Plan {
        mode,
        watch: Watch {
            image: None,
            write: Place::Symbol("lapbelt_traced::Buffer::write".into()),
            arguments: arguments.parse().expect("arguments"),
            immutable: None,
        },
        ring: 1 << 16,
    };
    bencher.counter(ItemsCount::new(HITS)).bench_local(|| {
        let traced = trace(program(), &plan, |_| {}).expect("a host that lets us trace");
        assert_eq!(
            (traced.hook, traced.stats.break_hits),
            (Hook::Ok, u64::from(HITS))
        );
    });
}
