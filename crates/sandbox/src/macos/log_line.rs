//! What a message of the unified log says the sandbox decided. The shapes were read off recorded
//! logs of macOS 14.4.1.
//!
//! ```text
//! Sandbox: cat(123) deny(1) file-read-data /private/etc/hosts
//! 4 duplicate reports for Sandbox: cat(123) deny(1) file-read-data /private/etc/hosts
//! System Policy: cat(123) deny(1) file-read-data /private/etc/hosts
//! Sandbox: cat(123) allow file-write-create /private/tmp/x
//! ```
//!
//! A message given by the rule stands on lines of its own below.

use lapbelt_policy::rule::Action;

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The profile of the process.
    Profile,
    /// The policy of the platform, which no profile of ours changes.
    Platform,
}

/// One report of the sandbox, borrowed from its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine<'m> {
    /// Who decided.
    pub decided_by: DecidedBy,
    /// How many reports this one stands for.
    pub reports: u64,
    /// Name of the process, as the system shortens it.
    pub process: &'m str,
    /// Its number.
    pub pid: u32,
    /// What was decided.
    pub action: Action,
    /// The operation asked.
    pub operation: &'m str,
    /// What it was about; empty if nothing.
    pub target: &'m str,
    /// The message of the rule; empty if none.
    pub message: &'m str,
}

/// Why a message is no report of a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is about something else: a profile that was applied, another subsystem.
    #[error("not about a decision")]
    Other,
    /// It does not name the process as `NAME(PID)` before a decision.
    #[error("no process and decision in `{0}`")]
    NoProcess(String),
    /// The number of folded reports is none.
    #[error("`{0}` is no number of reports")]
    BadCount(String),
    /// There is no operation.
    #[error("no operation in `{0}`")]
    NoOperation(String),
}

/// Reads a message; what stands before the report (time, host and sender in the text form of
/// `log show`) does not matter.
///
/// # Errors
/// If it is none, or damaged.
pub fn parse(message: &str) -> Result<LogLine<'_>, Refusal> {
    let (decided_by, start, rest) = [
        ("Sandbox: ", DecidedBy::Profile),
        ("System Policy: ", DecidedBy::Platform),
    ]
    .into_iter()
    .filter_map(|(word, decided_by)| {
        let at = message.find(word)?;
        Some((decided_by, at, &message[at + word.len()..]))
    })
    .min_by_key(|(_, at, _)| *at)
    .ok_or(Refusal::Other)?;
    let reports = folded(&message[..start])?;
    let (report, note) = rest.split_once('\n').unwrap_or((rest, ""));
    let (process, pid, decision) =
        process_of(report).ok_or_else(|| Refusal::NoProcess(report.to_owned()))?;
    let (action, decision) = decision_of(decision);
    let (operation, target) = decision.split_once(' ').unwrap_or((decision, ""));
    if operation.is_empty() {
        return Err(Refusal::NoOperation(report.to_owned()));
    }
    Ok(LogLine {
        decided_by,
        reports,
        process,
        pid,
        action,
        operation,
        target,
        message: note,
    })
}

/// The number in `N duplicate reports for `, or 1.
fn folded(before: &str) -> Result<u64, Refusal> {
    let Some(head) = ["duplicate reports for ", "duplicate report for "]
        .iter()
        .find_map(|words| before.strip_suffix(words))
    else {
        return Ok(1);
    };
    let word = head.split_whitespace().next_back().unwrap_or("");
    word.parse().map_err(|_| Refusal::BadCount(word.to_owned()))
}

/// `NAME(PID) ` in front of a decision, and the decision. A name may hold parentheses and blanks.
fn process_of(report: &str) -> Option<(&str, u32, &str)> {
    report.match_indices(") ").find_map(|(close, _)| {
        let rest = &report[close + 2..];
        if !rest.starts_with("deny") && !rest.starts_with("allow") {
            return None;
        }
        let open = report[..close].rfind('(')?;
        let pid = report[open + 1..close].parse().ok()?;
        Some((&report[..open], pid, rest))
    })
}

/// The action, and what follows `deny(1) `, `deny ` or `allow `.
fn decision_of(text: &str) -> (Action, &str) {
    let (action, rest) = match text.strip_prefix("deny") {
        Some(rest) => (Action::Deny, rest),
        None => (Action::Allow, text.strip_prefix("allow").unwrap_or(text)),
    };
    let rest = match rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
        Some((count, rest)) if count.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => rest,
    };
    (action, rest.trim_start_matches(' '))
}

#[cfg(test)]
mod tests;
