//! The custodian: a small process of ours between us and the program.
//!
//! It is the subreaper of the program and all its descendants, so that they can be told from those
//! of other runs and none is left behind: not when we say so, and not when we die (then its control
//! pipe closes). Everything after the fork is async-signal-safe: no allocation, no locks.

mod child;
mod tree;

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::pipe::PipeFlags;

use super::job_control::Job;
use super::program::Program;

/// What the custodian and the child say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// The child waits with its filter in place.
    Filtered {
        /// Process id of the child.
        process: i32,
        /// Its number of the listening descriptor; -1 if nothing is filtered.
        listener: RawFd,
    },
    /// The child could not go on.
    Failed(Step, i32),
    /// The program ended.
    Ended {
        /// Its status, in the form of wait(2).
        status: i32,
        /// It, or a descendant of it, has made a process.
        forked: bool,
    },
    /// No descendant is left.
    Gone,
}

/// What the child does before it becomes the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Fork.
    Fork,
    /// Take its standard streams.
    Streams,
    /// Enter its directory.
    Directory,
    /// Install the filter.
    Filter,
    /// Execute the program.
    Execute,
}

const STEPS: [Step; 5] = [
    Step::Fork,
    Step::Streams,
    Step::Directory,
    Step::Filter,
    Step::Execute,
];

/// A message on the pipe: kind and two numbers. Shorter than PIPE_BUF, so never torn.
type Wire = [i32; 3];

impl Message {
    fn wire(self) -> Wire {
        match self {
            Self::Filtered { process, listener } => [0, process, listener],
            Self::Failed(step, errno) => [1, step as i32, errno],
            Self::Ended { status, forked } => [2, status, i32::from(forked)],
            Self::Gone => [3, 0, 0],
        }
    }

    fn of(wire: Wire) -> Option<Self> {
        Some(match wire {
            [0, process, listener] => Self::Filtered { process, listener },
            [1, step, errno] => Self::Failed(*STEPS.get(usize::try_from(step).ok()?)?, errno),
            [2, status, forked] => Self::Ended {
                status,
                forked: forked != 0,
            },
            [3, ..] => Self::Gone,
            _ => return None,
        })
    }

    /// Sends it; a supervisor that is gone will not miss it.
    fn send(self, to: RawFd) {
        let wire = self.wire();
        // SAFETY: writes the 12 bytes of `wire`.
        unsafe { libc::write(to, wire.as_ptr().cast(), size_of::<Wire>()) };
    }
}

/// Our side of a custodian.
#[derive(Debug)]
pub(crate) struct Custodian {
    /// Its process id.
    pub(crate) process: i32,
    messages: OwnedFd,
    control: Option<OwnedFd>,
    go: Option<OwnedFd>,
}

/// Descriptors of the other side, as plain numbers for use after the fork.
#[derive(Clone, Copy, Debug)]
struct Ends {
    messages: RawFd,
    control: RawFd,
    go: RawFd,
    /// The supervisor's ends, which the other side must not keep open.
    supervisor: [RawFd; 3],
}

impl Custodian {
    /// Starts a custodian with its child, which waits for [`Self::go`] with the filter in place, if
    /// that is not empty.
    pub(crate) fn start(program: &Program, filter: &[libc::sock_filter]) -> io::Result<Self> {
        let (messages, messages_end) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        let (control_end, control) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        let (go_end, go) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        let ends = Ends {
            messages: messages_end.as_raw_fd(),
            control: control_end.as_raw_fd(),
            go: go_end.as_raw_fd(),
            supervisor: [messages.as_raw_fd(), control.as_raw_fd(), go.as_raw_fd()],
        };
        let child = child::Child::new(program, filter);
        let job = Job::of_ours();
        let signals = BlockedSignals::new();
        // SAFETY: the new process runs only `custody` and what it calls: system calls on prepared
        // data, without allocation or locks, and never returns.
        let process = unsafe { libc::fork() };
        if process == 0 {
            custody(&child, ends, &signals.before, job);
        }
        drop(signals);
        if process < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            process,
            messages,
            control: Some(control),
            go: Some(go),
        })
    }

    /// Waits for a message; `None` once the custodian is gone.
    pub(crate) fn receive(&self) -> io::Result<Option<Message>> {
        let mut bytes = [0; size_of::<Wire>()];
        let mut filled = 0;
        while filled < bytes.len() {
            match rustix::io::read(&self.messages, &mut bytes[filled..]) {
                Ok(0) => return Ok(None),
                Ok(length) => filled += length,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let word = |i: usize| i32::from_ne_bytes([0, 1, 2, 3].map(|b| bytes[4 * i + b]));
        let message = Message::of([word(0), word(1), word(2)]);
        message
            .map(Some)
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Readable when a message is there.
    pub(crate) fn messages(&self) -> BorrowedFd<'_> {
        self.messages.as_fd()
    }

    /// Lets the child become the program. One that a signal has ended meanwhile cannot; a message
    /// tells of that.
    pub(crate) fn go(&mut self) -> io::Result<()> {
        let written = self.go.take().map(|go| rustix::io::write(go, b"g"));
        match written {
            Some(Err(error)) if error != rustix::io::Errno::PIPE => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Kills all descendants; messages tell when they are gone.
    pub(crate) fn kill_all(&mut self) {
        self.control = None;
    }
}

impl Drop for Custodian {
    fn drop(&mut self) {
        self.go = None;
        self.kill_all();
        let mut status = 0;
        // SAFETY: waits for our own child; the status lies on our stack.
        while unsafe { libc::waitpid(self.process, &mut status, 0) } < 0
            && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
        {}
    }
}

/// All signals blocked in this thread until dropped, so that no handler of ours runs in the child.
struct BlockedSignals {
    before: libc::sigset_t,
}

impl BlockedSignals {
    fn new() -> Self {
        // SAFETY: both sets are ours and get filled by the calls.
        unsafe {
            let mut all = std::mem::zeroed();
            let mut before = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            Self { before }
        }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: restores the mask saved by `new`.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

/// Life of the custodian, from the fork to its exit. All signals stay blocked: what a terminal
/// sends to the foreground group is for the program.
fn custody(child: &child::Child<'_>, ends: Ends, mask: &libc::sigset_t, job: Job) -> ! {
    // SAFETY: plain system calls on our own numbers. After the second fork the child runs only
    // `Child::run`, which never returns.
    unsafe {
        let own = libc::getpid();
        for end in ends.supervisor {
            libc::close(end);
        }
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        let main = libc::fork();
        if main == 0 {
            child.run(ends, own, mask);
        }
        if main < 0 {
            Message::Failed(Step::Fork, *libc::__errno_location()).send(ends.messages);
            libc::_exit(1);
        }
        // Out of the reach of others of our user, by the memory and descriptors in /proc, too.
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        // Out of the group of ours, which may be killed as one: then somebody is left to end what
        // the program put into sessions of their own. To a group of the program's we are what
        // whoever started us is to ours: if nobody of its session minds it, no key stops it.
        if job.has_shell {
            libc::setpgid(0, 0);
        } else {
            libc::setsid();
        }
        close_all_but(ends.messages, ends.control);
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut signals);
        libc::sigaddset(&mut signals, libc::SIGCHLD);
        let deaths = libc::signalfd(-1, &signals, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC);
        let mut tree = tree::Tree::new(main, job.stopped_too, ends.messages);
        while tree.reap() {
            let poll = |fd| libc::pollfd {
                fd,
                events: libc::POLLIN,
                revents: 0,
            };
            let mut polled = [poll(ends.control), poll(deaths)];
            // Without a signalfd (no descriptor left) we look every 10 ms.
            let wait = if deaths < 0 { 10 } else { -1 };
            libc::poll(polled.as_mut_ptr(), 2, wait);
            if polled[0].revents != 0 {
                tree.kill();
                break;
            }
            let mut sink = [0u8; 1024];
            libc::read(deaths, sink.as_mut_ptr().cast(), sink.len());
        }
        Message::Gone.send(ends.messages);
        libc::_exit(0)
    }
}

/// Closes every descriptor but two, so that we keep nothing open for anybody.
fn close_all_but(one: RawFd, other: RawFd) {
    let (low, high) = (one.min(other) as u32, one.max(other) as u32);
    let close = |from: u32, to: u32| {
        if from <= to {
            // SAFETY: closes descriptors of this process, which holds no object that owns them.
            unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) };
        }
    };
    if low > 0 {
        close(0, low - 1);
    }
    close(low + 1, high - 1);
    close(high + 1, u32::MAX);
}

/// A descriptor for a process (pidfd_open(2)).
pub(crate) fn open_process(process: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes and returns plain numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}
