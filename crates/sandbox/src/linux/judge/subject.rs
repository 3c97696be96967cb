//! What a request is about: paths in their spellings, names, processes, sockets and addresses.

use std::collections::HashSet;

use lapbelt_policy::decide::{Decider, Verdict};
use lapbelt_policy::request::{Endpoint, Request, Value};
use lapbelt_policy::world::{AliasMode, World};

use super::Terms;
use super::mapped::{Mapped, ZEROS};
use super::relation::{Relation, announced_by, relation, relations};
use super::vnode::{Vnode, Vnodes};
use crate::linux::address::{self, Address, MAX_ADDRESS, Side, SocketKind};
use crate::linux::arch::{Call, untagged};
use crate::linux::blank::Blank;
use crate::linux::caller::Caller;
use crate::linux::classify::{Arguments, Ask, Detail, Memory, Target};
use crate::linux::darwin;
use crate::linux::memory::{Remote, file_of_caller};
use crate::linux::place::{self, Meaning};
use crate::linux::resolve::{Found, Resolver};
use crate::linux::vocabulary::{Op, Vocabulary};

/// What one request is about.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) operation: Op,
    kind: Kind,
    detail: Extra,
    /// Something is at its path.
    pub(super) exists: bool,
    vnode: Vnode,
    /// Its port was chosen by the system: the program asked for any.
    is_handed_out: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Nothing,
    /// The path in the buffers of [`Subjects`].
    Path,
    /// The path of a file that is mapped.
    Mapped(Vec<u8>),
    /// The name of an IPC object, without a leading slash and with it.
    PosixIpc(Vec<u8>, Vec<u8>),
    Sysctl(Vec<u8>),
    Process(Relation),
    Socket(SocketKind),
    /// An address, a path in it resolved; what is there.
    Network(Side, Address, SocketKind, Found),
}

#[derive(Clone, Debug)]
enum Extra {
    None,
    Attribute(Vec<u8>),
    Command(i64),
    Signal(i64),
}

/// Makes subjects; keeps buffers and what it needs of the world.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    aliases: Vec<(Vec<u8>, Vec<u8>)>,
    resolve: bool,
    /// Numbers of self, pgrp, others, children, same-sandbox in the filter `target`.
    targets: [Option<i64>; 5],
    path: Vec<u8>,
    /// The second spelling; empty if there is none.
    other: Vec<u8>,
    /// Semaphores under the passing name that glibc makes them under before it links them.
    passing: Vec<Vec<u8>>,
    vnodes: Vnodes,
    /// Sockets, by their inodes, that were bound to whatever port the system chooses.
    handed_out: HashSet<u64>,
}

impl Subjects {
    pub(super) fn new(world: &World, decider: &Decider) -> Self {
        let (aliases, mode) = world.path_aliases();
        let bytes = |text: &String| text.clone().into_bytes();
        let target = |name: &str| {
            let values = &world.filter_named("target")?.values;
            values
                .iter()
                .find(|(value, _)| value == name)
                .map(|(_, number)| *number)
        };
        Self {
            aliases: aliases
                .iter()
                .map(|a| (bytes(&a.short), bytes(&a.long)))
                .collect(),
            resolve: mode == AliasMode::Resolve,
            targets: ["self", "pgrp", "others", "children", "same-sandbox"].map(target),
            vnodes: Vnodes::new(world, decider),
            ..Self::default()
        }
    }

    /// What the policy says of a request, of which it hears more than others.
    pub(super) fn decide(
        &self,
        decider: &Decider,
        request: &Request<'_>,
        subject: &Subject,
    ) -> Verdict {
        if self.vnodes.are_asked_for() {
            decider.decide(&self.vnodes.describe(*request, subject.vnode))
        } else {
            decider.decide(request)
        }
    }

    /// The subjects of an operation asked for a target that was located.
    pub(super) fn of(
        &mut self,
        resolver: &mut Resolver,
        caller: &Caller,
        terms: &Terms,
        call: Call,
        ask: Ask,
        found: Found,
    ) -> Result<Vec<Subject>, Blank> {
        let kinds = match ask.target {
            Target::Nothing => vec![Kind::Nothing],
            Target::Path(_) | Target::File(_) | Target::CurrentDirectory => {
                let subject = self.file(resolver, caller, terms, call, ask, found)?;
                // Memory of another is written to by who rules it.
                let rules = |subject: &&Subject| subject.operation == Op::MachPrivTaskPort;
                let other = subject.as_ref().filter(rules).map(|subject| Subject {
                    operation: Op::MachTask,
                    ..subject.clone()
                });
                return Ok(subject.into_iter().chain(other).collect());
            }
            Target::Mapping { address, length } => {
                return self.mapping(caller, ask, untagged(address), length);
            }
            Target::Process(who) => {
                let relations = relations(who, caller, terms.custodian)?.into_iter();
                let asked = |r: &Relation| !r.own || ask.operation == Op::Signal;
                relations.filter(asked).map(Kind::Process).collect()
            }
            Target::Socket {
                domain,
                kind,
                protocol,
            } => {
                vec![Kind::Socket(SocketKind {
                    domain,
                    kind,
                    protocol,
                })]
            }
            Target::Address {
                socket,
                pointer,
                length,
                may_lack_family,
            } => {
                let at = [(pointer, length)];
                if ask.operation == Op::FileWriteCreate {
                    let made =
                        addresses(resolver, caller, socket, Side::Local, at, may_lack_family)?;
                    let ask = Ask {
                        detail: Detail::Made(libc::S_IFSOCK),
                        ..ask
                    };
                    return match made.first() {
                        Some(Kind::Network(_, Address::UnixPath(path), _, Found::Missing)) => {
                            let subject = self.path(path, caller, terms, ask, Found::Missing)?;
                            Ok(subject.into_iter().collect())
                        }
                        _ => Ok(Vec::new()),
                    };
                }
                let side = if ask.operation == Op::NetworkBind {
                    Side::Local
                } else {
                    Side::Remote
                };
                addresses(resolver, caller, socket, side, at, may_lack_family)?
            }
            Target::Messages {
                socket,
                pointer,
                count,
                stride,
            } => {
                let memory = Remote {
                    thread: caller.thread,
                };
                let mut names = Vec::new();
                for i in 0..count.min(libc::UIO_MAXIOV as u32) {
                    let at = pointer.wrapping_add(u64::from(i) * u64::from(stride));
                    let word = |at| match memory.word(at) {
                        // What comes before a header that is not there is sent all the same.
                        Err(Blank::Nothing) => Ok(0),
                        word => word,
                    };
                    let (name, length) = (word(at)?, word(at.wrapping_add(8))? as u32);
                    if name != 0 {
                        names.push((name, length));
                    }
                }
                addresses(resolver, caller, socket, Side::Remote, names, true)?
            }
            Target::Bound(socket) => bound(resolver, caller, socket)?.into_iter().collect(),
        };
        let is_handed_out = match ask.target {
            Target::Bound(socket) if !self.handed_out.is_empty() => {
                inode_of(caller, socket).is_some_and(|inode| self.handed_out.contains(&inode))
            }
            _ => false,
        };
        let detail = self.extra(caller, ask.detail)?;
        let operation = ask.operation;
        let subject = |kind| Subject {
            operation,
            vnode: Vnode::default(),
            exists: matches!(kind, Kind::Network(_, Address::UnixPath(_), _, found)
                if found != Found::Missing),
            kind,
            detail: detail.clone(),
            is_handed_out,
        };
        Ok(kinds.into_iter().map(subject).collect())
    }

    /// Takes note of a socket that is about to be bound to any port: what it listens on then is not
    /// the program's choice.
    pub(super) fn note_bind(&mut self, caller: &Caller, [socket, pointer, length, ..]: Arguments) {
        let mut bytes = [0; MAX_ADDRESS];
        let bytes = &mut bytes[..(length as usize).min(MAX_ADDRESS)];
        let memory = Remote {
            thread: caller.thread,
        };
        if memory.read_whole(pointer, bytes).is_ok() && Address::is_of_any_port(bytes) {
            self.handed_out.extend(inode_of(caller, socket as i32));
        }
    }

    fn extra(&self, caller: &Caller, detail: Detail) -> Result<Extra, Blank> {
        Ok(match detail {
            Detail::None | Detail::Made(_) | Detail::Exclusive | Detail::WritableCode => {
                Extra::None
            }
            Detail::Attribute(pointer) => {
                let mut name = Vec::new();
                let thread = caller.thread;
                Remote { thread }.read_text(pointer, &mut name)?;
                Extra::Attribute(name)
            }
            Detail::Command(command) => Extra::Command(darwin::command_from(command)),
            Detail::Signal(signal) => Extra::Signal(darwin::signal_from(signal)),
            Detail::Announced(file) => {
                Extra::Signal(darwin::signal_from(announced_by(caller, file)?))
            }
        })
    }

    /// An operation on the file whose path the resolver has found.
    fn file(
        &mut self,
        resolver: &Resolver,
        caller: &Caller,
        terms: &Terms,
        call: Call,
        ask: Ask,
        found: Found,
    ) -> Result<Option<Subject>, Blank> {
        if resolver.is_memory
            && let Some(name) = resolver.path.strip_prefix(b"/memfd:")
            && matches!(ask.target, Target::File(_) | Target::Path(_))
        {
            let runs = matches!(ask.operation, Op::ProcessExec | Op::FileMapExecutable);
            self.path.clear();
            self.path.extend_from_slice(b"memfd:");
            self.path.extend_from_slice(name);
            self.other.clear();
            let detail = Extra::None;
            return Ok(runs.then_some(Subject {
                operation: ask.operation,
                kind: Kind::Path,
                detail,
                exists: true,
                vnode: Vnode::default(),
                is_handed_out: false,
            }));
        }
        if ask.operation == Op::FileMapExecutable && resolver.path == ZEROS {
            return Ok(made_code(ask));
        }
        let (operation, kind) = match place::meaning(ask.operation, &resolver.path, found) {
            // Of another procfs our numbers of processes say nothing.
            Meaning::Process(operation, process)
                if !caller.foreign_proc && process != caller.process()? =>
            {
                let relation = relation(process, caller.process()?, terms.custodian)?;
                (operation, Kind::Process(relation))
            }
            Meaning::File | Meaning::Process(..) => {
                return self.path(&resolver.path, caller, terms, ask, found);
            }
            Meaning::PosixIpc(operation, name) => {
                if self.is_passing(operation, &name, call, ask.detail) {
                    return Ok(None);
                }
                let slashed = [b"/", &name[..]].concat();
                (operation, Kind::PosixIpc(slashed, name))
            }
            Meaning::Sysctl(operation, name) => (operation, Kind::Sysctl(name)),
        };
        if terms.vocabulary.operation(operation).is_none() {
            return self.path(&resolver.path, caller, terms, ask, found);
        }
        Ok(Some(Subject {
            operation,
            kind,
            detail: Extra::None,
            exists: found != Found::Missing,
            vnode: Vnode::default(),
            is_handed_out: false,
        }))
    }

    /// glibc's sem_open makes the file under a random name of six letters and digits that nobody has,
    /// and then links it to the real one: only the latter is the program's.
    fn is_passing(&mut self, operation: Op, name: &[u8], call: Call, detail: Detail) -> bool {
        match (operation, call) {
            (Op::IpcPosixSemCreate, Call::Open | Call::Openat | Call::Openat2 | Call::Creat)
                if detail == Detail::Exclusive
                    && name.len() == 6
                    && name.iter().all(u8::is_ascii_alphanumeric) =>
            {
                self.passing.push(name.to_vec());
                true
            }
            (Op::IpcPosixSemUnlink, _) => {
                let before = self.passing.len();
                self.passing.retain(|known| known != name);
                self.passing.len() < before
            }
            _ => false,
        }
    }

    /// An operation on the file of a path.
    pub(super) fn path(
        &mut self,
        path: &[u8],
        caller: &Caller,
        terms: &Terms,
        ask: Ask,
        found: Found,
    ) -> Result<Option<Subject>, Blank> {
        let unknown = terms.vocabulary.operation(ask.operation).is_none();
        if unknown || (ask.operation == Op::FileLink && self.links_passing(path)) {
            return Ok(None);
        }
        self.spell(path, caller)?;
        let detail = self.extra(caller, ask.detail)?;
        let vnode = self.vnodes.look(caller, ask, path)?;
        Ok(Some(Subject {
            operation: ask.operation,
            kind: Kind::Path,
            detail,
            exists: found != Found::Missing,
            vnode,
            is_handed_out: false,
        }))
    }

    fn links_passing(&self, path: &[u8]) -> bool {
        let name = path.strip_prefix(b"/dev/shm/sem.");
        name.is_some_and(|name| self.passing.iter().any(|known| known == name))
    }

    /// Puts a path into the buffers in the spellings that the world knows.
    fn spell(&mut self, path: &[u8], caller: &Caller) -> Result<(), Blank> {
        self.path.clear();
        self.other.clear();
        self.path.extend_from_slice(path);
        for (short, long) in &self.aliases {
            let below = path.strip_prefix(short.as_slice());
            if let Some(below @ ([] | [b'/', ..])) = below {
                self.other.extend_from_slice(long);
                self.other.extend_from_slice(below);
            }
        }
        if self.resolve && !self.other.is_empty() {
            self.path.clear();
            self.path.append(&mut self.other);
        }
        // A process's own /proc directory has another name in every run.
        if !caller.foreign_proc
            && let Some((process, behind)) = place::in_process(path)
            && process == caller.process()?
        {
            let own = [b"/proc/self", behind].concat();
            self.other = std::mem::replace(&mut self.path, own);
        }
        Ok(())
    }

    /// Making mappings executable: of files, and of what the program has written itself.
    fn mapping(
        &self,
        caller: &Caller,
        ask: Ask,
        address: u64,
        length: u64,
    ) -> Result<Vec<Subject>, Blank> {
        let mapped = Mapped::of(caller.thread, address, length)?;
        let mut subjects = Vec::new();
        for path in mapped.files {
            let vnode = self.vnodes.look(caller, ask, &path)?;
            subjects.push(Subject {
                kind: Kind::Mapped(path),
                exists: true,
                vnode,
                ..Subject::of_nothing(ask.operation)
            });
        }
        if mapped.is_written {
            subjects.extend(made_code(ask));
        }
        Ok(subjects)
    }

    /// The request about a subject.
    pub(super) fn request<'a>(
        &'a self,
        subject: &'a Subject,
        vocabulary: &Vocabulary,
    ) -> Option<Request<'a>> {
        let mut request = Request::new(vocabulary.operation(subject.operation)?);
        let mut add = |filter: Option<_>, value| {
            if let Some(filter) = filter {
                request.add(filter, value);
            }
        };
        let socket = |kind: &SocketKind| {
            [
                (vocabulary.socket_domain, darwin::domain_from(kind.domain)),
                (vocabulary.socket_type, i64::from(kind.kind)),
                (vocabulary.socket_protocol, i64::from(kind.protocol)),
            ]
        };
        match &subject.kind {
            Kind::Nothing => {}
            Kind::Path | Kind::Mapped(_) => add(vocabulary.path, self.spelt()),
            Kind::PosixIpc(slashed, name) => {
                add(vocabulary.ipc_posix_name, Value::Aliased(slashed, name));
            }
            Kind::Sysctl(name) => add(vocabulary.sysctl_name, Value::Text(name)),
            Kind::Process(relation) => {
                for number in self.numbers(*relation) {
                    add(vocabulary.target, Value::Integer(number));
                }
            }
            Kind::Socket(kind) => {
                for (filter, number) in socket(kind) {
                    add(filter, Value::Integer(number));
                }
            }
            Kind::Network(side, address, kind, _) => {
                let filter = match side {
                    Side::Local => vocabulary.local,
                    Side::Remote => vocabulary.remote,
                };
                let endpoint = match address {
                    Address::Internet(host, port) => {
                        Some(address::endpoint(*host, *port, *kind, *side))
                    }
                    Address::UnixPath(_) | Address::UnixAbstract(_) | Address::UnixUnnamed => {
                        Some(Endpoint::Unix)
                    }
                    Address::Other => None,
                };
                if matches!(address, Address::UnixPath(_) | Address::UnixAbstract(_)) {
                    add(vocabulary.path, self.spelt());
                }
                if let Some(endpoint) = endpoint {
                    add(filter, Value::Endpoint(endpoint));
                }
                for (filter, number) in socket(kind) {
                    add(filter, Value::Integer(number));
                }
            }
        }
        match &subject.detail {
            Extra::None => {}
            Extra::Attribute(name) => add(vocabulary.xattr, Value::Text(name)),
            Extra::Command(number) => add(vocabulary.ioctl_command, Value::Integer(*number)),
            Extra::Signal(number) => add(vocabulary.signal_number, Value::Integer(*number)),
        }
        Some(request)
    }

    /// The path in the buffers.
    fn spelt(&self) -> Value<'_> {
        if self.other.is_empty() {
            Value::Text(&self.path)
        } else {
            Value::Aliased(&self.path, &self.other)
        }
    }

    /// Spells the path of a mapping or an address, so that its request can be made next.
    pub(super) fn prepare(&mut self, subject: &Subject, caller: &Caller) -> Result<(), Blank> {
        match &subject.kind {
            Kind::Mapped(path) | Kind::Network(_, Address::UnixPath(path), ..) => {
                self.spell(path, caller)?;
            }
            Kind::Network(_, Address::UnixAbstract(name), ..) => {
                self.path.clear();
                self.other.clear();
                self.path.push(b'@');
                self.path.extend_from_slice(name);
            }
            _ => {}
        }
        Ok(())
    }

    /// What the filter `target` says of a process, the most telling first.
    fn numbers(&self, relation: Relation) -> impl Iterator<Item = i64> {
        let [own, group, others, children, same] = self.targets;
        [
            group.filter(|_| relation.by_group),
            own.filter(|_| relation.own),
            children.filter(|_| relation.child),
            others.filter(|_| relation.other),
            group.filter(|_| relation.group && !relation.by_group),
            same.filter(|_| relation.supervised),
        ]
        .into_iter()
        .flatten()
    }
}

impl Subject {
    fn of_nothing(operation: Op) -> Self {
        Self {
            operation,
            kind: Kind::Nothing,
            detail: Extra::None,
            exists: false,
            vnode: Vnode::default(),
            is_handed_out: false,
        }
    }

    /// Whether it is a process that supervises.
    pub(super) fn is_keeper(&self) -> bool {
        matches!(self.kind, Kind::Process(relation) if relation.keeper)
    }

    /// A request as it is told of: with the port that the program asked for.
    pub(super) fn told<'a>(&self, request: Request<'a>) -> Request<'a> {
        if !self.is_handed_out {
            return request;
        }
        let as_asked = |value| match value {
            Value::Endpoint(Endpoint::Internet {
                v6,
                transport,
                loopback,
                ..
            }) => Value::Endpoint(Endpoint::Internet {
                v6,
                transport,
                loopback,
                port: 0,
            }),
            value => value,
        };
        request
            .values()
            .fold(Request::new(request.operation), |told, (filter, value)| {
                told.with(filter, as_asked(value))
            })
    }

    /// The host of an address as the program wrote it.
    pub(super) fn host(&self) -> String {
        match &self.kind {
            Kind::Network(_, Address::Internet(host, _), ..) => host.to_string(),
            _ => String::new(),
        }
    }
}

/// A duplicate of the caller's socket, with what it is.
fn socket_of(caller: &Caller, socket: i32) -> Result<(std::os::fd::OwnedFd, SocketKind), Blank> {
    use std::os::fd::AsFd;
    let socket = file_of_caller(caller, socket)?;
    // What is no socket says so; the kernel says it to the caller too.
    let kind = SocketKind::of(socket.as_fd()).map_err(|_| Blank::Nothing)?;
    Ok((socket, kind))
}

/// The inode of the caller's socket, if we can look at it.
fn inode_of(caller: &Caller, socket: i32) -> Option<u64> {
    let file = format!("/proc/{}/fd/{socket}", caller.thread);
    Some(rustix::fs::stat(file).ok()?.st_ino)
}

/// The addresses that a call gives for a socket: where each lies and how long it is, and whether one
/// without a family is of IPv4.
fn addresses(
    resolver: &mut Resolver,
    caller: &Caller,
    socket: i32,
    side: Side,
    given: impl IntoIterator<Item = (u64, u32)>,
    may_lack_family: bool,
) -> Result<Vec<Kind>, Blank> {
    let memory = Remote {
        thread: caller.thread,
    };
    let mut read = Vec::new();
    for (pointer, length) in given {
        let mut bytes = vec![0; (length as usize).min(MAX_ADDRESS)];
        match memory.read_whole(pointer, &mut bytes) {
            Ok(()) => read.push(bytes),
            Err(Blank::Nothing) => {}
            Err(unseen) => return Err(unseen),
        }
    }
    if read.is_empty() {
        return Ok(Vec::new());
    }
    let (_, kind) = socket_of(caller, socket)?;
    let given = read.into_iter().filter_map(|mut bytes| {
        if may_lack_family {
            Address::give_family(&mut bytes, kind);
        }
        match Address::of(kind, &bytes)? {
            // The system chooses a name, any of which stands for all.
            Address::UnixUnnamed if side == Side::Local => {
                Some(Address::UnixAbstract(CHOSEN_NAME.to_vec()))
            }
            address => Some(address),
        }
    });
    // Binding makes the last component, so a link there is not followed.
    let follow = side == Side::Remote;
    let mut kinds = Vec::new();
    for address in given {
        match resolved(resolver, caller, address, follow) {
            Ok((address, found)) => kinds.push(Kind::Network(side, address, kind, found)),
            Err(Blank::Nothing) => {}
            Err(unseen) => return Err(unseen),
        }
    }
    Ok(kinds)
}

fn bound(resolver: &mut Resolver, caller: &Caller, socket: i32) -> Result<Option<Kind>, Blank> {
    use std::os::fd::AsFd;
    let (socket, kind) = socket_of(caller, socket)?;
    let Some(address) = address::bound_to(socket.as_fd(), kind) else {
        return Ok(None);
    };
    let (address, found) = resolved(resolver, caller, address, true)?;
    Ok(Some(Kind::Network(Side::Local, address, kind, found)))
}

fn resolved(
    resolver: &mut Resolver,
    caller: &Caller,
    address: Address,
    follow: bool,
) -> Result<(Address, Found), Blank> {
    let Address::UnixPath(path) = address else {
        return Ok((address, Found::Missing));
    };
    let found = resolver.text(caller, &path, follow)?;
    Ok((Address::UnixPath(resolver.path.clone()), found))
}

/// The first of the names that Linux chooses for unix sockets (unix(7), "Autobind").
const CHOSEN_NAME: &[u8] = b"00000";

/// Code that is of no file, unless it is asked about already.
fn made_code(ask: Ask) -> Option<Subject> {
    let is_asked = ask.detail == Detail::WritableCode;
    (!is_asked).then(|| Subject::of_nothing(Op::DynamicCodeGeneration))
}
