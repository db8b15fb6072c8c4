"""Discovery of plugins through Python entry points: states, conflicts, lookup.

Discovery never raises. A part is `ok`, `incompatible`, in `conflict` or `broken`; the trouble of
one part is told when that part is asked for, and never costs another.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeVar

from sr_toolkit.errors import PluginError, UnknownNameError
from sr_toolkit.spec import KINDS, PLUGIN_API, ComponentSpec, ModelSpec

State = Literal["ok", "incompatible", "conflict", "broken"]
CORE = "sr-toolkit"
"""Our own distribution: its parts come through the same door, and always load."""

SpecT = TypeVar("SpecT", ModelSpec, ComponentSpec)


@dataclass(frozen=True)
class Loaded:
    """What became of importing one entry point."""

    spec: ModelSpec | ComponentSpec | None
    state: State
    cause: str
    seconds: float
    imported_torch: bool


class Entry:
    """One registered part: where it comes from, and its spec once asked for."""

    def __init__(self, kind: str, point: EntryPoint, conflicts: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.name = point.name
        self.distribution = point.dist.name if point.dist else "unknown"
        self.version = point.dist.version if point.dist else "0"
        self.value = point.value
        self.conflicts = conflicts
        self._point = point

    @property
    def qualified(self) -> str:
        """`distribution::name`, which is never ambiguous."""
        return f"{self.distribution}::{self.name}"

    @functools.cached_property
    def loaded(self) -> Loaded:
        """Import the spec, once; whatever goes wrong becomes a state and a cause."""
        had_torch, start = "torch" in sys.modules, time.perf_counter()
        spec: Any = None
        try:
            spec = self._point.load()
            state, cause = self._judge(spec)
        except (Exception, SystemExit) as error:  # a plugin may do anything at import
            state, cause = "broken", f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - start
        imported_torch = not had_torch and "torch" in sys.modules
        return Loaded(spec if state == "ok" else None, state, cause, seconds, imported_torch)

    def _judge(self, spec: object) -> tuple[State, str]:
        wanted = ModelSpec if self.kind == "model" else ComponentSpec
        if not isinstance(spec, wanted):
            return "broken", (
                f"'{self.value}' is a {type(spec).__name__}; the group '{KINDS[self.kind]}' takes "
                f"a {wanted.__name__}"
            )
        (major, minor), ours = spec.api, PLUGIN_API
        if major != ours[0] or minor > ours[1]:
            return "incompatible", (
                f"written for plugin API {major}.{minor}; this sr-toolkit offers "
                f"{ours[0]}.{ours[1]}"
            )
        return "ok", ""

    @property
    def state(self) -> State:
        """The part's state; `conflict` where it is sound but another shares its name."""
        own = self.loaded.state
        return "conflict" if own == "ok" and self.conflicts else own

    @property
    def cause(self) -> str:
        """Why the state is not `ok`, in one sentence, or an empty string."""
        if self.state == "conflict":
            return f"the name is also taken by {', '.join(self.conflicts)}; use '{self.qualified}'"
        return self.loaded.cause

    @property
    def note(self) -> str:
        """A remark on a sound part: a spec that imports torch delays every listing."""
        if self.loaded.imported_torch:
            return f"slow to load: its spec imports torch ({self.loaded.seconds:.1f} s)"
        return ""

    def require(self) -> ModelSpec | ComponentSpec:
        """Return the spec.

        Raises:
            PluginError: the part is broken or incompatible; the cause is in the message.
        """
        if self.loaded.spec is None:
            mend = (
                "upgrade the plugin or sr-toolkit"
                if self.loaded.state == "incompatible"
                else f"reinstall or remove the plugin '{self.distribution}'"
            )
            raise PluginError(
                f"The {self.kind} '{self.name}' of {self.distribution} {self.version} is "
                f"{self.loaded.state}: {self.loaded.cause}. Please {mend}."
            )
        return self.loaded.spec


class Registry:
    """All parts that installed distributions offer."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)

    @classmethod
    def scan(cls) -> Registry:
        """Read the entry points of every installed distribution; nothing is imported.

        `SRTK_PLUGINS` limits which distributions count (comma list; `none`); ours always does.

        Raises:
            PluginError: with `SRTK_STRICT_PLUGINS=1`, if any part is not `ok`.
        """
        entries: list[Entry] = []
        for kind, group in KINDS.items():
            points = [p for p in entry_points(group=group) if _admitted(p)]
            counts = Counter(point.name for point in points)
            for point in sorted(points, key=lambda p: (p.name, p.dist.name if p.dist else "")):
                rivals = () if counts[point.name] == 1 else _rivals(point, points)
                entries.append(Entry(kind, point, rivals))
        registry = cls(entries)
        if os.environ.get("SRTK_STRICT_PLUGINS") == "1":
            registry.refuse_trouble()
        return registry

    def entries(self, kind: str | None = None) -> tuple[Entry, ...]:
        """Return the entries of one kind, or all, sorted by kind and name."""
        return tuple(entry for entry in self._entries if kind in (None, entry.kind))

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the bare names of one kind, each once."""
        return tuple(dict.fromkeys(entry.name for entry in self.entries(kind)))

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry named `name` or `distribution::name`.

        Raises:
            UnknownNameError: no such name; near ones are suggested.
            PluginError: two distributions offer the bare name.
        """
        distribution, separator, bare = name.rpartition("::")
        found = [
            entry
            for entry in self.entries(kind)
            if entry.name == bare and (not separator or _same(entry.distribution, distribution))
        ]
        if not found:
            known = self.names(kind)
            if separator:
                known = tuple(entry.qualified for entry in self.entries(kind))
            raise UnknownNameError(kind, name, known)
        if len(found) > 1:
            choices = " or ".join(f"'{entry.qualified}'" for entry in found)
            raise PluginError(
                f"The {kind} name '{name}' is offered by {len(found)} distributions; "
                f"write {choices}."
            )
        return found[0]

    def model(self, name: str) -> ModelSpec:
        """Return the spec of a model; errors as `find` and `Entry.require`."""
        return _typed(self.find("model", name), ModelSpec)

    def component(self, kind: str, name: str) -> ComponentSpec:
        """Return the spec of a discriminator, loss, dataset or metric; errors likewise."""
        return _typed(self.find(kind, name), ComponentSpec)

    def refuse_trouble(self) -> None:
        """Raise PluginError if any part is not `ok`, naming the first."""
        for entry in self._entries:
            if entry.state != "ok":
                raise PluginError(
                    f"SRTK_STRICT_PLUGINS=1: the {entry.kind} '{entry.name}' of "
                    f"{entry.distribution} is {entry.state}: {entry.cause}."
                )


@functools.cache
def registry() -> Registry:
    """Return the registry of this process, scanned at the first call."""
    return Registry.scan()


def import_object(reference: str) -> Any:
    """Import `"package.module:Object"`, the way specs name their code.

    Raises:
        PluginError: the module or the object is not there, or the import fails.
    """
    module, _, attribute = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception as error:
        raise PluginError(
            f"Cannot import '{reference}': {type(error).__name__}: {error}. Please reinstall the "
            f"plugin that names it."
        ) from error


def build(kind: str, name: str, config: dict[str, Any] | None = None) -> Any:
    """Build a discriminator, loss, dataset or metric by name from plain config data.

    Raises:
        UnknownNameError, PluginError: as `Registry.find` and `Entry.require`.
        ConfigError: the config does not fit.
    """
    from sr_toolkit.config import validate

    spec = registry().component(kind, name)
    settings = validate(import_object(spec.config), config or {}, where=name)
    return import_object(spec.factory)(settings)


def _typed(entry: Entry, cls: type[SpecT]) -> SpecT:
    spec = entry.require()
    assert isinstance(spec, cls)  # Entry judged the type by its kind
    return spec


def _admitted(point: EntryPoint) -> bool:
    limit = os.environ.get("SRTK_PLUGINS")
    if limit is None or point.dist is None:
        return True
    allowed = [CORE, *(word.strip() for word in limit.split(","))]
    return any(_same(point.dist.name, name) for name in allowed)


def _same(one: str, other: str) -> bool:
    """Compare distribution names as installers do: case, `-`, `_` and `.` do not count."""
    folded = [name.lower().replace("_", "-").replace(".", "-") for name in (one, other)]
    return folded[0] == folded[1]


def _rivals(point: EntryPoint, points: Iterable[EntryPoint]) -> tuple[str, ...]:
    return tuple(
        sorted(p.dist.name for p in points if p.name == point.name and p.dist and p is not point)
    )
