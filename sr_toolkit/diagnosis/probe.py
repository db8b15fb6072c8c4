"""Runs in a process of its own: import all that one distribution offers, and write what came of it.

    python -P -X faulthandler -m sr_toolkit.diagnosis.probe DISTRIBUTION FILE SECONDS

One line of JSON is written before each part and one after it, so that whoever waits knows where the
process ended, whatever a plugin does at import.
"""

from __future__ import annotations

import faulthandler
import importlib.abc
import importlib.machinery
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from sr_toolkit.blame import blamed_line, in_one_line
from sr_toolkit.discovery import offers, same
from sr_toolkit.registry import Entry, Registry, import_object
from sr_toolkit.spec import ModelSpec

CODE = ("config", "generator", "factory", "read_keys", "write_keys", "grow_onto", "examples")
"""Fields of specs that name code."""


class TorchClock(importlib.abc.MetaPathFinder):
    """Counts the seconds that torch's own import takes, which is nobody's fault."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find torch as usual, with a clock around its execution; leave all else to others."""
        if fullname != "torch":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def timed(module: ModuleType) -> None:
                start = time.perf_counter()
                try:
                    execute(module)
                finally:
                    self.seconds += time.perf_counter() - start

            spec.loader.exec_module = timed  # type: ignore[method-assign]
        return spec


def main(distribution: str, file: str, seconds: str) -> None:
    """Import every part of a distribution, spec first and then its code."""
    with Path(file).open("w", encoding="utf-8") as out:
        faulthandler.dump_traceback_later(float(seconds), exit=True)
        found = [offer for offer in offers() if same(offer.distribution, distribution)]
        clock = TorchClock()
        sys.meta_path.insert(0, clock)
        entries = Registry.of(found).entries()
        for entry in entries:  # specs before any code, which would import torch for the next spec
            _say(out, begun=[entry.kind, entry.name, "spec"], package=entry.package)
            before = clock.seconds
            loaded = entry.loaded
            _say(
                out,
                kind=entry.kind,
                name=entry.name,
                state=loaded.state,
                cause=loaded.cause,
                line=loaded.line,
                seconds=round(loaded.seconds - (clock.seconds - before), 4),
                torch=loaded.holds_torch or loaded.brought_torch,
                summary=loaded.spec.summary if loaded.spec else "",
            )
        for entry in entries:
            if entry.loaded.spec is not None:
                _code(entry, out)
        _say(out, done=True)


def _code(entry: Entry, out: TextIO) -> None:
    """Import what a spec names by string."""
    spec = entry.require()
    for field, reference in _references(spec):
        package = reference.partition(":")[0].partition(".")[0]
        _say(out, begun=[entry.kind, entry.name, f"{field} '{reference}'"], package=package)
        try:
            import_object(reference)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            cause = error.__cause__ or error
            line = blamed_line(error, {entry.package, package}) or blamed_line(error)
            _say(
                out,
                kind=entry.kind,
                name=entry.name,
                state="broken",
                cause=f"its {field} '{reference}' cannot be imported, {in_one_line(cause)}",
                line=line,
            )
            return
    weights = []
    if isinstance(spec, ModelSpec):
        home = _folder(spec.generator)
        weights = [
            {"name": one.name, "here": (home / one.source).is_file()} for one in spec.weights
        ]
    _say(out, kind=entry.kind, name=entry.name, state="ok", weights=weights)


def _references(spec: Any) -> list[tuple[str, str]]:
    named = [(field, getattr(spec, field, "")) for field in CODE]
    recipes = getattr(spec, "recipes", {})
    named += [(f"recipe {preset}", reference) for preset, reference in recipes.items()]
    return [(field, reference) for field, reference in named if reference]


def _folder(reference: str) -> Path:
    """Return the folder of the package whose code a reference names."""
    package = sys.modules[reference.partition(":")[0].partition(".")[0]]
    return Path(str(package.__file__)).parent


def _say(out: TextIO, **told: Any) -> None:
    out.write(json.dumps(told) + "\n")
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
