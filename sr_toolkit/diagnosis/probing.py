"""Imports all that a distribution offers in a process of its own.

Nothing that it does reaches us: a hang, an exit or a crash costs the parts of that distribution
alone.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sr_toolkit.blame import place_inside
from sr_toolkit.registry import Entry

GRACE = 5.0
"""Seconds beyond the limit after which a process that cannot end itself is ended from outside."""


@dataclass(frozen=True)
class Part:
    """What became of one part.

    Attributes:
        kind, name: as registered.
        state: a state of the registry, or `unknown`: its turn never came.
        cause: why it is not `ok`, in one sentence, or ''.
        line: the plugin's own line that did it, or ''.
        seconds: what importing its spec took, without torch's share.
        torch: does its spec import torch?
        summary: the spec's line for listings, or ''.
        weights: published weights, each with whether its file is here.
    """

    kind: str
    name: str
    state: str = "unknown"
    cause: str = ""
    line: str = ""
    seconds: float = 0.0
    torch: bool = False
    summary: str = ""
    weights: tuple[tuple[str, bool], ...] = ()


def probe(distribution: str, entries: tuple[Entry, ...], seconds: float) -> tuple[Part, ...]:
    """Import every part's spec and code in another process.

    Args:
        distribution: whose parts `entries` are; entries that are disabled are not imported.
        entries: as the registry of this process knows them; nothing of them is imported here.
        seconds: after which the process is ended.
    """
    parts = {(entry.kind, entry.name): Part(entry.kind, entry.name) for entry in entries}
    if all(entry.disabled for entry in entries):
        return tuple(
            replace(parts[entry.kind, entry.name], state="disabled", cause=entry.loaded.cause)
            for entry in entries
        )
    with tempfile.TemporaryDirectory(prefix="srtk-doctor-") as name:
        folder = Path(name)
        status = _run(distribution, folder, seconds)
        told = _read(folder / "told")
        trouble = (folder / "errors").read_text(encoding="utf-8", errors="replace")
    begun: tuple[str, str, str] | None = None
    finished: set[tuple[str, str]] = set()
    for one in told:
        if "begun" in one:
            begun = (one["begun"][0], one["begun"][1], one["begun"][2])
        elif "kind" in one:
            key = one["kind"], one["name"]
            fields = {field: value for field, value in one.items() if field in _TOLD}
            if "weights" in one:
                fields["weights"] = tuple((w["name"], w["here"]) for w in one["weights"])
                finished.add(key)
            parts[key] = replace(parts[key], **fields)
    if not any("done" in one for one in told):
        packages = tuple(dict.fromkeys(one["package"] for one in told if "package" in one))
        ending = _ending(status, seconds, trouble)
        _blame_end(parts, finished, begun, ending, _crash_line(trouble, packages))
    for entry in entries:
        part = parts[entry.kind, entry.name]
        if part.state == "ok" and entry.conflicts:
            taken = ", ".join(entry.conflicts)
            cause = f"the name is also taken by {taken}; use '{entry.qualified}'"
            parts[entry.kind, entry.name] = replace(part, state="conflict", cause=cause)
    return tuple(parts.values())


_TOLD = {"state", "cause", "line", "seconds", "torch", "summary"}


def _run(distribution: str, folder: Path, seconds: float) -> int | None:
    """Run the probe; return its exit status, None where it had to be ended from outside."""
    # The same places in the same order as here, and nothing of the current folder.
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-P", "-X", "faulthandler", "-m", "sr_toolkit.diagnosis.probe"]
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [*command, distribution, str(folder / "told"), str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )
        try:
            return process.wait(seconds + GRACE)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
        process.wait()


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    told = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):  # the last line may be cut
            told.append(json.loads(line))
    return told


def _ending(status: int | None, seconds: float, trouble: str) -> str:
    """Say how the process ended; faulthandler's watch writes 'Timeout' before it ends it."""
    if status is None or "Timeout (" in trouble:
        return f"did not come back within {seconds:g} s"
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"crashed the process ({signal.Signals(-status).name})"
    return f"ended the process with status {status}"


def _blame_end(
    parts: dict[tuple[str, str], Part],
    finished: set[tuple[str, str]],
    begun: tuple[str, str, str] | None,
    ending: str,
    line: str,
) -> None:
    """Put the end of the process down to the part whose turn it was; the rest stays unknown."""
    kind, name, what = begun or ("", "", "")
    for key, part in parts.items():
        if begun is None:  # not even the first part was reached
            parts[key] = replace(part, cause=f"the check itself {ending}", line=line)
        elif key == (kind, name):
            told = "the import of its spec" if what == "spec" else f"the import of its {what}"
            parts[key] = replace(part, state="broken", cause=f"{told} {ending}", line=line)
        elif key not in finished and part.state in ("unknown", "ok"):
            cause = f"not reached, as the {kind} '{name}' {ending}"
            parts[key] = replace(part, state="unknown", cause=cause)


def _crash_line(trouble: str, packages: tuple[str, ...]) -> str:
    """Return the innermost line of these packages in faulthandler's account, or ''."""
    for file, number in re.findall(r'File "([^"]+)", line (\d+)', trouble):
        if packages and (place := place_inside(Path(file), packages)):
            text = linecache.getline(file, int(number)).strip()
            return f"{place}, line {number}" + (f": {text}" if text else "")
    return ""
