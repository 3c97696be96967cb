//! Which processes descend from another, by what /proc says of all.

use std::collections::HashSet;

/// Names of the descendants of a process that still run, oldest first.
pub(super) fn names(ancestor: i32) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut others: Vec<(i32, Process)> = numbers
        .filter_map(|process| Some((process, Process::of(process)?)))
        .collect();
    others.sort_by_key(|(process, _)| *process);
    let mut family = HashSet::from([ancestor]);
    let mut found = Vec::new();
    // Numbers wrap around, so a child may come before its parent.
    loop {
        let (children, rest): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|(_, process)| family.contains(&process.parent));
        if children.is_empty() {
            break;
        }
        family.extend(children.iter().map(|(process, _)| *process));
        found.extend(children);
        others = rest;
    }
    found.sort_by_key(|(process, _)| *process);
    let running = found.into_iter().filter(|(_, process)| process.runs);
    running.map(|(_, process)| process.name).collect()
}

struct Process {
    name: String,
    parent: i32,
    runs: bool,
}

impl Process {
    /// What `/proc/PID/stat` says; `None` if the process is gone.
    fn of(process: i32) -> Option<Self> {
        let stat = std::fs::read(format!("/proc/{process}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // The name may hold anything, parentheses too.
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let state = fields.next()?;
        Some(Self {
            name: name.to_owned(),
            parent: fields.next()?.parse().ok()?,
            runs: !matches!(state, "Z" | "X"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_run_are_named() {
        let own = std::process::id() as i32;
        let mut sleeper = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .expect("sleep");
        while !names(own).contains(&"sleep".to_owned()) {
            std::thread::yield_now();
        }
        sleeper.kill().expect("it runs");
        while names(own).contains(&"sleep".to_owned()) {
            std::thread::yield_now();
        }
        sleeper.wait().expect("it has ended");
        assert!(Process::of(i32::MAX).is_none());
    }
}
