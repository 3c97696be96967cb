//! `lapbelt lab writes run`.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lapbelt_learn::run_dir;
use lapbelt_tracer::image::Place;
use lapbelt_tracer::{Hook, Mode, Outcome, Plan, Traced, trace};
use serde_json::{Value, json};

use super::folder::{Folder, MADE_BY};
use super::inputs::{self, Input, Text};
use super::line;
use super::target::{Target, TargetArgs};
use super::triage;
use super::way::Way;
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::output::{Output, counted};
use crate::profile::{self, Params};

/// How many records may wait to be written.
const RING: usize = 1 << 16;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A profile to compile; may be given many times. A program of your own may need none.
    #[arg(long = "profile", value_name = "FILE")]
    profiles: Vec<PathBuf>,
    /// A list of profiles: objects with `file` or `string`, and, if wanted, `id`, `params`, `mode`,
    /// `address` or `unslid_address`.
    #[arg(long, value_name = "LIST.json")]
    inputs: Option<PathBuf>,
    /// The folder that what was found goes to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    params: Params,
    /// Only the inputs of these names.
    #[arg(long = "only-id", value_name = "ID")]
    only: Vec<String>,
    /// How the program is watched.
    #[arg(long, default_value = "hw-breakpoint")]
    mode: Way,
    /// An input of which no write was seen is no failure.
    #[arg(long)]
    allow_zero_hits: bool,
    /// How often to try again when the program was killed by a signal.
    #[arg(long, value_name = "N", default_value_t = 2)]
    retries: u32,
    /// The OS build whose compiler ours follows.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
    #[command(flatten)]
    target: TargetArgs,
}

/// What came of one input.
struct Report {
    id: String,
    /// Where the routine was looked for.
    place: Place,
    hook: Hook,
    outcome: Outcome,
    manifest: Value,
    records: u64,
    hits: u64,
    immutable: u64,
    dropped: u64,
    truncated: u64,
    is_compiled: bool,
    is_replaced: bool,
    is_whole: bool,
}

impl Report {
    /// Why a trace is not whole.
    fn trouble(&self) -> Option<String> {
        let id = &self.id;
        let why = match (&self.hook, self.outcome) {
            _ if self.is_whole => return None,
            (Hook::SkippedImmutable(why), _) => format!("skipped_immutable: {why}"),
            (Hook::HookFailed(why), _) => format!("not watched: {why}"),
            (Hook::NotLoaded, _) => match &self.place {
                Place::Address(address) => format!(
                    "not watched: there was never any code at {address:#x}; --unslid-address is for \
                     the address that its file gives it"
                ),
                Place::Symbol(_) | Place::Unslid(_) => {
                    "not watched: the image was never mapped".to_string()
                }
            },
            (Hook::Ok, Outcome::Signaled(signal)) => {
                format!("killed by signal {signal}; the trace ends there")
            }
            (Hook::Ok, Outcome::Exited(code)) if !self.is_compiled => {
                let said = self.manifest["compile"]["stderr"]
                    .as_str()
                    .unwrap_or_default();
                match said.lines().find(|line| !line.trim().is_empty()) {
                    Some(first) => format!("nothing was made, exit code {code}: {first}"),
                    None => format!("nothing was made, exit code {code}"),
                }
            }
            (Hook::Ok, Outcome::Exited(_)) if self.is_replaced => {
                "another program took its place by exec; the trace ends there".to_string()
            }
            (Hook::Ok, Outcome::Exited(_)) if self.hits == 0 => "no write was seen".to_string(),
            (Hook::Ok, Outcome::Exited(_)) => {
                "records are lost or cut short; see the folder stats".to_string()
            }
        };
        Some(format!("{id}: {why}\n"))
    }
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    profile::world(&args.world)?;
    let target = args.target.target()?;
    let alone = (!target.needs_input()).then_some(target.program.as_path());
    let params = args.params.map();
    let mut list = inputs::collect(&args.profiles, &params, args.inputs.as_deref(), alone)?;
    if let Some(unknown) = args
        .only
        .iter()
        .find(|id| list.iter().all(|one| one.id != **id))
    {
        let known: Vec<&str> = list.iter().map(|one| one.id.as_str()).collect();
        return Err(CommandError::Other(format!(
            "no input is called `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    list.retain(|input| args.only.is_empty() || args.only.contains(&input.id));
    let folder = Folder::create(args.out.clone())?;
    let begun = json!({"made_by": MADE_BY, "complete": false, "world": args.world,
                       "target": target.named(), "inputs": []});
    run_dir::write_json(&folder.manifest(), &begun)?;
    let Some(mode) = args.mode.mode() else {
        return triage::run(&target, &list, &args.world, &folder, output);
    };
    let runner = Runner {
        target,
        folder,
        world: args.world,
        retries: args.retries,
        mode,
        stop: interrupt::stop_flag(),
    };
    let mut reports = Vec::new();
    for input in &list {
        if !runner.is_stopped() {
            reports.push(runner.input(input)?);
        }
    }
    let is_stopped = runner.is_stopped();
    let not_run: Vec<&str> = list[reports.len()..]
        .iter()
        .map(|own| own.id.as_str())
        .collect();
    let target = runner.target.named();
    let entries: Vec<&Value> = reports.iter().map(|one| &one.manifest).collect();
    let manifest = json!({"made_by": MADE_BY, "complete": !is_stopped, "interrupted": is_stopped,
               "not_run": not_run, "world": runner.world, "mode": mode, "target": target,
               "inputs": entries});
    run_dir::write_json(&runner.folder.manifest(), &manifest)?;
    let count = |holds: fn(&Report) -> bool| reports.iter().filter(|one| holds(one)).count();
    let sum = |number: fn(&Report) -> u64| reports.iter().map(number).sum::<u64>();
    let (compiled, whole) = (count(|one| one.is_compiled), count(|one| one.is_whole));
    let zero_hits = count(|one| one.hits == 0);
    let (records, dropped) = (sum(|one| one.records), sum(|one| one.dropped));
    let summary = json!({
        "mode": mode, "interrupted": is_stopped, "inputs": reports.len(), "compiled": compiled, "whole": whole,
        "zero_hits": zero_hits, "records": records, "break_hits": sum(|one| one.hits),
        "immutable_hits": sum(|one| one.immutable),
        "ring_dropped": dropped, "capture_truncated": sum(|one| one.truncated),
    });
    run_dir::write_json(&runner.folder.summary(), &summary)?;
    let mut troubles: String = reports.iter().filter_map(|one| one.trouble()).collect();
    if mode == Mode::Interpose && runner.target.is_this_program() {
        troubles += "our compiler can be interposed as a library: build lapbelt-clib, and name it \
                     with --library\n";
    }
    output.answer_either(
        || summary.clone(),
        || {
            let of = reports.len();
            let stopped = match (is_stopped, not_run.len()) {
                (false, _) => String::new(),
                (true, 0) => "interrupted\n".to_string(),
                (true, more) => format!("interrupted, before {}\n", counted(more, "more input")),
            };
            format!(
                "{troubles}{stopped}{records} records of {of} inputs in {}: {compiled} compiled, {whole} with a \
                 whole trace, {zero_hits} without a write, {dropped} records dropped\n",
                args.out.display()
            )
        },
    );
    if is_stopped {
        return Ok(Exit::Undecided);
    }
    let is_good = |one: &Report| one.is_whole || (args.allow_zero_hits && one.hits == 0);
    Ok(match reports.iter().all(is_good) {
        true => Exit::Yes,
        false => Exit::No,
    })
}

fn failed(error: impl std::fmt::Display) -> CommandError {
    CommandError::Other(error.to_string())
}

struct Runner {
    target: Target,
    folder: Folder,
    world: String,
    retries: u32,
    mode: Mode,
    stop: Arc<AtomicBool>,
}

impl Runner {
    /// Whether the user wants no more.
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Runs the program for an input and writes its files; again if it was killed.
    fn input(&self, input: &Input) -> Result<Report, CommandError> {
        let mut attempts = Vec::new();
        loop {
            let (traced, records) = self.attempt(input)?;
            attempts.push(traced.outcome);
            let is_killed = matches!(traced.outcome, Outcome::Signaled(_));
            if !is_killed || self.is_stopped() || attempts.len() > self.retries as usize {
                return self.report(input, &traced, records, &attempts);
            }
        }
    }

    fn attempt(&self, input: &Input) -> Result<(Traced, u64), CommandError> {
        let id = &input.id;
        let blob = self.folder.blob(id);
        if blob.exists() {
            // One of an earlier run would pass for one of this.
            std::fs::remove_file(&blob)
                .map_err(|error| failed(format!("cannot remove {}: {error}", blob.display())))?;
        }
        let command = self.target.command(input, &self.world, &self.folder)?;
        let routine = self.target.routine(input)?;
        let plan = Plan {
            mode: self.mode(input),
            routine: &routine,
            ring: RING,
            stop: Some(&self.stop),
        };
        let mut file = BufWriter::new(run_dir::create(&self.folder.trace(id))?);
        let (mut records, mut written) = (0_u64, Ok(()));
        let traced = trace(command, &plan, |record| {
            records += 1;
            if written.is_ok() {
                written = writeln!(file, "{}", line::of_record(&record, id));
            }
        });
        written
            .and_then(|()| file.flush())
            .map_err(|error| failed(format!("cannot write the trace of {id}: {error}")))?;
        Ok((traced.map_err(failed)?, records))
    }

    fn mode(&self, input: &Input) -> Mode {
        input.mode.unwrap_or(self.mode)
    }

    fn report(
        &self,
        input: &Input,
        traced: &Traced,
        records: u64,
        attempts: &[Outcome],
    ) -> Result<Report, CommandError> {
        let (folder, id) = (&self.folder, &input.id);
        let stats = &traced.stats;
        run_dir::write_json(&folder.stats(id), stats)?;
        let mut triage = json!(traced.triage);
        if let (Value::Object(all), Value::Object(hook)) = (&mut triage, json!(traced.hook)) {
            all.extend(hook);
        }
        run_dir::write_json(&folder.triage(id), &triage)?;
        let is_compiled = traced.outcome == Outcome::Exited(0) && folder.blob(id).is_file();
        let is_interrupted = self.is_stopped() && matches!(traced.outcome, Outcome::Signaled(_));
        let is_whole = is_compiled
            && !stats.replaced
            && traced.hook == Hook::Ok
            && stats.break_hits > 0
            && (
                stats.ring_dropped,
                stats.capture_truncated,
                stats.arm_failures,
            ) == (0, 0, 0);
        let stderr = std::fs::read(folder.stderr(id)).unwrap_or_default();
        let file = match &input.text {
            Text::File(path) => Some(path),
            Text::Inline(_) | Text::None => None,
        };
        let manifest = json!({
            "id": id,
            "file": file,
            "params": input.params,
            "mode": self.mode(input),
            "compile": {
                "status": if is_compiled { "ok" } else { "failed" },
                "attempts": attempts,
                "stderr": String::from_utf8_lossy(&stderr),
            },
            "hook": traced.hook,
            "records": records,
            "trace_integrity": {
                "trace": folder.trace(id).is_file(),
                "stats": true,
                "triage": true,
                "blob": folder.blob(id).is_file(),
                "whole": is_whole,
                "interrupted": is_interrupted,
                "ended_by_signal": matches!(traced.outcome, Outcome::Signaled(_)),
            },
        });
        let place = input.place.as_ref();
        Ok(Report {
            id: id.clone(),
            place: place.unwrap_or(&self.target.routine.watch().write).clone(),
            hook: traced.hook.clone(),
            outcome: traced.outcome,
            manifest,
            records,
            hits: stats.break_hits,
            immutable: stats.immutable_hits,
            dropped: stats.ring_dropped,
            truncated: stats.capture_truncated,
            is_compiled,
            is_replaced: stats.replaced,
            is_whole,
        })
    }
}
