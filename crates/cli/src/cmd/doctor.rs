//! `lapbelt doctor`: what this host can do, what it lacks, and how to get that.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lapbelt_learn::base::Base;
use lapbelt_learn::host::{Host, programs};
use lapbelt_learn::system_text::system_text;
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
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let host = Host::new(args.backend.into());
    let support = host.backend.probe();
    let checks = if host.backend.dialect().is_some() {
        let [sandbox_exec, log, _] = programs();
        macos_checks(&sandbox_exec, &log)
    } else {
        linux_checks()
    };
    let trial = match &support {
        Support::None(reason) => Err(reason.clone()),
        _ => trial(&host),
    };
    let able = trial.is_ok();
    output.answer_either(
        || {
            let checks: Vec<_> = checks.iter().map(as_json).collect();
            json!({
                "world": host.world,
                "able": able,
                "trial": trial.as_ref().err(),
                "limits": limits(&support),
                "checks": checks,
            })
        },
        || text(&checks, &support, &trial),
    );
    Ok(if able { Exit::Yes } else { Exit::No })
}

/// Confines a program that only prints its version: the one test that tells for certain.
fn trial(host: &Host) -> Result<(), String> {
    let world = profile::world(host.world).map_err(|error| error.to_string())?;
    let mut base = Base::seed(BTreeMap::new(), None);
    base.text = "(version 1)\n(allow default)\n".to_owned();
    let policy = base
        .evaluate(&world)
        .map_err(|error| error.to_string())?
        .policy;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let dialect = host.backend.dialect();
    let job = Job {
        program,
        args: vec!["--version".into()],
        env: None,
        cwd: Some(PathBuf::from("/")),
        profile: dialect.map(|dialect| system_text(&policy, &dialect, &world)),
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
        .map_err(|error| error.to_string())?;
    match (outcome.undecided, outcome.status) {
        (Some(reason), _) => Err(reason),
        (None, Status::Exited(0)) => Ok(()),
        (None, status) => Err(format!("a harmless program failed under it: {status:?}")),
    }
}

fn limits(support: &Support) -> Vec<String> {
    match support {
        Support::Partial(limits) => limits.clone(),
        Support::Full | Support::None(_) => Vec::new(),
    }
}

fn as_json(check: &Check) -> serde_json::Value {
    match &check.finding {
        Finding::Present(detail) => json!({
            "name": check.name, "purpose": check.purpose, "present": true, "seen": detail,
        }),
        Finding::Missing { seen, remedy } => json!({
            "name": check.name, "purpose": check.purpose, "present": false, "seen": seen,
            "remedy": remedy,
        }),
    }
}

fn text(checks: &[Check], support: &Support, trial: &Result<(), String>) -> String {
    let mut text = String::new();
    for check in checks {
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
    for limit in limits(support) {
        text.push_str(&format!("but  {limit}\n"));
    }
    text.push_str(&match trial {
        Ok(()) => "A program was confined and ran: trace, shrink, workflow and exec work.\n".into(),
        Err(reason) => format!("No program can be confined here: {reason}\n"),
    });
    text
}
