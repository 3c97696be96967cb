//! `lapbelt exec` and signals: as if the program were run in its place.

mod supervised;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use supervised::skipped;

const LAPBELT: &str = env!("CARGO_BIN_EXE_lapbelt");
const EXEC: [&str; 3] = ["exec", "-p", "(version 1)(allow default)"];

/// Starts a shell script under `lapbelt exec`, as a job of its own, and waits for its first line.
fn started(script: &str) -> (Child, BufReader<ChildStdout>, String) {
    let mut command = Command::new(LAPBELT);
    command.args(EXEC).args(["/bin/sh", "-c", script]);
    command.process_group(0).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a run");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let first = line(&mut lines);
    (child, lines, first)
}

fn line(lines: &mut impl BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).expect("text");
    line.trim_end().to_owned()
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it runs");
}

/// How a child has changed.
fn changed(child: &Child) -> WaitStatus {
    let changes = WaitOptions::UNTRACED | WaitOptions::CONTINUED;
    let changed = waitpid(Some(Pid::from_child(child)), changes);
    changed.expect("a child").expect("a change").1
}

/// How a child ended. That it went on before may not be told any more.
fn ended(child: &Child) -> WaitStatus {
    let first = changed(child);
    match first.continued() {
        true => changed(child),
        false => first,
    }
}

#[test]
fn what_is_sent_to_us_reaches_the_program() {
    if skipped() {
        return;
    }
    let signals = [
        Signal::HUP,
        Signal::INT,
        Signal::QUIT,
        Signal::USR1,
        Signal::USR2,
        Signal::PIPE,
        Signal::ALARM,
        Signal::VTALARM,
        Signal::PROF,
        Signal::IO,
        Signal::URG,
        Signal::WINCH,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::CONT,
        Signal::TSTP,
        Signal::TTIN,
        Signal::TTOU,
        Signal::TERM,
    ];
    let numbers = signals.map(Signal::as_raw);
    let traps = numbers.map(|number| format!("trap 'echo {number}' {number};"));
    let script = traps.concat() + "echo ready; while :; do sleep 0.05; done";
    let (mut child, mut lines, first) = started(&script);
    assert_eq!(first, "ready");
    for signal in signals {
        send(&child, signal);
        assert_eq!(line(&mut lines), signal.as_raw().to_string());
    }
    child.kill().expect("it runs");
    child.wait().expect("an end");
}

#[test]
fn a_clock_that_was_set_before_us_ends_the_program() {
    if skipped() {
        return;
    }
    // As a timeout is made of perl's alarm: the clock outlives the start of another program.
    let set = "import os, signal, sys; signal.setitimer(signal.ITIMER_REAL, 0.3); \
               os.execv(sys.argv[1], sys.argv[1:])";
    let mut command = Command::new("python3");
    command.args(["-c", set, LAPBELT]).args(EXEC);
    match command.args(["sleep", "600"]).status() {
        Ok(status) => assert_eq!(status.signal(), Some(14), "{status}"),
        Err(_) => lapbelt_corpus::say_skipped("there is no python3"),
    }
}

#[test]
fn the_program_ignores_what_it_would_without_us() {
    if skipped() {
        return;
    }
    for trap in ["", "trap '' HUP INT PIPE CHLD ALRM;"] {
        let script = format!("{trap} exec \"$@\" grep SigIgn /proc/self/status");
        let shown = |words: &[&str]| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &script, "sh"]).args(words);
            let shown = command.output().expect("a run").stdout;
            let shown = String::from_utf8(shown).expect("text");
            let mask = shown.trim_start_matches("SigIgn:").trim();
            // 32 and 33 are the C library's own.
            u64::from_str_radix(mask, 16).expect(&shown) & !(0b11 << 31)
        };
        let plain = shown(&["env"]);
        assert_eq!(plain & 1 == 1, !trap.is_empty(), "{plain:x}");
        assert_eq!(shown(&[&[LAPBELT], &EXEC[..]].concat()), plain, "{trap}");
    }
}

#[test]
fn what_was_ignored_and_is_heeded_by_the_program_reaches_it() {
    if skipped() {
        return;
    }
    let heeding = "import signal, sys; signal.signal(1, lambda *_: sys.exit(9)); \
                   print('ready', flush=True); signal.pause()";
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh", LAPBELT]);
    command.args(EXEC).args(["python3", "-c", heeding]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a run");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    if line(&mut lines) == "ready" {
        send(&child, Signal::HUP);
        assert_eq!(child.wait().expect("an end").code(), Some(9));
    } else {
        lapbelt_corpus::say_skipped("there is no python3");
        child.wait().expect("an end");
    }
}

#[test]
fn we_are_stopped_with_the_program_and_go_on_with_it() {
    if skipped() {
        return;
    }
    // By itself, and let go on through us.
    let (child, mut lines, _) = started("echo ready; kill -STOP $$; echo on; exit 3");
    assert!(changed(&child).stopped());
    send(&child, Signal::CONT);
    assert_eq!(line(&mut lines), "on");
    assert_eq!(ended(&child).exit_status(), Some(3));
    // Through us, and let go on by itself.
    let (child, _lines, program) = started("echo $$; exec sleep 600");
    let program = Pid::from_raw(program.parse().expect("a number")).expect("a process");
    for signal in [Signal::CONT, Signal::KILL] {
        send(&child, Signal::TSTP);
        assert!(changed(&child).stopped());
        kill_process(program, signal).expect("it is there");
        if signal == Signal::CONT {
            assert!(changed(&child).continued());
        }
    }
    assert_eq!(ended(&child).terminating_signal(), Some(9));
}

#[test]
fn no_key_stops_what_nobody_lets_go_on() {
    if skipped() {
        return;
    }
    // Whoever leads a session has no shell in it.
    let open = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
    let terminal = rustix::pty::openpt(open).expect("a terminal");
    rustix::pty::unlockpt(&terminal).expect("it is ours");
    let name = rustix::pty::ptsname(&terminal, Vec::new()).expect("its name");
    let name = name.into_string().expect("text");
    let program = std::fs::File::options().read(true).write(true).open(name);
    let mut child = Command::new("setsid")
        .args(["-c", LAPBELT])
        .args(EXEC)
        .args(["sh", "-c", "echo ready; read x; echo got $x"])
        .stdin(program.expect("its other end"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("setsid");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    assert_eq!(line(&mut lines), "ready");
    let mut terminal = std::fs::File::from(terminal);
    terminal.write_all(b"\x1ax\n").expect("keys");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(line(&mut lines)));
    let told = receiver.recv_timeout(Duration::from_secs(20));
    let _ = child.kill();
    assert_eq!(told.expect("it is stopped"), "got x");
    let _ = child.wait();
}
