//! `shrink-trace`: a second name of `lapbelt`, for scripts written against that interface.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    lapbelt_cli::main("shrink-trace")
}
