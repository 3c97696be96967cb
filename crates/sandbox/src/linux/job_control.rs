//! The program and we as one job of a shell.

/// What we are to whoever started us.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    /// It is of our own session, as a shell is: it may stop us and let us go on.
    pub(crate) has_shell: bool,
    /// Our process id, if we are to be stopped with the program. Where SIGTSTP has no handler what
    /// a terminal stops is all of the group, and us with it; and where there is no shell nobody would
    /// let us go on.
    pub(crate) stopped_too: Option<i32>,
}

impl Job {
    pub(crate) fn of_ours() -> Self {
        // SAFETY: takes and returns plain numbers (a parent that is 0 is one that we cannot name),
        // and fills a structure on our stack.
        unsafe {
            let parent = libc::getppid();
            let has_shell = parent != 0 && libc::getsid(parent) == libc::getsid(0);
            let mut action: libc::sigaction = std::mem::zeroed();
            let is_handled = libc::sigaction(libc::SIGTSTP, std::ptr::null(), &mut action) == 0
                && !matches!(action.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN);
            Self {
                has_shell,
                stopped_too: (has_shell && is_handled).then(|| libc::getpid()),
            }
        }
    }
}
