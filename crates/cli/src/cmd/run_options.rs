//! Options that trace, shrink and workflow share, and how a run is set up from them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lapbelt_learn::denial_rule::NetworkRules;
use lapbelt_learn::manifest::Phases;
use lapbelt_learn::plan::Plan;
use lapbelt_learn::record::{DenyScope, Knobs, Strategy};
use lapbelt_learn::session::Tick;
use lapbelt_learn::summary;

use crate::backend::BackendArg;
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::mounts;
use crate::output::{Output, counted};
use crate::profile::{self, Params};

/// Phrases of a warning that are shown.
const SHOWN: usize = 4;

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
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "cmd", "args", "success_cmd", "fresh_cmd", "timeout", "linger", "params", "profile",
    ])]
    pub(crate) resume: Option<PathBuf>,
    /// Judge each run in which the program was started by this shell command; it finds the run's
    /// exit status in LAPBELT_STATUS.
    #[arg(long, value_name = "CMD")]
    pub(crate) success_cmd: Option<String>,
    /// Run this shell command before each fresh run, to put back what the program changes. (What
    /// it creates is removed without being asked.) What it leaves running, such as a server, is
    /// ended before the next fresh run, and at the end.
    #[arg(long, value_name = "CMD")]
    pub(crate) fresh_cmd: Option<String>,
    /// Count a run as failed after this many seconds; by default a run may take as long as it
    /// wants, but a candidate of a shrink no longer than ten times the slower run of the profile it
    /// starts from, or two seconds if that is more. --fresh-cmd and --success-cmd have as long each
    /// as is given here.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<f64>,
    /// Let processes that outlive the program go on for this many seconds before they are ended.
    #[arg(long, value_name = "SECONDS", default_value_t = Knobs::default().linger_s,
          value_parser = lingering)]
    pub(crate) linger: f64,
    /// What confines the program.
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    pub(crate) backend: BackendArg,
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
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value = "learn",
        conflicts_with = "resume"
    )]
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
    /// Write names that differ from run to run (process ids, temporary names) as patterns, and
    /// many files in a folder that the program made as that folder.
    #[arg(long, value_name = "0|1", default_value_t = 1, conflicts_with = "resume",
          value_parser = clap::value_parser!(u8).range(0..=1))]
    generalize: u8,
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
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

pub(crate) fn lingering(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..1e9).contains(&number) => Ok(number),
        _ => Err("expected a number of seconds, 0 or more".to_string()),
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

/// The first few phrases, and how many more there are.
fn some_of(phrases: &[String]) -> String {
    let shown = phrases[..phrases.len().min(SHOWN)].join(", ");
    match phrases.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more, which run.json names"),
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
            linger_s: self.program.linger,
            ..learnt
        }
    }

    fn plan(&self) -> Result<Plan, CommandError> {
        let program = &self.program;
        let mut plan = match (&program.resume, &program.cmd) {
            (Some(dir), _) => Plan::resume(self.phases, dir)?,
            (None, Some(cmd)) => {
                let mut plan = Plan::new(self.phases, cmd, program.args.clone())?;
                plan.knobs = self.knobs();
                plan.out.clone_from(&program.out);
                plan.profile.clone_from(&self.profile);
                plan.params = program.params.map();
                plan.clean = self.clean;
                plan
            }
            (None, None) => return Err(CommandError::Other("--cmd is needed".to_string())),
        };
        plan.backend = program.backend.into();
        Ok(plan)
    }

    /// Carries the run out and tells what came of it.
    pub(crate) fn carry_out(self, output: &Output) -> Result<Exit, CommandError> {
        let plan = self.plan()?;
        if let Some(path) = plan.profile.as_ref().filter(|path| path.is_file()) {
            // What is no text is told as every command tells it.
            profile::read(path)?;
        }
        let mounts = mounts::there();
        let bar = output.spinner("{spinner} {msg}");
        let mut tick = |tick: &Tick<'_>| {
            bar.set_message(format!(
                "{} {}: {}, {}, {:.1} s",
                tick.phase,
                tick.step,
                counted(tick.rules, "rule"),
                counted(tick.runs, "run"),
                tick.elapsed.as_secs_f64()
            ));
            bar.tick();
        };
        let result = plan.carry_out(interrupt::stop_flag(), &mut tick);
        bar.finish_and_clear();
        let left = mounts::since(&mounts, &mounts::there());
        if !left.is_empty() {
            output.tell(&format!(
                "lapbelt: warning: since the first run there are mounts that were not there before, \
                 most likely of the program: {}; take them away with umount, and with --fresh-cmd \
                 before each fresh run",
                left.join(", ")
            ));
        }
        if let Some(earlier) = plan.earlier() {
            output.tell(&format!(
                "lapbelt: the run that was here before is kept in {}",
                earlier.display()
            ));
        }
        let manifest = result?;
        if !manifest.stragglers.is_empty() {
            let killed = summary::killed(&manifest.stragglers, manifest.knobs.linger_s);
            output.tell(&format!(
                "lapbelt: warning: {killed}, to learn what it needs later"
            ));
        }
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
        if plan.reads_its_run() {
            output.tell(&format!(
                "lapbelt: note: the program read the run directory {}, so the profile allows that of \
                 all in it; --out elsewhere keeps it out of the profile",
                manifest.paths.run_dir
            ));
        }
        let otherwise = &manifest.shrink.made_otherwise;
        if !otherwise.is_empty() {
            output.tell(&format!(
                "lapbelt: warning: under the smallest profile the program succeeds too, but leaves \
                 {}; if that matters, let --success-cmd look at it",
                some_of(otherwise)
            ));
        }
        let denied = &manifest.shrink.denied_on_repeat;
        if !denied.is_empty() {
            output.tell(&format!(
                "lapbelt: note: under the smallest profile a repeat run is denied {}, which the \
                 fresh run made, and may go on as a first run does; if that matters, let \
                 --success-cmd look at what it does",
                some_of(denied)
            ));
        }
        let Some((phase, reason)) = plan.shortfall(&manifest) else {
            return Ok(Exit::Yes);
        };
        let status = Path::new(&manifest.paths.run_dir)
            .join("phases")
            .join(phase.name());
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        output.tell(&format!(
            "lapbelt: {} did not converge{reason}; see {}",
            phase.name(),
            status.display()
        ));
        Ok(Exit::No)
    }
}
