"""Lapbelt, the open toolchain for Apple's Seatbelt sandbox.

Learn the smallest profile of a program::

    run = lapbelt.workflow_profile(["/usr/bin/sort", "names.txt"], "out")
    print(run.profile_text)

Read, ask, compare and compile profiles::

    profile = lapbelt.Profile.parse("(version 1)(deny default)")
    profile.query("file-read-data", "/etc/hosts").decision
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _native

__all__ = [
    "Blob",
    "Decision",
    "Diagnostic",
    "Difference",
    "Example",
    "Finding",
    "LapbeltError",
    "Place",
    "Profile",
    "ProfileError",
    "Progress",
    "Run",
    "Span",
    "UndecidedError",
    "UnsupportedError",
    "lint_profile",
    "shrink_profile",
    "trace_profile",
    "workflow_profile",
]

PathLike = str | os.PathLike[str]
Command = str | os.PathLike[str] | Sequence[str]

#: The world of questions about profiles, unless another is named.
MACOS = "macos-14.4.1"


@dataclass(frozen=True)
class Span:
    """A place in a text: bytes ``start`` to ``end``, line and column counted from 1."""

    file: str | None
    line: int
    column: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Diagnostic:
    """What is wrong with a profile that does not evaluate."""

    severity: str
    code: str
    message: str
    span: Span | None
    help: str | None


class LapbeltError(Exception):
    """Anything that Lapbelt could not do; the message says why, and what to do about it."""


class ProfileError(LapbeltError):
    """A profile that does not evaluate."""

    def __init__(self, message: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(message)
        #: Errors and warnings, each with its span.
        self.diagnostics = diagnostics


class UnsupportedError(LapbeltError):
    """This host cannot confine a program; ``lapbelt doctor`` says why."""


class UndecidedError(LapbeltError):
    """What a run was denied is not known, so nothing can be said."""


def _span(value: Mapping[str, Any]) -> Span | None:
    if value.get("line") is None:
        return None
    return Span(value["file"], value["line"], value["column"], value["start"], value["end"])


def _raise(error: _native.NativeError) -> None:
    kind, message, diagnostics = error.args
    if kind == "profile":
        found = [
            Diagnostic(d["severity"], d["code"], d["message"], _span(d), d["help"])
            for d in json.loads(diagnostics)
        ]
        raise ProfileError(message, found) from None
    kinds = {"unsupported": UnsupportedError, "undecided": UndecidedError}
    raise kinds.get(kind, LapbeltError)(message) from None


@dataclass(frozen=True)
class Progress:
    """Told to the ``progress`` callback after each run of the program."""

    phase: str
    step: int
    rules: int
    runs: int
    seconds: float


@dataclass(frozen=True)
class Run:
    """What came of a run: the facts of its ``run.json``."""

    #: Whether all that was asked for succeeded.
    success: bool
    #: The phase that fell short, and why; ``None`` for a success.
    phase: str | None
    reason: str | None
    #: World id of the host, such as ``linux-6.18.44-x86_64``.
    world_id: str
    #: Runs of the program.
    runs: int
    trace_status: str
    trace_iterations: int
    shrink_status: str
    #: Rules and filters removed and kept by the shrink.
    removed: int | None
    kept: int | None
    #: The profiles; ``shrunk`` only where a shrink succeeded.
    traced: Path
    shrunk: Path | None
    #: All of ``run.json``.
    manifest: dict[str, Any]

    @property
    def profile_text(self) -> str:
        """The text of the last profile reached."""
        return (self.shrunk or self.traced).read_text()


def _run(
    phases: str,
    command: Command,
    out_dir: PathLike,
    profile: PathLike | None,
    params: Mapping[str, str] | None,
    backend: str,
    progress: Callable[[Progress], None] | None,
    options: Mapping[str, Any],
) -> Run:
    words = [os.fspath(command)] if isinstance(command, (str, os.PathLike)) else list(command)
    told = None
    if progress is not None:
        listener = progress

        def told(*tick: Any) -> None:
            listener(Progress(*tick))

    try:
        answer = json.loads(
            _native.run(
                phases,
                words,
                os.fspath(out_dir),
                None if profile is None else os.fspath(profile),
                dict(params or {}),
                json.dumps(dict(options)),
                backend,
                told,
            )
        )
    except _native.NativeError as error:
        _raise(error)
    manifest, shortfall = answer["manifest"], answer["shortfall"]
    profiles, shrink = manifest["paths"]["profiles"], manifest["shrink"]
    return Run(
        success=shortfall is None,
        phase=shortfall and shortfall["phase"],
        reason=shortfall and shortfall["reason"],
        world_id=manifest["world_id"],
        runs=manifest["runs"],
        trace_status=manifest["trace"]["status"],
        trace_iterations=manifest["trace"]["iterations"],
        shrink_status=shrink["status"],
        removed=shrink["removed"],
        kept=shrink["kept"],
        traced=Path(profiles["trace"]),
        shrunk=Path(profiles["shrunk"]) if profiles["shrunk"] else None,
        manifest=manifest,
    )


def trace_profile(
    command: Command,
    profile_path: PathLike,
    out_dir: PathLike,
    *,
    success_streak: int = 2,
    deny_scope: str = "all",
    params: Mapping[str, str] | None = None,
    backend: str = "auto",
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Run:
    """Learn a profile: run ``command`` confined, turn each denial into a rule, until it runs.

    ``command`` is a program, or a list of the program and its arguments. The profile at
    ``profile_path`` is where it starts; one that is missing is created. ``options`` are further
    knobs by their names in ``run.json``: ``network_rules``, ``strategy``, ``max_iters``,
    ``generalize``, ``success_cmd``, ``fresh_cmd``, ``timeout_s``, ….

    Raises :class:`LapbeltError` if it cannot be carried out. A run that does not converge is no
    error: see :attr:`Run.success`. Ctrl-C stops it and leaves a run directory that
    ``lapbelt trace --resume`` goes on with.
    """
    knobs = {"success_streak": success_streak, "deny_scope": deny_scope, **options}
    return _run("trace", command, out_dir, profile_path, params, backend, progress, knobs)


def shrink_profile(
    command: Command,
    profile_path: PathLike,
    out_dir: PathLike,
    *,
    params: Mapping[str, str] | None = None,
    backend: str = "auto",
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Run:
    """Remove every rule and filter of a profile that ``command`` does not need.

    A rule goes only if a fresh and a repeat run succeed without it. The result is
    :attr:`Run.shrunk`.
    """
    return _run("shrink", command, out_dir, profile_path, params, backend, progress, options)


def workflow_profile(
    command: Command,
    out_dir: PathLike,
    *,
    profile_path: PathLike | None = None,
    params: Mapping[str, str] | None = None,
    backend: str = "auto",
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Run:
    """Learn the smallest profile for a program: :func:`trace_profile`, then shrink."""
    return _run("both", command, out_dir, profile_path, params, backend, progress, options)


@dataclass(frozen=True)
class Finding:
    """What a lint found."""

    code: str
    name: str
    level: str
    message: str
    span: Span
    help: str | None


def lint_profile(
    profile_path: PathLike,
    *,
    params: Mapping[str, str] | None = None,
    world: str = MACOS,
) -> list[Finding]:
    """Everything that the lints find in a profile."""
    path = os.fspath(profile_path)
    try:
        text = Path(path).read_text()
        found = json.loads(_native.lint(text, path, path, dict(params or {}), world))
    except _native.NativeError as error:
        _raise(error)
    return [
        Finding(
            f["code"],
            f["name"],
            f["level"],
            f["message"],
            Span(f["file"], f["line"], f["column"], f["start"], f["end"]),
            f["help"],
        )
        for f in found
    ]


@dataclass(frozen=True)
class Place:
    """Where a rule stands."""

    file: str | None
    line: int
    column: int


@dataclass(frozen=True)
class Decision:
    """What a profile decides, and by which rule; ``rule`` is ``None`` for a default."""

    decision: str
    rule: str | None
    place: Place | None

    @property
    def allowed(self) -> bool:
        """Whether it is allowed."""
        return self.decision == "allow"


def _decision(value: Mapping[str, Any]) -> Decision:
    place = value["place"]
    return Decision(value["decision"], value["rule"], Place(**place) if place else None)


@dataclass(frozen=True)
class Example:
    """A request, as values of filters, that two profiles decide differently."""

    values: dict[str, Any]
    left: Decision
    right: Decision


@dataclass(frozen=True)
class Difference:
    """Operations on which two profiles differ in one way, with requests that show it."""

    operations: list[str]
    examples: list[Example]


class Profile:
    """An evaluated profile of one world."""

    def __init__(self, native: _native.NativeProfile) -> None:
        self._native = native

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        name: str = "profile",
        path: PathLike | None = None,
        params: Mapping[str, str] | None = None,
        world: str = MACOS,
    ) -> Profile:
        """Evaluate a text; what it imports is looked for beside ``path``.

        Raises :class:`ProfileError`, whose diagnostics have spans, if it does not evaluate.
        """
        file = None if path is None else os.fspath(path)
        try:
            native = _native.NativeProfile.parse(text, name, file, dict(params or {}), world)
        except _native.NativeError as error:
            _raise(error)
        return cls(native)

    @classmethod
    def read(
        cls, path: PathLike, *, params: Mapping[str, str] | None = None, world: str = MACOS
    ) -> Profile:
        """Read and evaluate a file."""
        name = os.fspath(path)
        return cls.parse(Path(name).read_text(), name=name, path=name, params=params, world=world)

    @property
    def world(self) -> str:
        """Full id of its world."""
        return self._native.world()

    def __len__(self) -> int:
        """Number of rules."""
        return self._native.len()

    def expand(self) -> str:
        """All of its rules as flat canonical text, imports and parameters resolved."""
        return self._native.expand()

    def query(
        self,
        operation: str,
        target: str | None = None,
        filters: Mapping[str, str | Sequence[str]] | None = None,
        *,
        canonicalize: bool = True,
    ) -> Decision:
        """Decide a request, as ``lapbelt query`` does; a filter may have several values."""
        values = [
            (name, value)
            for name, given in (filters or {}).items()
            for value in ([given] if isinstance(given, str) else given)
        ]
        try:
            answer = self._native.query(operation, target, values, canonicalize)
        except _native.NativeError as error:
            _raise(error)
        return _decision(json.loads(answer))

    def diff(self, other: Profile, *, examples: int = 3) -> list[Difference]:
        """What the two decide differently, exactly; an empty list means nothing.

        Raises :class:`UndecidedError` if an operation is beyond what can be compared.
        """
        answer = json.loads(self._native.diff(other._native, examples))
        if answer["undecided"] and not answer["different"]:
            raise UndecidedError("too many combinations in " + " ".join(answer["undecided"]))
        return [
            Difference(
                d["operations"],
                [
                    Example(e["values"], _decision(e["left"]), _decision(e["right"]))
                    for e in d["examples"]
                ],
            )
            for d in answer["different"]
        ]

    def compile(self) -> bytes:
        """The bytes that the system's compiler writes for it.

        Where no witness shows what that writes, they decide the same but may be others; see
        :meth:`compile_with_reasons`.
        """
        return self.compile_with_reasons()[0]

    def compile_with_reasons(self) -> tuple[bytes, list[str]]:
        """The bytes, and each reason why they may not be the very bytes of the system."""
        try:
            return self._native.compile()
        except _native.NativeError as error:
            _raise(error)
            raise AssertionError from error  # _raise does not return


class Blob:
    """A compiled profile, or a bundle of them."""

    def __init__(self, facts: dict[str, Any], profiles: list[_native.NativeProfile]) -> None:
        #: A line for each node.
        self.nodes: list[str] = facts["nodes"]
        #: Every byte: ``start``, ``end`` and ``meaning`` of each span.
        self.spans: list[dict[str, Any]] = facts["spans"]
        #: Name (``None`` unless in a bundle) and op table of each profile.
        self.profiles: list[dict[str, Any]] = facts["profiles"]
        #: Why the bytes were read so.
        self.evidence: list[str] = facts["evidence"]
        self._profiles = profiles

    @classmethod
    def decode(cls, data: bytes, *, world: str = MACOS) -> Blob:
        """Decode bytes; raises :class:`LapbeltError` with the offset of what is damaged."""
        try:
            facts, profiles = _native.decode(data, world)
        except _native.NativeError as error:
            _raise(error)
        return cls(json.loads(facts), profiles)

    def decompile(self, index: int = 0) -> Profile:
        """A profile of it as rules that decide every request the same."""
        return Profile(self._profiles[index])
