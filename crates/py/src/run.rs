//! Learning and shrinking. The work is done on another thread, so that this one can hear of Ctrl-C.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use lapbelt_learn::host::BackendName;
use lapbelt_learn::manifest::Phases;
use lapbelt_learn::plan::{Plan, PlanError};
use lapbelt_learn::session::Tick;
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::error;

/// How often Python is asked whether a signal came.
const PERIOD: Duration = Duration::from_millis(50);

/// A tick, to be told to Python.
struct Progress {
    phase: String,
    step: usize,
    rules: usize,
    runs: usize,
    seconds: f64,
}

/// Carries out `phases` ("trace", "shrink" or "both") for a command. `options` is a JSON object of
/// knobs by the names that `run.json` has. Answers with the manifest, and what fell short if
/// anything did, as JSON.
#[pyfunction]
#[pyo3(signature = (phases, command, out, profile, params, options, backend, progress))]
#[expect(clippy::too_many_arguments, reason = "the Python half names them")]
pub(crate) fn run(
    py: Python<'_>,
    phases: &str,
    command: Vec<OsString>,
    out: PathBuf,
    profile: Option<PathBuf>,
    params: std::collections::BTreeMap<String, String>,
    options: &str,
    backend: &str,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let phases = match phases {
        "trace" => Phases::Trace,
        "shrink" => Phases::Shrink,
        _ => Phases::Both,
    };
    let mut command = command.into_iter();
    let program = command
        .next()
        .ok_or_else(|| error::other("the command is empty"))?;
    let plan = Plan::new(phases, Path::new(&program), command.collect());
    let mut plan = plan.map_err(|error| error::plan(&error))?;
    plan.out = out;
    plan.profile = profile;
    plan.params = params;
    plan.clean = phases != Phases::Shrink;
    plan.backend = match backend {
        "auto" => BackendName::Auto,
        "linux" => BackendName::Linux,
        "macos" => BackendName::Macos,
        other => return Err(error::other(format!("no backend is called `{other}`"))),
    };
    let mut knobs = serde_json::to_value(&plan.knobs).map_err(error::other)?;
    let given: Value = serde_json::from_str(options).map_err(error::other)?;
    if let (Value::Object(knobs), Value::Object(given)) = (&mut knobs, given) {
        knobs.extend(given);
    }
    plan.knobs = serde_json::from_value(knobs).map_err(error::other)?;

    let stop = Arc::new(AtomicBool::new(false));
    let (sender, ticks) = mpsc::channel();
    // What is reached without the interpreter's lock has to be fit for sharing.
    let ticks = Mutex::new(ticks);
    let worker = {
        let (plan, stop) = (plan.clone(), Arc::clone(&stop));
        thread::spawn(move || {
            plan.carry_out(stop, &mut |tick: &Tick<'_>| {
                // Nobody listens once the caller gave up.
                let _ = sender.send(Progress {
                    phase: tick.phase.to_owned(),
                    step: tick.step,
                    rules: tick.rules,
                    runs: tick.runs,
                    seconds: tick.elapsed.as_secs_f64(),
                });
            })
        })
    };
    let mut interrupted = None;
    loop {
        let tick = py.detach(|| {
            let ticks = ticks.lock().unwrap_or_else(PoisonError::into_inner);
            ticks.recv_timeout(PERIOD)
        });
        let told = match tick {
            Ok(tick) => tell(py, progress.as_ref(), &tick),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if let Err(error) = told.and_then(|()| py.check_signals()) {
            stop.store(true, Ordering::Relaxed);
            interrupted.get_or_insert(error);
        }
    }
    let result = py.detach(|| worker.join());
    if let Some(error) = interrupted {
        return Err(error);
    }
    let result: Result<_, PlanError> =
        result.map_err(|_| error::other("a defect of lapbelt: its worker panicked"))?;
    let manifest = result.map_err(|error| error::plan(&error))?;
    let shortfall = plan
        .shortfall(&manifest)
        .map(|(phase, reason)| json!({"phase": phase.name(), "reason": reason}));
    Ok(json!({"manifest": manifest, "shortfall": shortfall}).to_string())
}

fn tell(py: Python<'_>, progress: Option<&Py<PyAny>>, tick: &Progress) -> PyResult<()> {
    if let Some(progress) = progress {
        let tick = (&tick.phase, tick.step, tick.rules, tick.runs, tick.seconds);
        progress.call1(py, tick)?;
    }
    Ok(())
}
