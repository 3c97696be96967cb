//! `lapbelt doctor`: what this host can do, what it lacks, and how to get that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lapbelt_learn::base::Base;
use lapbelt_learn::host::{Host, programs};
use lapbelt_learn::system_profile::system_profile;
use lapbelt_libsandbox::{DEFAULT_PATH, Library};
use lapbelt_policy::decide::Decider;
use lapbelt_sandbox::host::{Check, Finding, macos_checks};
use lapbelt_sandbox::{Job, Status, Stdio, Support, linux_checks};
use serde_json::json;

use crate::backend::BackendArg;
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What is to confine programs.
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    backend: BackendArg,
    /// The library with the system's compiler.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_PATH)]
    library: PathBuf,
}

/// A system, what it has for us, and whether it is the one that is to confine.
struct System {
    name: &'static str,
    confines: bool,
    checks: Vec<Check>,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let host = Host::new(args.backend.into());
    let support = host.backend.probe();
    let trial = match &support {
        Support::None(reason) => Err(Failed::Unsupported(reason.clone())),
        _ => trial(&host),
    };
    let is_macos = host.backend.dialect().is_some();
    let [sandbox_exec, log, _] = programs();
    let mut of_macos = macos_checks(&sandbox_exec, &log);
    if is_macos {
        of_macos.push(log_access(&trial));
    }
    of_macos.push(libsandbox(&args.library));
    let macos = System {
        name: "macos",
        confines: is_macos,
        checks: of_macos,
    };
    let mut systems = vec![macos];
    if !is_macos {
        let linux = System {
            name: "linux",
            confines: true,
            checks: linux_checks(),
        };
        systems.insert(0, linux);
    }
    let able = trial.is_ok();
    output.answer_either(
        || {
            let checks: Vec<_> = systems
                .iter()
                .flat_map(|system| system.checks.iter().map(|check| as_json(system, check)))
                .collect();
            json!({
                "world": host.world,
                "able": able,
                "trial": trial.as_ref().err().map(Failed::why),
                "limits": limits(&support),
                "checks": checks,
            })
        },
        || text(&systems, &support, &trial),
    );
    Ok(if able { Exit::Yes } else { Exit::No })
}

/// Why nothing could be confined.
enum Failed {
    /// There is nothing to do it with.
    Unsupported(String),
    /// It was done, and the log did not show what was denied.
    Undecided(String),
    /// Something else went wrong.
    Other(String),
}

impl Failed {
    fn why(&self) -> &str {
        match self {
            Self::Unsupported(why) | Self::Undecided(why) | Self::Other(why) => why,
        }
    }
}

/// Whether a denial comes out of the log: the trial made one for it.
fn log_access(trial: &Result<(), Failed>) -> Check {
    let missing = |seen: &str| Finding::Missing {
        seen: seen.to_owned(),
        remedy: "give the terminal Full Disk Access (System Settings, Privacy & Security), or run \
                 as an administrator",
    };
    Check {
        name: "log access",
        purpose: "trace, shrink and workflow hear of denials by it",
        finding: match trial {
            Ok(()) => Finding::Present("a denial came out of it".to_owned()),
            Err(Failed::Undecided(reason)) => missing(reason),
            Err(_) => missing("not tried, as no program could be confined"),
        },
    }
}

/// The system's own compiler.
fn libsandbox(path: &Path) -> Check {
    Check {
        name: "libsandbox",
        purpose: "lab verify-host holds our compiler against the system's own, and lab writes run \
                  watches it write",
        finding: match Library::open(path) {
            Ok(_) => Finding::Present(format!("{} can be loaded", path.display())),
            Err(error) => Finding::Missing {
                seen: error.to_string(),
                remedy: "use a Mac: it is part of macOS, and though since macOS 11 there is no such \
                         file, it can be loaded there",
            },
        },
    }
}

/// Confines a program that only prints its version: the one test that tells for certain.
fn trial(host: &Host) -> Result<(), Failed> {
    let other = |error: &dyn std::fmt::Display| Failed::Other(error.to_string());
    let world = profile::world(host.world).map_err(|error| other(&error))?;
    let mut base = Base::seed(BTreeMap::new(), None);
    base.text = "(version 1)\n(allow default)\n".to_owned();
    let profile = base.evaluate(&world).map_err(|error| other(&error))?;
    let policy = profile.policy;
    let program = std::env::current_exe().map_err(|error| other(&error))?;
    let dialect = host.backend.dialect();
    let job = Job {
        program,
        args: vec!["--version".into()],
        env: None,
        cwd: Some(PathBuf::from("/")),
        profile: dialect.map(|dialect| system_profile(&policy, &dialect, &world)),
        decider: Arc::new(Decider::new(&policy, &world)),
        world: Arc::new(world),
        learn: false,
        report_allowed: false,
        stdin: Stdio::Null,
        stdout: Stdio::Null,
        stderr: Stdio::Null,
        timeout: Some(Duration::from_secs(20)),
        linger: Duration::ZERO,
        stop: None,
    };
    let outcome = host
        .backend
        .run(job, &mut |_| {})
        .map_err(|error| other(&error))?;
    match (outcome.undecided, outcome.status) {
        (Some(reason), _) => Err(Failed::Undecided(reason)),
        (None, Status::Exited(0)) => Ok(()),
        (None, status) => Err(Failed::Other(format!(
            "a harmless program failed under it: {status:?}"
        ))),
    }
}

fn limits(support: &Support) -> Vec<String> {
    match support {
        Support::Partial(limits) => limits.clone(),
        Support::Full | Support::None(_) => Vec::new(),
    }
}

fn as_json(system: &System, check: &Check) -> serde_json::Value {
    let mut value = json!({
        "system": system.name, "name": check.name, "purpose": check.purpose,
    });
    let (present, seen) = match &check.finding {
        Finding::Present(seen) => (true, seen),
        Finding::Missing { seen, remedy } => {
            value["remedy"] = (*remedy).into();
            (false, seen)
        }
    };
    value["present"] = present.into();
    value["seen"] = seen.as_str().into();
    value
}

fn text(systems: &[System], support: &Support, trial: &Result<(), Failed>) -> String {
    let mut text = String::new();
    for system in systems {
        if !system.confines {
            text.push_str("What only a Mac has, which nothing above needs:\n");
        }
        for check in &system.checks {
            let (name, purpose) = (check.name, check.purpose);
            match &check.finding {
                Finding::Present(detail) => {
                    text.push_str(&format!("yes  {name} ({detail}): {purpose}\n"));
                }
                Finding::Missing { seen, remedy } => text.push_str(&format!(
                    "no   {name} ({seen}): {purpose}\n     to get it, {remedy}\n"
                )),
            }
        }
        if system.confines {
            for limit in limits(support) {
                text.push_str(&format!("but  {limit}\n"));
            }
        }
    }
    text.push_str(&match trial {
        Ok(()) => "A program was confined and ran: trace, shrink, workflow and exec work.\n".into(),
        Err(failed) => format!("No program can be confined here: {}\n", failed.why()),
    });
    text
}
