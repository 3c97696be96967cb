//! Deciding a call: what it asks, put as requests to the policy, and the answer.

mod mapped;
mod plain_socket;
mod relation;
mod script;
mod subject;
mod vnode;

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::graph::Source;
use lapbelt_policy::request::Request;
use lapbelt_policy::rule::{Action, ModifierArgument, RuleRef};
use lapbelt_policy::world::{ModifierId, OperationId, World};

use super::arch::Call;
use super::blank::Blank;
use super::caller::{Caller, Callers};
use super::classify::{self, Ask, Target, When};
use super::darwin;
use super::gate::Interest;
use super::memory::Remote;
use super::notify::{Answer, Listener, Notification};
use super::outbox::Outbox;
use super::resolve::{Found, Located, Resolver, Sight};
use super::vocabulary::{Op, Vocabulary};
use crate::unseen::Unseen;
use plain_socket::PlainSockets;
use rustix::io::Errno;
use subject::{Subject, Subjects};

/// How a judge is to judge.
#[derive(Debug)]
pub(crate) struct Terms {
    /// Decides.
    pub(crate) decider: Arc<Decider>,
    /// Ids of the world.
    pub(crate) vocabulary: Vocabulary,
    /// What can be refused or reported at all.
    pub(crate) interest: Interest,
    /// Let denied calls go on.
    pub(crate) learn: bool,
    /// Report allowed requests.
    pub(crate) report_allowed: bool,
    /// The custodian: all its descendants are supervised.
    pub(crate) custodian: i32,
    /// Where events go.
    pub(crate) outbox: Arc<Outbox>,
    /// Start of the run.
    pub(crate) start: Instant,
}

/// What a judge has seen at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Calls.
    pub(crate) notifications: u64,
    /// Denials.
    pub(crate) denied: u64,
    /// Calls refused because they could not be looked at.
    pub(crate) unseen: BTreeMap<Unseen, u64>,
    /// A process-fork denial has been reported.
    pub(crate) fork_reported: bool,
    /// The operation that was refused last.
    refused: Option<OperationId>,
    /// What the policy refused of the last execve, if it did.
    pub(crate) start_denied: Option<OperationId>,
}

/// Modifiers that change what a denial does.
#[derive(Debug)]
struct Modifiers {
    errno: Option<ModifierId>,
    signal: Option<ModifierId>,
    silent: Option<ModifierId>,
}

/// Decides calls, one after the other.
#[derive(Debug)]
pub(crate) struct Judge {
    terms: Terms,
    modifiers: Modifiers,
    callers: Callers,
    resolver: Resolver,
    plain_sockets: PlainSockets,
    subjects: Subjects,
    /// Hashes of allowed requests reported lately, by their low bits.
    reported: Vec<u64>,
    /// Processes, where their forks are reported.
    met: HashSet<i32>,
    /// What was seen.
    pub(crate) tally: Tally,
}

/// Slots for reported requests.
const REPORTED: usize = 1 << 13;

/// What came of asking: a refusal, or `None` if nothing was refused.
type Asked = Result<Option<Refusal>, Blank>;

/// What a denial does to the caller.
enum Refusal {
    Granted,
    Errno(i32),
}

impl Judge {
    /// A judge of one run.
    pub(crate) fn new(terms: Terms, world: &World) -> Self {
        let modifier = |name| world.modifier_named(name).map(|modifier| modifier.id);
        Self {
            modifiers: Modifiers {
                errno: modifier("errno"),
                signal: modifier("send-signal"),
                silent: modifier("no-report"),
            },
            callers: Callers::new(),
            // What is refused has to be seen as it is at this moment.
            resolver: Resolver::new(terms.interest.in_names(), terms.interest.in_descriptors()),
            plain_sockets: PlainSockets::of(&terms.decider, &terms.vocabulary, world),
            subjects: Subjects::new(world, &terms.decider),
            reported: vec![0; if terms.report_allowed { REPORTED } else { 0 }],
            met: HashSet::new(),
            tally: Tally::default(),
            terms,
        }
    }

    /// Decides a call.
    pub(crate) fn answer(&mut self, listener: &Listener, call: &Notification) -> Answer {
        self.tally.notifications += 1;
        let Some(row) = classify::row(call.data.nr as u32) else {
            return Answer::Continue;
        };
        let thread = call.pid as i32;
        self.resolver.hear(thread);
        let caller = self.callers.get(thread);
        let mut scene = Scene {
            listener,
            id: call.id,
            caller: &caller,
            resolved: None,
        };
        if self.terms.learn && self.terms.interest.fork_denied {
            self.meet(&caller);
        }
        if row.call == Call::Bind {
            self.subjects.note_bind(&caller, call.data.args);
        }
        let asks = match thread {
            0 => Err(Blank::Unseen(Errno::SRCH)),
            thread => (row.asks)(&call.data.args, &Remote { thread }),
        };
        let refused = match asks {
            Ok(asks) => self.ask_all(&mut scene, row.call, &asks),
            Err(Blank::Nothing) => None,
            Err(Blank::Unseen(errno)) => row
                .cases
                .iter()
                .filter(|case| case.holds(&call.data.args))
                .flat_map(|case| case.asks)
                .find_map(|operation| self.refuse(&scene, *operation, why_unseen(errno))),
        };
        if matches!(row.call, Call::Execve | Call::Execveat) {
            self.tally.start_denied = refused.and(self.tally.refused);
        }
        self.callers.heed(row.call, thread);
        self.resolver
            .heed(row.call, row.reopens(&call.data.args), thread);
        refused.map_or(Answer::Continue, Answer::Errno)
    }

    /// Puts all that a call asks; the errno of the first refusal.
    fn ask_all(&mut self, scene: &mut Scene<'_>, call: Call, asks: &classify::Asks) -> Option<i32> {
        let mut asks = asks.iter();
        if takes_a_file(call)
            && let Some(first) = asks.clone().next()
            && self.found(scene, first.target) == Ok(Found::Missing)
        {
            // The kernel says ENOENT, and nothing is made under the other name.
            return None;
        }
        asks.find_map(|ask| match self.ask(scene, call, *ask) {
            Ok(None | Some(Refusal::Granted)) | Err(Blank::Nothing) => None,
            Ok(Some(Refusal::Errno(errno))) => Some(errno),
            Err(Blank::Unseen(errno)) => self.refuse(scene, ask.operation, why_unseen(errno)),
        })
    }

    /// Refuses a call that could not be looked at, unless the operation is allowed whatever it is
    /// about. A learner is told and refused too: of a call that is not seen nothing can be learnt.
    fn refuse(&mut self, scene: &Scene<'_>, operation: Op, why: Unseen) -> Option<i32> {
        let (interest, is_guarded) = (&self.terms.interest, self.terms.interest.guards(operation));
        if !(is_guarded || interest.can_refuse(operation)) || !scene.listener.is_waiting(scene.id) {
            return None;
        }
        let Some(operation) = self.terms.vocabulary.operation(operation) else {
            return is_guarded.then_some(libc::EPERM);
        };
        self.tally.denied += 1;
        *self.tally.unseen.entry(why).or_default() += 1;
        self.tally.refused = Some(operation);
        self.send(
            scene.caller.identity(),
            &Request::new(operation),
            Action::Deny,
            &Source::OwnDefault(operation),
            false,
            libc::EPERM,
            false,
            String::new,
        );
        Some(libc::EPERM)
    }

    /// Takes note of a process: a learner hears of the fork that made it.
    fn meet(&mut self, caller: &Caller) {
        let (Ok(process), Ok(parent)) = (caller.process(), caller.parent()) else {
            return;
        };
        let first = self.met.is_empty();
        if self.met.insert(process) && !first {
            let by_parent = parent != self.terms.custodian;
            self.report_fork(if by_parent { parent } else { process }, caller.name());
        }
    }

    /// Reports a process-fork that was let go on.
    pub(crate) fn report_fork(&mut self, process: i32, name: String) {
        self.tally.fork_reported = true;
        let Some(operation) = self.terms.vocabulary.operation(Op::ProcessFork) else {
            return;
        };
        let verdict = self.terms.decider.decide(&Request::new(operation));
        self.tally.denied += 1;
        if self.is_silent(&verdict.source) {
            return;
        }
        self.send(
            (process, name),
            &Request::new(operation),
            Action::Deny,
            &verdict.source,
            true,
            0,
            false,
            String::new,
        );
    }

    /// Puts one operation to the policy. `None` if it is allowed or not asked.
    fn ask(&mut self, scene: &mut Scene<'_>, call: Call, ask: Ask) -> Asked {
        let interest = &self.terms.interest;
        if !interest.in_op(ask.operation) && !interest.guards(ask.operation) {
            return Ok(None);
        }
        let located = self.locate(scene, ask.target)?;
        if matches!(located, Located::Unlooked { .. }) && self.allows_anything(scene, ask) {
            return Ok(None);
        }
        let found = self.found(scene, ask.target)?;
        let asked = match (ask.when, found) {
            (When::Missing, found) => found == Found::Missing,
            (When::Present, found) => found != Found::Missing,
            // The checks of macOS are given vnodes: a path where nothing is cannot be asked about,
            // and the caller gets ENOENT whatever the profile says. Only a creation is of a path.
            (When::Always, Found::Missing) => ask.operation == Op::FileWriteCreate,
            (When::Always, _) => true,
        };
        if !asked {
            return Ok(None);
        }
        let running = matches!(call, Call::Execve | Call::Execveat);
        let mut operation = ask.operation;
        if operation == Op::ProcessExec {
            match (running, found) {
                // The kernel says ENOENT, on which a search through PATH goes on.
                (true, Found::Missing) => return Ok(None),
                // Permission to search a directory.
                (false, Found::Directory) => operation = Op::FileTestExistence,
                _ => {}
            }
        }
        let ask = Ask { operation, ..ask };
        let refusal = self.subjects_of(scene, call, ask, found)?;
        let runs = running && ask.operation == Op::ProcessExec && found != Found::Directory;
        if matches!(refusal, Some(Refusal::Errno(_))) || !runs {
            return Ok(refusal);
        }
        match self.interpreters(scene) {
            Err(Blank::Unseen(errno)) => {
                let why = why_unseen(errno);
                let refused = self.refuse(scene, Op::ProcessExecInterpreter, why);
                Ok(refused.map(Refusal::Errno))
            }
            other => other,
        }
    }

    /// Finds where a target is; fills the resolver's path for those that have one.
    fn locate(&mut self, scene: &mut Scene<'_>, target: Target) -> Result<Located, Blank> {
        if let Some((known, located)) = scene.resolved
            && known == target
        {
            return located;
        }
        let sight = match target {
            Target::Path(path) => {
                let located = self.resolver.path_at(scene.caller, &path);
                scene.resolved = Some((target, located));
                return located;
            }
            Target::File(descriptor) => self.resolver.open_file(scene.caller, descriptor),
            Target::CurrentDirectory => self.resolver.current_directory(scene.caller),
            _ => Ok(Found::Other),
        };
        let located = sight.map(Located::Found);
        scene.resolved = Some((target, located));
        located
    }

    /// Finds where a target is, and what is there.
    fn found(&mut self, scene: &mut Scene<'_>, target: Target) -> Sight {
        match self.locate(scene, target)? {
            Located::Found(found) => Ok(found),
            Located::Unlooked { follow } => {
                let sight = self.resolver.look(scene.caller, follow);
                scene.resolved = Some((target, sight.map(Located::Found)));
                sight
            }
        }
    }

    /// Whether an operation on the resolver's path is allowed whatever is there, so that nobody
    /// needs to look: if the policy allows it where something is, and where nothing is it is
    /// allowed or not asked. Reports tell what was there, and execution depends on it.
    fn allows_anything(&mut self, scene: &Scene<'_>, ask: Ask) -> bool {
        if self.terms.report_allowed || ask.operation == Op::ProcessExec {
            return false;
        }
        let (path, found) = (&self.resolver.path, Found::Other);
        let subject = self
            .subjects
            .path(path, scene.caller, &self.terms, ask, found);
        let Ok(Some(subject)) = subject else {
            return false;
        };
        let request = self.subjects.request(&subject, &self.terms.vocabulary);
        request.is_some_and(|request| {
            let decider = &self.terms.decider;
            self.subjects.decide(decider, &request, &subject).action == Action::Allow
        })
    }

    /// Asks for every subject of a target: most have one, messages may have many.
    fn subjects_of(&mut self, scene: &mut Scene<'_>, call: Call, ask: Ask, found: Found) -> Asked {
        let mut granted = None;
        let list = self.subjects.of(
            &mut self.resolver,
            scene.caller,
            &self.terms,
            call,
            ask,
            found,
        )?;
        for subject in &list {
            self.subjects.prepare(subject, scene.caller)?;
            match self.put(scene, subject) {
                None => {}
                Some(Refusal::Granted) => granted = Some(Refusal::Granted),
                refused => return Ok(refused),
            }
        }
        Ok(granted)
    }

    /// Asks for the interpreters of a script, each of which may be a script itself.
    fn interpreters(&mut self, scene: &mut Scene<'_>) -> Asked {
        /// As deep as the kernel follows them.
        const DEPTH: usize = 5;
        if !self.terms.interest.in_op(Op::ProcessExecInterpreter) {
            return Ok(None);
        }
        scene.resolved = None;
        let mut granted = None;
        for _ in 0..DEPTH {
            let interpreter = match script::interpreter(&self.resolver.path, &self.resolver.link) {
                Err(Blank::Nothing) => break,
                interpreter => interpreter?,
            };
            let found = self.resolver.text(scene.caller, &interpreter, true)?;
            if found == Found::Missing {
                break;
            }
            let ask = Ask {
                operation: Op::ProcessExecInterpreter,
                target: Target::Nothing,
                when: When::Always,
                detail: classify::Detail::None,
            };
            let path = &self.resolver.path;
            let subject = self
                .subjects
                .path(path, scene.caller, &self.terms, ask, found)?;
            match subject.and_then(|subject| self.put(scene, &subject)) {
                None => {}
                Some(Refusal::Granted) => granted = Some(Refusal::Granted),
                errno => return Ok(errno),
            }
        }
        Ok(granted)
    }

    /// Asks the policy for one subject and does what it says.
    fn put(&mut self, scene: &Scene<'_>, subject: &Subject) -> Option<Refusal> {
        if subject.is_keeper() && self.terms.interest.guards(subject.operation) {
            let refused = self.refuse(scene, subject.operation, Unseen::Keeper);
            return refused.map(Refusal::Errno);
        }
        let subjects = &self.subjects;
        let request = subjects.request(subject, &self.terms.vocabulary)?;
        let verdict = subjects.decide(&self.terms.decider, &request, subject);
        let told = subject.told(request);
        let (caller, host) = (scene.caller, || subject.host());
        if verdict.action == Action::Allow {
            if self.terms.report_allowed
                && (subject.operation.is_of_names()
                    || is_new(&mut self.reported, caller.thread, &request, &verdict.source))
            {
                let action = Action::Allow;
                self.send(
                    caller.identity(),
                    &told,
                    action,
                    &verdict.source,
                    false,
                    0,
                    subject.exists,
                    host,
                );
            }
            return None;
        }
        if self.plain_sockets.let_go(&request, &verdict.source) {
            return None;
        }
        // A caller that died may have left its id, and our reading, to another.
        if !scene.listener.is_waiting(scene.id) {
            return None;
        }
        self.tally.denied += 1;
        let granted = self.terms.learn;
        let errno = if granted {
            0
        } else {
            self.errno(&verdict.source)
        };
        if !self.is_silent(&verdict.source) {
            let action = Action::Deny;
            self.send(
                caller.identity(),
                &told,
                action,
                &verdict.source,
                granted,
                errno,
                subject.exists,
                host,
            );
        }
        if granted {
            return Some(Refusal::Granted);
        }
        self.tally.refused = Some(request.operation);
        if let Some(signal) = self.argument(&verdict.source, self.modifiers.signal) {
            let process = caller.process().unwrap_or(caller.thread);
            // SAFETY: takes plain numbers; the process waits for our answer, so it is still it.
            unsafe { libc::kill(process, darwin::signal(signal)) };
        }
        Some(Refusal::Errno(errno))
    }

    fn argument(&self, source: &Source, modifier: Option<ModifierId>) -> Option<i64> {
        let modifiers = self.terms.decider.modifiers(source);
        let wanted = modifiers
            .iter()
            .find(|found| Some(found.modifier) == modifier)?;
        match wanted.argument {
            Some(ModifierArgument::Integer(number)) => Some(number),
            _ => None,
        }
    }

    fn errno(&self, source: &Source) -> i32 {
        self.argument(source, self.modifiers.errno)
            .map_or(libc::EPERM, darwin::errno)
    }

    fn is_silent(&self, source: &Source) -> bool {
        let modifiers = self.terms.decider.modifiers(source);
        modifiers
            .iter()
            .any(|found| Some(found.modifier) == self.modifiers.silent)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of an event")]
    fn send(
        &self,
        (process, name): (i32, String),
        request: &Request<'_>,
        decision: Action,
        source: &Source,
        granted: bool,
        errno: i32,
        exists: bool,
        host: impl Fn() -> String,
    ) {
        let values = request
            .values()
            .map(|(filter, value)| (filter, OwnedValue::of(value, &host)));
        let operation: OperationId = request.operation;
        self.terms.outbox.send(Event {
            time: self.terms.start.elapsed().as_nanos() as u64,
            pid: process as u32,
            process: name,
            operation,
            values: values.collect(),
            decision,
            rule: rule_of(source),
            granted,
            errno,
            exists,
        });
    }
}

/// One call while it waits.
struct Scene<'s> {
    listener: &'s Listener,
    id: u64,
    caller: &'s Caller,
    /// The target located last: several operations often share one.
    resolved: Option<(Target, Result<Located, Blank>)>,
}

/// Calls that give another name to what their first path leads to.
fn takes_a_file(call: Call) -> bool {
    matches!(
        call,
        Call::Rename | Call::Renameat | Call::Renameat2 | Call::Link | Call::Linkat
    )
}

/// Whether an allowed request was not reported lately.
fn is_new(reported: &mut [u64], process: i32, request: &Request<'_>, source: &Source) -> bool {
    let mut hasher = DefaultHasher::new();
    (process, request.operation, rule_of(source)).hash(&mut hasher);
    for (filter, value) in request.values() {
        (filter, OwnedValue::of(value, String::new)).hash(&mut hasher);
    }
    let hash = hasher.finish() | 1;
    let slot = &mut reported[hash as usize / 2 % REPORTED];
    std::mem::replace(slot, hash) != hash
}

/// What the errno of a failed look says.
fn why_unseen(errno: Errno) -> Unseen {
    match errno {
        Errno::PERM | Errno::ACCESS => Unseen::Hidden,
        Errno::NAMETOOLONG => Unseen::LongPath,
        Errno::OPNOTSUPP => Unseen::Handle,
        _ => Unseen::Lost,
    }
}

fn rule_of(source: &Source) -> Option<RuleRef> {
    match source {
        Source::Rule(rule) => Some(*rule),
        Source::Implied(_) | Source::OwnDefault(_) => None,
    }
}
