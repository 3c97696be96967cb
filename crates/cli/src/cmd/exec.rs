//! `lapbelt exec`: run a program under a profile, as `sandbox-exec` does, and explain what was
//! denied.

mod report;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lapbelt_learn::denial_rule::is_blank;
use lapbelt_learn::host::Host;
use lapbelt_learn::source::{FileImports, Profile, evaluate_text};
use lapbelt_learn::summary::killed;
use lapbelt_learn::target::find_program;
use lapbelt_learn::violation::Violation;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::Event;
use lapbelt_policy::rule::{Action, Policy, Version};
use lapbelt_policy::world::World;
use lapbelt_sandbox::{
    Job, ProfileSource, RunError, Status, Stdio, Support, SystemProfile, Unseen, not_found, reasons,
};

use super::run_options::lingering;
use crate::backend::BackendArg;
use crate::exit::CommandError;
use crate::interrupt;
use crate::output::{Output, counted};
use crate::profile::{self, Params};
use report::Report;

/// Exit codes of sandbox-exec for its own failures.
pub(crate) const USAGE: u8 = 64;
const DOES_NOT_PARSE: u8 = 65;
const CANNOT_SET_UP: u8 = 70;
const CANNOT_EXECUTE: u8 = 71;

/// Profiles that need no file.
const NAMED: &[(&str, &str)] = &[
    (
        "no-network",
        include_str!("../../../../profiles/no-network.sb"),
    ),
    (
        "no-internet",
        include_str!("../../../../profiles/no-internet.sb"),
    ),
    ("no-write", include_str!("../../../../profiles/no-write.sb")),
    (
        "no-write-except-temporary",
        include_str!("../../../../profiles/no-write-except-temporary.sb"),
    ),
    (
        "pure-computation",
        include_str!("../../../../profiles/pure-computation.sb"),
    ),
];

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    params: Params,
    /// Watch and refuse by the profile; assumes that the program does not try to get around it.
    #[arg(long)]
    observe: bool,
    /// Write each denial as a line of JSON to a file, or to standard output for `-`.
    #[arg(long, value_name = "FILE|-")]
    violations: Option<PathBuf>,
    /// Let processes that outlive the program go on for this many seconds before they are ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = lingering)]
    linger: f64,
    /// What confines the program.
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    backend: BackendArg,
    /// The program and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// The profile, given one way.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The profile is in this file.
    #[arg(short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// The profile is this text.
    #[arg(short = 'p', value_name = "TEXT")]
    text: Option<String>,
    /// The profile is a shipped one: no-network, no-internet, no-write,
    /// no-write-except-temporary or pure-computation.
    #[arg(short = 'n', value_name = "NAME")]
    name: Option<String>,
}

pub(crate) fn run(args: Args, output: &Output) -> ExitCode {
    if output.json {
        let message = "--json: what is written is the program's own, and its exit status the answer; \
                       --violations FILE writes each denial as a line of JSON, and `-` is standard \
                       output";
        return fail(&CommandError::Other(message.to_string()), USAGE, output);
    }
    let host = Host::new(args.backend.into());
    let world = match profile::world(host.world) {
        Ok(world) => Arc::new(world),
        Err(error) => return fail(&error, CANNOT_SET_UP, output),
    };
    let (loaded, given) = match args.profile(&world) {
        Ok(found) => found,
        Err((error, code)) => return fail(&error, code, output),
    };
    // A newer system may read more than we do.
    let is_read =
        || host.backend.dialect().is_some() && matches!(host.backend.accepts(&given), Ok(true));
    let loaded = match loaded {
        Ok(loaded) => Some(loaded),
        Err(_) if is_read() => {
            output.tell(
                "lapbelt: sandbox-exec reads this profile, and we do not; which rule denied what is \
                 not known (`lapbelt lint` says what we do not know of it)",
            );
            None
        }
        Err(error) => return fail(&error, DOES_NOT_PARSE, output),
    };
    match supervise(args, &host, loaded.as_ref(), given, world, output) {
        Ok(code) => ExitCode::from(code),
        Err((error, code)) => fail(&error, code, output),
    }
}

/// Ends as the program did, by a signal; if that cannot be, the exit status is that of shells.
fn ended_by(signal: i32) -> u8 {
    interrupt::die_of(signal);
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

fn fail(error: &CommandError, code: u8, output: &Output) -> ExitCode {
    error.show(output);
    ExitCode::from(code)
}

impl Args {
    /// What the profile says, or why we cannot tell, and the profile as it was given.
    fn profile(&self, world: &World) -> Result<Given, (CommandError, u8)> {
        let params = self.params.map();
        let from_text = |name: &str, text: &str| {
            let imports = FileImports::new(None, &params);
            Ok(evaluate_text(name, text, &params, &imports, world)?)
        };
        let (loaded, source) = if let Some(file) = &self.which.file {
            let text = profile::read(file).map_err(|error| (error, DOES_NOT_PARSE))?;
            let loaded = profile::evaluate(file, &text, &params, world);
            let source = if file.as_os_str() == "-" {
                ProfileSource::Text(text)
            } else {
                ProfileSource::File(file.clone())
            };
            (loaded, source)
        } else if let Some(text) = &self.which.text {
            (from_text("-p", text), ProfileSource::Text(text.clone()))
        } else {
            let name = self.which.name.as_deref().unwrap_or_default();
            let Some((name, text)) = NAMED.iter().find(|(known, _)| *known == name) else {
                let known: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
                let known = known.join(", ");
                let message = format!("no profile is called `{name}`; there are {known}");
                return Err((CommandError::Other(message), USAGE));
            };
            (
                from_text(name, text),
                ProfileSource::Text((*text).to_owned()),
            )
        };
        Ok((loaded, SystemProfile { source, params }))
    }
}

/// A profile as we read it, if we can, and as the system is to read it.
type Given = (Result<Profile, CommandError>, SystemProfile);

fn supervise(
    args: Args,
    host: &Host,
    loaded: Option<&Profile>,
    given: SystemProfile,
    world: Arc<World>,
    output: &Output,
) -> Result<u8, (CommandError, u8)> {
    let set_up = |message: String| (CommandError::Other(message), CANNOT_SET_UP);
    let backend = host.backend.as_ref();
    if let Support::None(reason) = backend.probe() {
        return Err(set_up(reason));
    }
    let mut violations: Option<BufWriter<Box<dyn Write>>> = match &args.violations {
        None => None,
        Some(path) if path.as_os_str() == "-" => Some(BufWriter::new(Box::new(std::io::stdout()))),
        Some(path) => {
            let file = File::create(path)
                .map_err(|error| (CommandError::of_file("write", path, &error), CANNOT_SET_UP))?;
            Some(BufWriter::new(Box::new(file)))
        }
    };
    // Of what we cannot read, no rule is known.
    let unread = Policy {
        version: Version::default(),
        rules: Vec::new(),
        sources: Vec::new(),
        implied: true,
    };
    let policy = loaded.map_or(&unread, |loaded| &loaded.policy);
    let mut command = args.command.into_iter();
    let name = PathBuf::from(command.next().unwrap_or_default());
    let program = find_program(&name).ok();
    let job = Job {
        program: name,
        args: command.collect(),
        env: None,
        cwd: None,
        // What runs is what was written.
        profile: Some(given),
        decider: Arc::new(Decider::new(policy, &world)),
        world: Arc::clone(&world),
        learn: false,
        report_allowed: false,
        stdin: Stdio::Inherit,
        stdout: Stdio::Inherit,
        stderr: Stdio::Inherit,
        timeout: None,
        linger: Duration::from_secs_f64(args.linger),
        stop: None,
    };
    interrupt::pass_on();
    let mut report = Report::default();
    let mut broken = None;
    let mut unseen = BTreeSet::new();
    let result = backend.run(job, &mut |event: &Event| {
        if event.decision == Action::Allow {
            return;
        }
        let rule = report::place_of(event, loaded, &world);
        if let Some(file) = &mut violations {
            let line = serde_json::to_string(&Violation::of(event, rule.clone(), &world));
            let written = line.map_err(Into::into).and_then(|line| {
                writeln!(file, "{line}")?;
                file.flush()
            });
            broken = written.err().or_else(|| broken.take());
        }
        if is_blank(event, &world) {
            unseen.insert(world.operation(event.operation).name.clone());
        } else {
            report.add(event, rule);
        }
    });
    if let Some(error) = &broken {
        output.complain(&format!("lapbelt: cannot write violations: {error}"));
    }
    // A reader that has gone away has what it wanted.
    let is_unwritten = broken.is_some_and(|error| error.kind() != ErrorKind::BrokenPipe);
    if !output.quiet
        && let Some(text) = report.text(&world)
    {
        output.complain(&text);
    }
    match result {
        Ok(outcome) => {
            if let Some(reason) = outcome.undecided {
                output.tell(&format!("lapbelt: what was denied is not known: {reason}"));
            }
            let mut blank = outcome.unseen.clone();
            let calls = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "call");
            if let Some(count) = blank.remove(&Unseen::Keeper) {
                output.tell(&format!(
                    "lapbelt: refused whatever the profile says: {} ({})",
                    calls(count),
                    Unseen::Keeper
                ));
            }
            if !blank.is_empty() {
                let operations: Vec<&str> = unseen.iter().map(String::as_str).collect();
                output.tell(&format!(
                    "lapbelt: refused not by a rule, but because what is asked cannot be told: {} ({}); such \
                     a call goes on only if the profile allows {} of everything",
                    calls(blank.values().sum()),
                    reasons(&blank),
                    operations.join(" and ")
                ));
            }
            if !outcome.stragglers.is_empty() {
                let killed = killed(&outcome.stragglers, args.linger);
                output.tell(&format!("lapbelt: {killed}"));
            }
            if let Status::Exited(code) = outcome.status
                && let Some(error) = program.and_then(|file| not_found(&file, code.into()))
            {
                output.tell(&format!("lapbelt: {error}"));
            }
            Ok(match outcome.status {
                _ if is_unwritten => CANNOT_SET_UP,
                Status::Exited(code) => code,
                Status::Signaled(signal) => ended_by(signal),
            })
        }
        Err(RunError::EndedEarly { signal, .. }) => Ok(ended_by(signal)),
        Err(error) => {
            let code = match error {
                _ if error.is_of_the_program() => CANNOT_EXECUTE,
                RunError::StartDenied { .. } => CANNOT_EXECUTE,
                RunError::Refused => DOES_NOT_PARSE,
                _ => CANNOT_SET_UP,
            };
            Err((CommandError::Other(error.to_string()), code))
        }
    }
}
