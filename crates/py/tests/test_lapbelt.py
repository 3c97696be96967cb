"""The package as its users meet it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import lapbelt
import pytest

DENY = "(version 1)(deny default)"
READS = DENY + '(allow file-read* (subpath "/private/etc"))'


def can_confine() -> bool:
    try:
        run = lapbelt.workflow_profile("/bin/true", "/tmp/lapbelt-probe")
    except lapbelt.UnsupportedError:
        return False
    return run.success


confines = pytest.mark.skipif(not can_confine(), reason="this host cannot confine a program")


@confines
def test_a_program_is_learnt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("names").write_text("b\na\n")
    ticks = []
    run = lapbelt.workflow_profile(["sort", "names"], tmp_path / "out", progress=ticks.append)
    assert run.success and run.reason is None
    assert (run.trace_status, run.shrink_status) == ("success", "success")
    assert run.kept >= 1 and run.runs == run.manifest["runs"]
    assert f'(literal "{tmp_path}/names")' in run.profile_text
    assert {tick.phase for tick in ticks} == {"trace", "shrink"}
    assert ticks[-1].runs <= run.runs


@confines
def test_a_profile_that_is_missing_is_created_then_shrunk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    profile = tmp_path / "p.sb"
    traced = lapbelt.trace_profile("/bin/true", profile, tmp_path / "t", success_streak=3)
    assert traced.success and traced.shrunk is None and profile.read_text() == traced.profile_text
    assert traced.manifest["knobs"]["success_streak"] == 3
    shrunk = lapbelt.shrink_profile("/bin/true", profile, tmp_path / "s")
    assert shrunk.success and shrunk.shrunk is not None
    small, large = lapbelt.Profile.read(shrunk.shrunk), lapbelt.Profile.read(profile)
    assert len(small) <= len(large)


@confines
def test_what_fails_unconfined_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(lapbelt.LapbeltError, match="fails with exit status 1 without any sandbox"):
        lapbelt.workflow_profile("/bin/false", tmp_path / "out")


@confines
def test_ctrl_c_stops_and_can_be_resumed(tmp_path):
    script = (
        "import lapbelt, signal, sys\n"
        # A shell that starts the tests in the background has it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n"
        f"    lapbelt.workflow_profile(['sleep', '30'], {str(tmp_path / 'out')!r})\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(7)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path)
    deadline = time.monotonic() + 20
    while not (tmp_path / "out/run.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(child.pid, signal.SIGINT)
    assert child.wait(timeout=20) == 7
    assert (tmp_path / "out/run.json").exists()


def test_errors_have_their_kind_and_message(tmp_path):
    with pytest.raises(lapbelt.LapbeltError, match="no-such-program"):
        lapbelt.workflow_profile("no-such-program", tmp_path / "out")
    with pytest.raises(lapbelt.LapbeltError, match="no backend"):
        lapbelt.workflow_profile("/bin/true", tmp_path / "out", backend="none")
    with pytest.raises(lapbelt.LapbeltError):
        lapbelt.workflow_profile("/bin/true", tmp_path / "out", max_iters="many")


def test_a_profile_that_does_not_evaluate_says_where():
    with pytest.raises(lapbelt.ProfileError) as caught:
        lapbelt.Profile.parse("(version 1)\n(allow file-red*)", name="mine.sb")
    (found,) = [d for d in caught.value.diagnostics if d.severity == "error"]
    assert found.code == "unknown-operation" or "file-red" in found.message
    assert (found.span.file, found.span.line) == ("mine.sb", 2)


def test_parameters_and_query():
    text = DENY + '(allow file-read* (subpath (param "HOME")))'
    profile = lapbelt.Profile.parse(text, params={"HOME": "/Users/a"})
    inside = profile.query("file-read-data", "/Users/a/x")
    assert inside.allowed and inside.place.line == 1 and "/Users/a" in inside.rule
    assert not profile.query("file-read-data", "/Users/b").allowed
    assert profile.query("file-read-data", "/Users/b").rule is not None
    with pytest.raises(lapbelt.LapbeltError, match="unknown operation"):
        profile.query("file-dream")


def test_paths_are_canonicalised_unless_not():
    profile = lapbelt.Profile.parse(READS)
    assert profile.query("file-read-data", "/etc/hosts").allowed
    assert not profile.query("file-read-data", "/etc/hosts", canonicalize=False).allowed


def test_a_unix_socket_is_its_path_in_a_filter_too():
    text = DENY + '(allow network-outbound (remote unix-socket (path-literal "/private/tmp/s")))'
    profile = lapbelt.Profile.parse(text)
    for value in ["/tmp/s", "unix:/tmp/s", "unix:/private/tmp/S"]:
        assert profile.query("network-outbound", value).allowed, value
        assert profile.query("network-outbound", filters={"remote": value}).allowed, value


def test_a_filter_may_have_several_values():
    text = DENY + "(allow signal (require-all (target others) (target children)))"
    profile = lapbelt.Profile.parse(text)
    assert profile.query("signal", filters={"target": ["others", "children"]}).allowed
    assert not profile.query("signal", filters={"target": "others"}).allowed


def test_diff():
    one, other = lapbelt.Profile.parse(DENY), lapbelt.Profile.parse(READS)
    assert one.diff(lapbelt.Profile.parse(DENY)) == []
    differences = one.diff(other)
    assert any("file-read*" in d.operations for d in differences)
    example = differences[0].examples[0]
    assert not example.left.allowed and example.right.allowed
    assert example.values["path"].startswith("/private/etc")


def test_expand_reads_back_as_the_same():
    profile = lapbelt.Profile.parse(READS)
    assert profile.diff(lapbelt.Profile.parse(profile.expand())) == []


def test_compile_decode_decompile():
    profile = lapbelt.Profile.parse(READS)
    data, reasons = profile.compile_with_reasons()
    assert data == profile.compile() and isinstance(reasons, list)
    blob = lapbelt.Blob.decode(data)
    assert blob.spans[0]["start"] == 0 and blob.spans[-1]["end"] == len(data)
    assert "default" in blob.profiles[0]["op_table"] and blob.nodes and blob.evidence
    assert profile.diff(blob.decompile()) == []
    with pytest.raises(lapbelt.LapbeltError):
        lapbelt.Blob.decode(data[:20])


def test_lint(tmp_path):
    profile = tmp_path / "p.sb"
    profile.write_text('(version 1)\n(deny default)\n(allow file-read* (literal "/tmp/x"))\n')
    findings = lapbelt.lint_profile(profile)
    assert any(f.span.line == 3 and "/private/tmp" in (f.message + (f.help or "")) for f in findings)
    assert all(f.code.startswith("LB") and f.level in {"note", "warning", "error"} for f in findings)
