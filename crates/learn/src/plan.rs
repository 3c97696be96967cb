//! A run as it is asked for, from which everything else is set up: which program, from which
//! profile, into which folder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lapbelt_sandbox::Support;

use crate::base::Base;
use crate::error::LearnError;
use crate::host::{BackendName, Host};
use crate::manifest::{self, Phases};
use crate::record::{Knobs, Manifest, ShrinkStatus, Strategy, TraceStatus};
use crate::run_dir::{self, DirError, Phase, RunDir};
use crate::seed::Loader;
use crate::session::{Session, SessionError, Tick};
use crate::summary;
use crate::target::{Target, find_program};
use crate::trace::OwnFiles;

/// The profile of macOS for its loader.
const DYLD_SUPPORT: &str = "/System/Library/Sandbox/Profiles/dyld-support.sb";

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which phases.
    pub phases: Phases,
    /// The program, resolved.
    pub program: PathBuf,
    /// What it is called by.
    pub name: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// The run directory.
    pub out: PathBuf,
    /// The profile to start from; the seed if `None`, or if a trace starts from one that is not
    /// there, which is then created.
    pub profile: Option<PathBuf>,
    /// Parameters of the profile.
    pub params: BTreeMap<String, String>,
    /// How to learn.
    pub knobs: Knobs,
    /// What confines the program.
    pub backend: BackendName,
    /// Remove an earlier run first.
    pub clean: bool,
    resumed: bool,
}

/// Why a plan could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A phase could not be carried out.
    #[error(transparent)]
    Learn(#[from] LearnError),
    /// This host cannot confine a program.
    #[error("{0}")]
    Unsupported(String),
    /// The plan makes no sense: no such program, an impossible time.
    #[error("{0}")]
    Invalid(String),
}

impl From<DirError> for PlanError {
    fn from(error: DirError) -> Self {
        Self::Learn(error.into())
    }
}

impl Plan {
    /// A new run in the current directory, with the defaults of everything else.
    ///
    /// # Errors
    /// If there is no such program, or no current directory.
    pub fn new(phases: Phases, program: &Path, args: Vec<OsString>) -> Result<Self, PlanError> {
        Ok(Self {
            phases,
            program: find_program(program).map_err(PlanError::Invalid)?,
            name: program.to_owned(),
            args,
            cwd: std::env::current_dir().map_err(|error| {
                PlanError::Invalid(format!("cannot tell the current directory: {error}"))
            })?,
            out: PathBuf::from("lapbelt-out"),
            profile: None,
            params: BTreeMap::new(),
            knobs: Knobs::default(),
            backend: BackendName::Auto,
            clean: true,
            resumed: false,
        })
    }

    /// Goes on with the interrupted run in a directory, with its own settings.
    ///
    /// # Errors
    /// If the directory holds no run.
    pub fn resume(phases: Phases, dir: &Path) -> Result<Self, PlanError> {
        let out = absolute(dir);
        let manifest = summary::read_manifest(&RunDir::new(out.clone()))?;
        let command = manifest.command;
        let given = manifest.profile.clone();
        let mut plan = Self {
            phases,
            name: PathBuf::from(command.name.unwrap_or_else(|| command.program.clone())),
            program: PathBuf::from(command.program),
            args: command.args.into_iter().map(OsString::from).collect(),
            cwd: PathBuf::from(command.cwd),
            out,
            profile: manifest.creates.or(manifest.profile).map(PathBuf::from),
            params: manifest.params.into_iter().collect(),
            knobs: manifest.knobs,
            backend: BackendName::Auto,
            clean: false,
            resumed: true,
        };
        let traced = Some(manifest.paths.profiles.trace.as_str());
        if manifest.phases == Phases::Shrink {
            if phases != Phases::Trace {
                plan.phases = Phases::Shrink;
                return Ok(plan);
            }
            // A trace that is in the folder too is another run's, if it is not what is shrunk.
            if given.as_deref() != traced {
                let dir = plan.out.display();
                return Err(PlanError::Invalid(format!(
                    "{dir}: the run there shrinks a profile that it was given, and learns nothing; \
                     go on with `lapbelt shrink --resume {dir}`"
                )));
            }
        }
        match (phases, manifest.trace.status) {
            (Phases::Both | Phases::Shrink, TraceStatus::Success) => {
                plan.phases = Phases::Shrink;
                plan.profile = Some(PathBuf::from(manifest.paths.profiles.trace));
            }
            // One that only shrinks has learnt nothing.
            (Phases::Trace | Phases::Both, _) | (Phases::Shrink, TraceStatus::Unknown) => {}
            (Phases::Shrink, _) => {
                let dir = plan.out.display();
                return Err(PlanError::Invalid(format!(
                    "{dir}: what the program needs is not learnt yet; go on with `lapbelt workflow --resume {dir}`"
                )));
            }
        }
        Ok(plan)
    }

    /// Runs it to its end, or until `stop` is set.
    ///
    /// # Errors
    /// If it cannot be begun, or a phase cannot be carried out. A run that did not converge is no
    /// error: see [`Plan::shortfall`].
    pub fn carry_out(
        &self,
        stop: Arc<AtomicBool>,
        progress: &mut dyn FnMut(&Tick<'_>),
    ) -> Result<Manifest, PlanError> {
        let duration = |option, seconds| {
            Duration::try_from_secs_f64(seconds)
                .map_err(|error| PlanError::Invalid(format!("{option}: {error}")))
        };
        let timeout = self.knobs.timeout_s;
        let target = Target {
            program: self.program.clone(),
            name: self.name.clone(),
            args: self.args.clone(),
            cwd: self.cwd.clone(),
            success_cmd: self.knobs.success_cmd.clone(),
            fresh_cmd: self.knobs.fresh_cmd.clone(),
            timeout: timeout.map(|s| duration("--timeout", s)).transpose()?,
            linger: duration("--linger", self.knobs.linger_s)?,
        };
        let host = Host::new(self.backend);
        if let Support::None(reason) = host.backend.probe() {
            return Err(PlanError::Unsupported(reason));
        }
        let mut knobs = self.knobs.clone();
        if host.backend.dialect().is_some() {
            knobs.strategy = Strategy::Stepwise;
        }
        let dir = RunDir::new(absolute(&self.out));
        let mut base = self.base(&dir, &host)?;
        base.creates = self.created()?;
        let world = Arc::new(host.load_world());
        // A profile that does not evaluate is told before anything is written or run.
        base.evaluate(&world).map_err(LearnError::from)?;
        let was_made = !dir.root().exists();
        let _lock = dir.prepare(self.clean)?;
        let backend = host.backend.as_ref();
        let mut session = Session::new(backend, world, target, &dir, stop, progress)?;
        let result = manifest::run(&mut session, &dir, &base, &knobs, self.phases);
        let never_ran = session.runs() == 0;
        drop(session);
        let found_nothing = result.as_ref().is_err_and(|error| {
            let stopped = matches!(error, LearnError::Session(SessionError::Stopped));
            error.is_of_the_program() || never_ran && !stopped
        });
        if (self.clean || was_made) && found_nothing {
            dir.take_back(was_made)?;
        }
        let manifest = result?;
        if let Some(path) = &base.creates {
            run_dir::write(path, run_dir::read(&dir.traced())?.as_bytes())?;
        }
        if self.shortfall(&manifest).is_none() {
            dir.forget_earlier()?;
        }
        Ok(manifest)
    }

    /// The run that was in the run directory before, if it is kept there: until another succeeds.
    pub fn earlier(&self) -> Option<PathBuf> {
        let earlier = RunDir::new(absolute(&self.out)).earlier();
        earlier.exists().then_some(earlier)
    }

    /// Whether the program read what is in the run directory, so that the learnt profile has a rule
    /// for the whole of it.
    pub fn reads_its_run(&self) -> bool {
        let dir = RunDir::new(absolute(&self.out));
        let profile = run_dir::read(&dir.traced());
        let own = OwnFiles::of(dir.root());
        self.phases != Phases::Shrink && profile.is_ok_and(|text| own.are_allowed_by(&text))
    }

    /// The phase that did not converge, and why, if one did not.
    pub fn shortfall<'m>(&self, manifest: &'m Manifest) -> Option<(Phase, Option<&'m str>)> {
        let traced = manifest.trace.status == TraceStatus::Success;
        let shrunk = manifest.shrink.status == ShrinkStatus::Success;
        let done = match self.phases {
            Phases::Trace => traced,
            Phases::Shrink => shrunk,
            Phases::Both => traced && shrunk,
        };
        if done {
            None
        } else if traced || self.phases == Phases::Shrink {
            Some((Phase::Shrink, manifest.shrink.reason.as_deref()))
        } else {
            Some((Phase::Trace, manifest.trace.reason.as_deref()))
        }
    }

    /// The profile to start from: what an interrupted trace had reached, the one given, the seed.
    fn base(&self, dir: &RunDir, host: &Host) -> Result<Base, PlanError> {
        let params = self.params.clone();
        if self.resumed && self.phases != Phases::Shrink && dir.traced().exists() {
            return Ok(Base::file(&dir.traced(), params)?);
        }
        match &self.profile {
            Some(path) if path.exists() || self.phases == Phases::Shrink => {
                Ok(Base::file(path, params)?)
            }
            _ => {
                let needs_loader = host.backend.dialect().is_some() && self.knobs.seed_dyld;
                let loader = needs_loader.then(|| {
                    if self.knobs.import_dyld_support && Path::new(DYLD_SUPPORT).exists() {
                        Loader::Imported
                    } else {
                        Loader::Written
                    }
                });
                Ok(Base::seed(params, loader))
            }
        }
    }

    /// A profile that was named but missing, which is created from what is learnt.
    fn created(&self) -> Result<Option<PathBuf>, PlanError> {
        let missing = self.profile.as_ref().filter(|path| !path.exists());
        let Some(path) = missing.filter(|_| self.phases != Phases::Shrink) else {
            return Ok(None);
        };
        let path = absolute(path);
        match path.parent() {
            Some(folder) if !folder.is_dir() => Err(PlanError::Invalid(format!(
                "{} cannot be created, as there is no folder {}: make it first",
                path.display(),
                folder.display()
            ))),
            _ => Ok(Some(path)),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
