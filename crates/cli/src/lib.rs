//! The `lapbelt` command line: one file per subcommand.
//!
//! Exit codes: 0 yes or done, 1 no (denied, findings, did not converge), 2 failed (bad input,
//! missing support), 3 undecided. `exec` passes on the status of the program it ran.
#![forbid(unsafe_code)]

mod backend;
mod cmd;
mod corpus;
mod evidence;
mod exit;
mod interrupt;
mod json_lines;
mod layout_file;
mod learnt_in;
mod mounts;
mod output;
mod parquet_file;
mod profile;
mod replace;
mod request;
mod resumed;
mod show;
mod subject;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use exit::Exit;
use output::{ColorChoice, Output};

/// The open toolchain for Apple's Seatbelt sandbox.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    output: OutputArgs,
    #[command(subcommand)]
    command: Command,
}

/// How a command speaks.
#[derive(clap::Args)]
struct OutputArgs {
    /// When to colour: on a terminal only, always, never.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    /// Say nothing that was not asked for.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Answer in JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Learn the smallest profile for a program: trace, then shrink.
    Workflow(cmd::workflow::Args),
    /// Learn a profile: run, turn each denial into a rule, until runs succeed.
    Trace(cmd::trace::Args),
    /// Remove all rules of a profile that a program does not need.
    Shrink(cmd::shrink::Args),
    /// Print a profile as flat rules, each with its place.
    Expand(cmd::expand::Args),
    /// Write profiles in the house style.
    Fmt(cmd::fmt::Args),
    /// Check profiles.
    Lint(cmd::lint::Args),
    /// Say what a run directory holds.
    Summary(cmd::summary::Args),
    /// Run a program under a profile.
    Exec(cmd::exec::Args),
    /// Print the rules that would allow what was denied.
    Suggest(cmd::suggest::Args),
    /// Say what a compiled profile holds, node by node or byte by byte.
    Decode(cmd::decode::Args),
    /// Say what this host can do, what it lacks, and how to get that.
    Doctor(cmd::doctor::Args),
    /// Ask whether a profile would allow an operation, and by which rule.
    Query(cmd::query::Args),
    /// Say what two profiles decide differently, each difference by a request.
    Diff(cmd::diff::Args),
    /// Write a compiled profile as rules.
    Decompile(cmd::decompile::Args),
    /// Draw what a profile decides.
    Graph(cmd::graph::Args),
    /// Compile a profile to the bytes that the system would write.
    Compile(cmd::compile::Args),
    /// Look at the vocabularies of OS builds.
    World(cmd::world::Args),
    /// Learn how the system's own compiler works.
    Lab(cmd::lab::Args),
}

/// Runs the command line under a name and answers with its exit code.
pub fn main(name: &'static str) -> ExitCode {
    let mut command = Cli::command().name(name).bin_name(name);
    let parsed = command
        .try_get_matches_from_mut(std::env::args_os())
        .and_then(|matches| {
            let passed_over = resumed::passed_over(&mut command, &matches)?;
            Ok((Cli::from_arg_matches(&matches)?, passed_over))
        });
    let (cli, passed_over) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return misused(&error),
    };
    let OutputArgs { color, quiet, json } = cli.output;
    let json = json || matches!(&cli.command, Command::Lint(args) if args.is_json());
    let output = Output::new(color, quiet, json);
    if !passed_over.is_empty() {
        output.tell(&format!(
            "lapbelt: a run that goes on keeps its own settings: passed over {} of the environment",
            passed_over.join(", ")
        ));
    }
    let result = match cli.command {
        Command::Workflow(args) => cmd::workflow::run(args, &output),
        Command::Trace(args) => cmd::trace::run(args, &output),
        Command::Shrink(args) => cmd::shrink::run(args, &output),
        Command::Expand(args) => cmd::expand::run(&args, &output),
        Command::Fmt(args) => cmd::fmt::run(&args, &output),
        Command::Lint(args) => cmd::lint::run(args, &output),
        Command::Summary(args) => cmd::summary::run(args, &output),
        Command::Exec(args) => return cmd::exec::run(args, &output),
        Command::Suggest(args) => cmd::suggest::run(args, &output),
        Command::Decode(args) => cmd::decode::run(&args, &output),
        Command::Doctor(args) => cmd::doctor::run(&args, &output),
        Command::Query(args) => cmd::query::run(args, &output),
        Command::Diff(args) => cmd::diff::run(&args, &output),
        Command::Decompile(args) => cmd::decompile::run(&args, &output),
        Command::Graph(args) => cmd::graph::run(&args, &output),
        Command::Compile(args) => cmd::compile::run(args, &output),
        Command::World(args) => cmd::world::run(args, &output),
        Command::Lab(args) => cmd::lab::run(args, &output),
    };
    if let (Ok(_), Some(error)) = (&result, output::unwritten()) {
        return unwritten(&output, error);
    }
    match result {
        Ok(exit) => exit.into(),
        Err(error) => error.end(&output).into(),
    }
}

fn unwritten(output: &Output, error: &std::io::Error) -> ExitCode {
    output.complain(&format!(
        "lapbelt: the answer could not be written to standard output: {error}"
    ));
    Exit::Failed.into()
}

/// Tells how the command line is used; help that was asked for is no misuse.
fn misused(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    ExitCode::from(match error.exit_code() {
        // A reader that has gone away is no error of ours.
        0 => match printed {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                return unwritten(&Output::new(ColorChoice::Auto, false, false), &error);
            }
            _ => 0,
        },
        // As sandbox-exec.
        _ if is_exec() => cmd::exec::USAGE,
        _ => 2,
    })
}

/// Whether the command is `exec`, whatever was said before of how to speak.
fn is_exec() -> bool {
    let mut words = std::env::args_os().skip(1);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("-q" | "--quiet" | "--json") => {}
            Some("--color") => _ = words.next(),
            Some(word) if word.starts_with("--color=") => {}
            word => return word == Some("exec"),
        }
    }
    false
}
