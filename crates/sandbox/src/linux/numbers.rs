//! Numbers of processes as a caller in a pid namespace of its own gives them.
//!
//! `/proc/ID/status` lists the numbers that a thread has in every namespace from ours to its own.

use rustix::io::Errno;

use super::blank::Blank;
use super::caller::Caller;

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// A thread, by which its process can be meant.
    Thread,
    /// A process group.
    Group,
}

/// What we know by other numbers that a caller has one for; itself unless its namespace is another.
/// More than one only if it cannot be told in which namespaces they have it.
pub(crate) fn ours(caller: &Caller, of: Of, number: i32) -> Result<Vec<i32>, Blank> {
    let own = status(caller.thread)?;
    let depth = numbers(&own, "NSpid:").len().saturating_sub(1);
    if depth == 0 {
        return Ok(vec![number]);
    }
    let own_process = numbers(&own, "NStgid:");
    if of == Of::Thread && own_process.get(depth) == Some(&number) {
        return Ok(own_process[..1].to_vec());
    }
    let home = namespace(caller.thread);
    let mut found = Vec::new();
    for process in ids("/proc") {
        let threads = match of {
            Of::Thread => ids(&format!("/proc/{process}/task")),
            Of::Group => vec![process],
        };
        for thread in threads {
            let Ok(status) = status(thread) else {
                continue;
            };
            let field = match of {
                Of::Thread => "NSpid:",
                Of::Group => "NSpgid:",
            };
            let known = numbers(&status, field);
            // Deeper ones may be of a namespace within its own.
            let may_be = known.get(depth) == Some(&number)
                && (known.len() > depth + 1 || namespace(thread).is_none_or(|at| Some(at) == home));
            if may_be && !found.contains(&known[0]) {
                found.push(known[0]);
            }
        }
    }
    if found.is_empty() {
        return Err(Blank::Unseen(Errno::SRCH));
    }
    Ok(found)
}

fn status(thread: i32) -> Result<String, Blank> {
    let bytes = std::fs::read(format!("/proc/{thread}/status"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn numbers(status: &str, field: &str) -> Vec<i32> {
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let words = line.unwrap_or_default().split_whitespace();
    words.map_while(|word| word.parse().ok()).collect()
}

/// The pid namespace of a thread, if we may look.
fn namespace(thread: i32) -> Option<u64> {
    let stat = rustix::fs::stat(format!("/proc/{thread}/ns/pid")).ok()?;
    Some(stat.st_ino)
}

/// The folders with numbers for names.
fn ids(folder: &str) -> Vec<i32> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}
