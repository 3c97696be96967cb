//! Options that trace, shrink and workflow share, and how a run is set up from them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use lapbelt_learn::base::Base;
use lapbelt_learn::denial_rule::NetworkRules;
use lapbelt_learn::manifest::{self, Phases};
use lapbelt_learn::record::{DenyScope, Knobs, Manifest, ShrinkStatus, Strategy, TraceStatus};
use lapbelt_learn::run_dir::{Phase, RunDir};
use lapbelt_learn::seed::Loader;
use lapbelt_learn::session::{Session, Tick};
use lapbelt_learn::summary;
use lapbelt_learn::target::{Target, find_program};
use lapbelt_sandbox::Support;

use crate::backend::{BackendName, Host};
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::output::Output;
use crate::profile::{self, Params, absolute};

/// The system's own profile for its loader.
const DYLD_SUPPORT: &str = "/System/Library/Sandbox/Profiles/dyld-support.sb";

/// The program, and what counts as its success.
#[derive(clap::Args)]
pub(crate) struct ProgramOptions {
    /// The program to run.
    #[arg(long, value_name = "EXE", required_unless_present = "resume")]
    pub(crate) cmd: Option<PathBuf>,
    /// Its arguments.
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<OsString>,
    /// The run directory.
    #[arg(
        long,
        value_name = "DIR",
        env = "OUT_DIR",
        default_value = "lapbelt-out"
    )]
    pub(crate) out: PathBuf,
    /// Go on with an interrupted run in this directory, with its own settings.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["cmd", "args"])]
    pub(crate) resume: Option<PathBuf>,
    /// Judge each run by this shell command; it finds the run's exit status in LAPBELT_STATUS.
    #[arg(long, value_name = "CMD")]
    pub(crate) success_cmd: Option<String>,
    /// Run this shell command before each fresh run, to put back what the program changes. (What
    /// it creates is removed without being asked.)
    #[arg(long, value_name = "CMD")]
    pub(crate) fresh_cmd: Option<String>,
    /// Count a run as failed after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<f64>,
    /// What confines the program.
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    pub(crate) backend: BackendName,
    #[command(flatten)]
    pub(crate) params: Params,
}

/// How to learn.
#[derive(clap::Args)]
pub(crate) struct LearnOptions {
    /// Successful strict runs in a row that end the trace.
    #[arg(long, value_name = "N", env = "SUCCESS_STREAK", default_value_t = 2, value_parser = at_least_one)]
    success_streak: usize,
    /// Whose denials count: the whole process tree, or the first process only.
    #[arg(
        long,
        value_enum,
        value_name = "SCOPE",
        env = "DENY_SCOPE",
        default_value = "all"
    )]
    deny_scope: DenyScopeArg,
    /// What becomes of denied network operations.
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        env = "NETWORK_RULES",
        default_value = "parsed"
    )]
    network_rules: NetworkRulesArg,
    /// Let denied calls go on to learn from one run, or refuse them and go step by step.
    #[arg(long, value_enum, value_name = "HOW", default_value = "learn")]
    strategy: StrategyArg,
    /// Most iterations of the trace.
    #[arg(long, value_name = "N", env = "MAX_ITERS", default_value_t = 50, value_parser = at_least_one)]
    max_iters: usize,
    /// Seed the profile with loader rules; macOS only, recorded elsewhere.
    #[arg(long, value_name = "0|1", env = "SEED_DYLD", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(0..=1))]
    seed_dyld: u8,
    /// Import the system's loader profile; macOS only, recorded elsewhere.
    #[arg(long, value_name = "0|1", env = "IMPORT_DYLD_SUPPORT", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(0..=1))]
    import_dyld_support: u8,
    /// Write names that differ from run to run (process ids, temporary names) as patterns.
    #[arg(long, value_name = "0|1", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(0..=1))]
    generalize: u8,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_string()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a number".to_string()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number < 1e9 => Ok(number),
        _ => Err("expected a number of seconds above 0".to_string()),
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum DenyScopeArg {
    All,
    Pid,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum NetworkRulesArg {
    Parsed,
    Drop,
    Coarse,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum StrategyArg {
    Learn,
    Stepwise,
}

impl LearnOptions {
    fn knobs(&self) -> Knobs {
        Knobs {
            success_streak: self.success_streak,
            deny_scope: match self.deny_scope {
                DenyScopeArg::All => DenyScope::All,
                DenyScopeArg::Pid => DenyScope::Pid,
            },
            network_rules: match self.network_rules {
                NetworkRulesArg::Parsed => NetworkRules::Parsed,
                NetworkRulesArg::Drop => NetworkRules::Drop,
                NetworkRulesArg::Coarse => NetworkRules::Coarse,
            },
            strategy: match self.strategy {
                StrategyArg::Learn => Strategy::Learn,
                StrategyArg::Stepwise => Strategy::Stepwise,
            },
            max_iters: self.max_iters,
            seed_dyld: self.seed_dyld == 1,
            import_dyld_support: self.import_dyld_support == 1,
            generalize: self.generalize == 1,
            ..Knobs::default()
        }
    }
}

/// A run that was asked for.
pub(crate) struct Run {
    pub(crate) phases: Phases,
    pub(crate) program: ProgramOptions,
    /// How to learn; `None` for a run that does not.
    pub(crate) learn: Option<LearnOptions>,
    /// The profile given; the seed if `None`.
    pub(crate) profile: Option<PathBuf>,
    /// Remove an earlier run first.
    pub(crate) clean: bool,
}

impl Run {
    fn knobs(&self) -> Knobs {
        let learnt = self
            .learn
            .as_ref()
            .map(LearnOptions::knobs)
            .unwrap_or_default();
        Knobs {
            success_cmd: self.program.success_cmd.clone(),
            fresh_cmd: self.program.fresh_cmd.clone(),
            timeout_s: self.program.timeout,
            ..learnt
        }
    }

    /// Carries the run out and tells what came of it.
    pub(crate) fn carry_out(mut self, output: &Output) -> Result<Exit, CommandError> {
        let mut knobs = self.knobs();
        let mut earlier = None;
        if let Some(dir) = &self.program.resume {
            let manifest = summary::read_manifest(&RunDir::new(absolute(dir)))?;
            knobs = manifest.knobs.clone();
            self.program.out.clone_from(dir);
            self.program.params.params = manifest.params.clone().into_iter().collect();
            self.profile = manifest.profile.as_ref().map(PathBuf::from);
            if self.phases == Phases::Both && manifest.trace.status == TraceStatus::Success {
                self.phases = Phases::Shrink;
                self.profile = Some(PathBuf::from(&manifest.paths.profiles.trace));
            }
            earlier = Some(manifest);
        }
        let target = self.target(&knobs, earlier.as_ref())?;
        let host = Host::new(self.program.backend);
        if let Support::None(reason) = host.backend.probe() {
            return Err(CommandError::Other(reason));
        }
        if host.backend.dialect().is_some() {
            knobs.strategy = Strategy::Stepwise;
        }
        let dir = RunDir::new(absolute(&self.program.out));
        let base = self.base(&dir, earlier.is_some(), &knobs, &host)?;
        let world = Arc::new(profile::world(host.world)?);
        // A profile that does not evaluate is told before anything is written or run.
        base.evaluate(&world)?;
        let _lock = dir.prepare(self.clean && earlier.is_none())?;

        let bar = progress(output);
        let mut tick = |tick: &Tick<'_>| {
            bar.set_message(format!(
                "{} {}: {} rules, {} runs, {:.1} s",
                tick.phase,
                tick.step,
                tick.rules,
                tick.runs,
                tick.elapsed.as_secs_f64()
            ));
            bar.tick();
        };
        let stop = interrupt::stop_flag();
        let mut session =
            Session::new(host.backend.as_ref(), world, target, &dir, stop, &mut tick)?;
        let result = manifest::run(&mut session, &dir, &base, &knobs, self.phases);
        drop(session);
        bar.finish_and_clear();
        let manifest = result?;
        self.write_back(&dir)?;
        if !manifest.left_behind.is_empty() {
            output.tell(&format!(
                "lapbelt: warning: the program created {}, which could not be removed again, so \
                 its fresh runs were not quite fresh; remove it with --fresh-cmd",
                manifest.left_behind.join(", ")
            ));
        }
        output.answer_either(
            || serde_json::to_value(&manifest).unwrap_or_default(),
            || summary::text(&manifest),
        );
        Ok(self.verdict(&manifest, output))
    }

    fn target(&self, knobs: &Knobs, earlier: Option<&Manifest>) -> Result<Target, CommandError> {
        let (program, args, cwd) = match (earlier, &self.program.cmd) {
            (Some(manifest), _) => {
                let command = &manifest.command;
                let args = command.args.iter().map(OsString::from).collect();
                (
                    PathBuf::from(&command.program),
                    args,
                    PathBuf::from(&command.cwd),
                )
            }
            (None, Some(program)) => {
                let program = find_program(program).map_err(CommandError::Other)?;
                let cwd = std::env::current_dir().map_err(|error| {
                    CommandError::Other(format!("cannot tell the current directory: {error}"))
                })?;
                (program, self.program.args.clone(), cwd)
            }
            (None, None) => {
                return Err(CommandError::Other("--cmd is needed".to_string()));
            }
        };
        Ok(Target {
            program,
            args,
            cwd,
            success_cmd: knobs.success_cmd.clone(),
            fresh_cmd: knobs.fresh_cmd.clone(),
            timeout: knobs
                .timeout_s
                .map(Duration::try_from_secs_f64)
                .transpose()
                .map_err(|error| CommandError::Other(format!("--timeout: {error}")))?,
        })
    }

    /// The profile to start from: what an interrupted trace had reached, the one given, the seed.
    fn base(
        &self,
        dir: &RunDir,
        resumed: bool,
        knobs: &Knobs,
        host: &Host,
    ) -> Result<Base, CommandError> {
        let params = self.program.params.map();
        if resumed && self.phases != Phases::Shrink && dir.traced().exists() {
            return Ok(Base::file(&dir.traced(), params)?);
        }
        match &self.profile {
            Some(path) if path.exists() || self.phases == Phases::Shrink => {
                Ok(Base::file(path, params)?)
            }
            _ => {
                let needs_loader = host.backend.dialect().is_some() && knobs.seed_dyld;
                let loader = needs_loader.then(|| {
                    if knobs.import_dyld_support && Path::new(DYLD_SUPPORT).exists() {
                        Loader::Imported
                    } else {
                        Loader::Written
                    }
                });
                Ok(Base::seed(params, loader))
            }
        }
    }

    /// A profile that was named but missing is created from what was learnt.
    fn write_back(&self, dir: &RunDir) -> Result<(), CommandError> {
        if let Some(path) = &self.profile
            && !path.exists()
            && dir.traced().exists()
        {
            let text = lapbelt_learn::run_dir::read(&dir.traced())?;
            lapbelt_learn::run_dir::write(path, text.as_bytes())?;
        }
        Ok(())
    }

    fn verdict(&self, manifest: &Manifest, output: &Output) -> Exit {
        let traced = manifest.trace.status == TraceStatus::Success;
        let shrunk = manifest.shrink.status == ShrinkStatus::Success;
        let done = match self.phases {
            Phases::Trace => traced,
            Phases::Shrink => shrunk,
            Phases::Both => traced && shrunk,
        };
        if done {
            return Exit::Yes;
        }
        let (phase, reason) = if traced || self.phases == Phases::Shrink {
            (Phase::Shrink, &manifest.shrink.reason)
        } else {
            (Phase::Trace, &manifest.trace.reason)
        };
        let status = Path::new(&manifest.paths.run_dir)
            .join("phases")
            .join(phase.name());
        let reason = reason
            .as_ref()
            .map_or(String::new(), |reason| format!(": {reason}"));
        output.tell(&format!(
            "lapbelt: {} did not converge{reason}; see {}",
            phase.name(),
            status.display()
        ));
        Exit::No
    }
}

fn progress(output: &Output) -> ProgressBar {
    if !output.shows_progress() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}
