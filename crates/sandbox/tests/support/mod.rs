//! Running programs under the text of a policy.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::request::Endpoint;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{FilterId, World, shipped};
use lapbelt_sandbox::{Backend, Job, LinuxBackend, Outcome, RunError, Status, Stdio};
use lapbelt_sbpl::{NoImports, Source, evaluate};

/// The program that makes one call.
pub(crate) const FIXTURE: &str = env!("CARGO_BIN_EXE_lapbelt-fixture");

/// What the fixture needs to start at all under a policy that denies by default.
pub(crate) fn base() -> String {
    format!(
        r#"(allow process-exec* (literal "{FIXTURE}"))
        (allow file-read* (subpath "/usr") (subpath "/lib") (subpath "/lib64")
            (literal "/etc/ld.so.cache") (literal "/etc/ld.so.preload"))
        (allow file-map-executable (subpath "/usr"))"#
    )
}

/// The Linux world.
pub(crate) fn world() -> Arc<World> {
    Arc::new(
        shipped("linux")
            .expect("the world is shipped")
            .expect("it parses"),
    )
}

/// The policy of a text, ready to decide.
pub(crate) fn decider(policy: &str, world: &World) -> Arc<Decider> {
    let source = Source {
        name: "test",
        text: policy,
    };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, world);
    let policy = evaluation
        .policy
        .unwrap_or_else(|| panic!("{:?}", evaluation.diagnostics));
    Arc::new(Decider::new(&policy, world))
}

/// A job of `program` under the policy of a text, with an environment of PATH only.
pub(crate) fn job(policy: &str, program: impl AsRef<Path>, args: &[&str]) -> Job {
    let world = world();
    Job {
        program: program.as_ref().to_owned(),
        args: args.iter().map(Into::into).collect(),
        env: Some(vec![("PATH".into(), "/usr/bin:/bin".into())]),
        cwd: None,
        profile: None,
        decider: decider(policy, &world),
        world,
        learn: false,
        report_allowed: false,
        stdin: Stdio::Null,
        stdout: Stdio::Null,
        stderr: Stdio::Inherit,
        timeout: Some(Duration::from_secs(60)),
        linger: Duration::from_secs(2),
        stop: None,
    }
}

/// Runs a job and keeps its events.
pub(crate) fn run(job: Job) -> (Result<Outcome, RunError>, Vec<Event>) {
    let mut events = Vec::new();
    let outcome = LinuxBackend.run(job, &mut |event| events.push(event.clone()));
    (outcome, events)
}

/// Runs a job that must start, and keeps its events.
pub(crate) fn finish(job: Job) -> (Outcome, Vec<Event>) {
    let (outcome, events) = run(job);
    (outcome.unwrap_or_else(|error| panic!("{error}")), events)
}

/// The end of a fixture whose call was refused.
pub(crate) const REFUSED: Status = Status::Exited(libc::EPERM as u8);

/// The end of one whose call was made.
pub(crate) const FINE: Status = Status::Exited(0);

/// How a command of the fixture ended in a playground under a policy, and what was denied.
pub(crate) fn ran(
    playground: &Playground,
    policy: &str,
    command: &str,
) -> (Status, Vec<(String, String)>) {
    let words = playground.fill(command);
    let words: Vec<&str> = words.split(' ').collect();
    let policy = playground.fill(&format!("(version 1){policy}"));
    let mut job = job(&policy, FIXTURE, &words);
    job.cwd = Some(playground.path().to_owned());
    let (outcome, events) = finish(job);
    (outcome.status, denials(&events))
}

/// The operation and the first value of an event, in words.
pub(crate) fn told(world: &World, event: &Event) -> (String, String) {
    let operation = world.operation(event.operation).name.clone();
    let target = event
        .values
        .first()
        .map_or_else(String::new, |(f, v)| word(world, *f, v));
    (operation, target)
}

/// All values of an event, in words.
pub(crate) fn values(world: &World, event: &Event) -> Vec<(String, String)> {
    let name = |filter: FilterId| world.filter(filter).name.clone();
    event
        .values
        .iter()
        .map(|(f, v)| (name(*f), word(world, *f, v)))
        .collect()
}

fn word(world: &World, filter: FilterId, value: &OwnedValue) -> String {
    match value {
        OwnedValue::Text(text) => String::from_utf8_lossy(text).into_owned(),
        OwnedValue::Endpoint(Endpoint::Internet { port, .. }, host) => format!("{host}:{port}"),
        OwnedValue::Endpoint(Endpoint::Unix, _) => "unix".into(),
        OwnedValue::Integer(number) => {
            let named = world
                .filter(filter)
                .values
                .iter()
                .find(|(_, value)| value == number);
            named.map_or_else(|| number.to_string(), |(name, _)| name.clone())
        }
        other => format!("{other:?}"),
    }
}

/// What was denied, in words.
pub(crate) fn denials(events: &[Event]) -> Vec<(String, String)> {
    let world = world();
    let denied = events.iter().filter(|event| event.decision == Action::Deny);
    denied.map(|event| told(&world, event)).collect()
}

/// Whether we are root, as some calls need.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A directory with things to work on, under its real path.
pub(crate) struct Playground {
    directory: tempfile::TempDir,
    bystander: std::process::Child,
    unique: String,
}

impl Drop for Playground {
    fn drop(&mut self) {
        let _ = self.bystander.kill();
        let _ = self.bystander.wait();
        for name in ["{}", "{}.is", "sem.{}", "sem.{}.sem"] {
            let name = name.replace("{}", &self.unique);
            let _ = std::fs::remove_file(Path::new("/dev/shm").join(name));
        }
    }
}

impl Playground {
    pub(crate) fn new() -> Self {
        let base = std::env::temp_dir()
            .canonicalize()
            .expect("the temporary directory");
        let directory = tempfile::tempdir_in(base).expect("a directory");
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("file"), "content\n").expect("a file");
        std::fs::write(at("second"), "other\n").expect("a file");
        std::fs::create_dir(at("empty")).expect("a directory");
        std::fs::create_dir(at("full")).expect("a directory");
        std::fs::write(at("full/inner"), "inner\n").expect("a file");
        std::os::unix::fs::symlink("file", at("link")).expect("a link");
        std::os::unix::fs::symlink("full", at("way")).expect("a link");
        std::fs::write(at("script"), format!("#!{FIXTURE} nothing\n")).expect("a script");
        executable(&at("script"));
        let bystander = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .expect("sleep");
        let unique = format!("lapbelt{}", directory.path().display()).replace(['/', '.'], "-");
        for name in ["{}.is", "sem.{}.sem"] {
            // A semaphore of glibc is 32 bytes, all zero if nobody waits and its value is 0.
            let path = Path::new("/dev/shm").join(name.replace("{}", &unique));
            std::fs::write(path, [0; 32]).expect("an object in /dev/shm");
        }
        Self {
            directory,
            bystander,
            unique,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// `text` with `{dir}` for the directory, `{pid}` for a process that is none of the fixture's,
    /// `{unique}` for a name in /dev/shm; with `.is` it is shared memory, with `.sem` a semaphore.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("{dir}", &self.path().display().to_string())
            .replace("{fixture}", FIXTURE)
            .replace("{pid}", &self.bystander.id().to_string())
            .replace("{unique}", &self.unique)
    }
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).expect("permissions");
}
