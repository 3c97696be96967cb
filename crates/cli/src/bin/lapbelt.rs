//! The `lapbelt` command.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    lapbelt_cli::main("lapbelt")
}
