"""Discovery of plugins through Python entry points: states, conflicts, lookup.

Discovery never raises for a fault of a plugin. A part is `ok`, `incompatible`, in `conflict`,
`broken`, or `disabled` by the user; the trouble of one part is told when that part is asked for,
and never costs another.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, Literal, TypeVar

from sr_toolkit.blame import blamed_line, in_one_line
from sr_toolkit.discovery import CORE, Offer, folded, offers, same
from sr_toolkit.errors import PluginError, UnknownNameError
from sr_toolkit.spec import KINDS, PLUGIN_API, ComponentSpec, ModelSpec

State = Literal["ok", "incompatible", "conflict", "broken", "disabled"]
SpecT = TypeVar("SpecT", ModelSpec, ComponentSpec)


@dataclass(frozen=True)
class Loaded:
    """What became of importing one entry point.

    `line` is the plugin's own line where its import failed, or ''.
    `seconds` counts torch's import in only where this was the first to import it: `brought_torch`.
    `holds_torch` says it of the module alone, whoever came first.
    """

    spec: ModelSpec | ComponentSpec | None
    state: State
    cause: str
    seconds: float
    brought_torch: bool = False
    holds_torch: bool = False
    line: str = ""


class Entry:
    """One registered part: where it comes from, and its spec once asked for."""

    def __init__(
        self, kind: str, offer: Offer, conflicts: tuple[str, ...] = (), *, disabled: bool = False
    ) -> None:
        self.kind = kind
        self.disabled = disabled
        self.name = offer.point.name
        self.distribution = offer.distribution
        self.version = offer.version
        self.value = offer.point.value
        self.conflicts = conflicts
        self._offer = offer

    @property
    def qualified(self) -> str:
        """`distribution::name`, which is never ambiguous."""
        return f"{self.distribution}::{self.name}"

    @property
    def package(self) -> str:
        """The top-level name of the package that the part comes from."""
        return self.value.partition(":")[0].partition(".")[0].strip()

    @property
    def packages(self) -> tuple[str, ...]:
        """The top-level names of the packages that the part's code is in, the spec's own first."""
        spec, named = self.loaded.spec, [self.package]
        if spec is not None:
            named += [spec.generator if isinstance(spec, ModelSpec) else spec.factory, spec.config]
        tops = (word.partition(":")[0].partition(".")[0] for word in named)
        return tuple(dict.fromkeys(top for top in tops if top))

    @functools.cached_property
    def loaded(self) -> Loaded:
        """Import the spec, once; whatever goes wrong becomes a state and a cause."""
        if self.disabled:
            enable = f"'srtk plugins enable {self.distribution}'"
            return Loaded(None, "disabled", f"disabled by the user; {enable} undoes it", 0.0)
        if self._offer.fault:
            return Loaded(None, "broken", self._offer.fault, 0.0)
        had_torch, start = "torch" in sys.modules, time.perf_counter()
        spec: Any = None
        line = ""
        try:
            spec = self._offer.point.load()
            state, cause = self._judge(spec)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may do anything at import, sys.exit included
            state, cause = "broken", in_one_line(error)
            line = blamed_line(error, [self.package]) or blamed_line(error)
        seconds = time.perf_counter() - start
        return Loaded(
            spec=spec if state == "ok" else None,
            state=state,
            cause=cause,
            seconds=seconds,
            brought_torch=not had_torch and "torch" in sys.modules,
            holds_torch=_holds_torch(self.value.partition(":")[0].strip()),
            line=line,
        )

    def _judge(self, spec: object) -> tuple[State, str]:
        wanted = ModelSpec if self.kind == "model" else ComponentSpec
        if not isinstance(spec, wanted):
            return "broken", (
                f"'{self.value}' is a {type(spec).__name__}; the group '{KINDS[self.kind]}' takes "
                f"a {wanted.__name__}"
            )
        api: Any = spec.api
        if not (isinstance(api, tuple) and [type(part) for part in api] == [int, int]):
            return "broken", f"its api is {api!r}; it takes a pair of ints such as {PLUGIN_API}"
        (major, minor), ours = api, PLUGIN_API
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
        if self.loaded.brought_torch:
            return f"slow to load: its spec imports torch ({self.loaded.seconds:.1f} s)"
        return "slow to load: its spec imports torch" if self.loaded.holds_torch else ""

    def require(self) -> ModelSpec | ComponentSpec:
        """Return the spec.

        Raises:
            PluginError: the part is broken, incompatible or disabled; the message says why.
        """
        if self.disabled:
            raise PluginError(
                f"The {self.kind} '{self.name}' of {self.distribution} is disabled; run "
                f"'srtk plugins enable {self.distribution}' first."
            )
        if self.loaded.spec is None:
            mend = (
                "upgrade the plugin or sr-toolkit"
                if self.loaded.state == "incompatible"
                else f"correct, reinstall or remove the plugin '{self.distribution}'"
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

        What the user disabled is listed, and neither imported nor offered.

        Raises:
            PluginError: with `SRTK_STRICT_PLUGINS=1`, if any part is neither `ok` nor `disabled`.
            ConfigError: the user's settings cannot be read.
        """
        from sr_toolkit.config.user import read_user_config  # here, to keep specs' imports light

        found = [offer for offer in offers() if admitted(offer.distribution)]
        registry = cls.of(found, disabled=read_user_config().disabled)
        if os.environ.get("SRTK_STRICT_PLUGINS") == "1":
            registry.refuse_trouble()
        return registry

    @classmethod
    def of(cls, found: Iterable[Offer], disabled: Collection[str] = ()) -> Registry:
        """Sort offers into entries, and tell which share a name; who is disabled has no rivals."""
        found, entries = list(found), []
        off = {folded(name) for name in disabled} - {CORE}
        for kind, group in KINDS.items():
            offered = [offer for offer in found if offer.point.group == group]
            heard = [offer for offer in offered if folded(offer.distribution) not in off]
            for offer in sorted(offered, key=lambda o: (o.point.name, o.distribution)):
                silent = folded(offer.distribution) in off
                rivals = () if silent else _rivals(offer, heard)
                entries.append(Entry(kind, offer, rivals, disabled=silent))
        return cls(entries)

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
            if entry.name == bare and (not separator or same(entry.distribution, distribution))
        ]
        if not found:
            known = self.names(kind)
            if separator:
                known = tuple(entry.qualified for entry in self.entries(kind))
            raise UnknownNameError(kind, name, known)
        found = [entry for entry in found if not entry.disabled] or found
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
        """Raise PluginError if any part is neither `ok` nor disabled, naming the first."""
        for entry in self._entries:
            if entry.state not in ("ok", "disabled"):
                raise PluginError(
                    f"SRTK_STRICT_PLUGINS=1: the {entry.kind} '{entry.name}' of "
                    f"{entry.distribution} is {entry.state}: {entry.cause}."
                )


@functools.cache
def registry() -> Registry:
    """Return the registry of this process, scanned at the first call."""
    return _stand_ins[-1] if _stand_ins else Registry.scan()


_stand_ins: list[Registry] = []


@contextlib.contextmanager
def standing_in(other: Registry) -> Iterator[Registry]:
    """Let `other` be the registry of this process for a while, as a test may want."""
    _stand_ins.append(other)
    registry.cache_clear()
    try:
        yield other
    finally:
        _stand_ins.pop()
        registry.cache_clear()


def import_object(reference: str) -> Any:
    """Import `"package.module:Object"`, the way specs name their code.

    Raises:
        PluginError: the module or the object is not there, or the import fails.
    """
    module, _, attribute = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"Cannot import '{reference}': {in_one_line(error)}. Please correct or reinstall the "
            f"plugin that names it."
        ) from error


def build(
    kind: str,
    name: str,
    config: Mapping[str, Any] | None = None,
    offered: Mapping[str, Any] | None = None,
) -> Any:
    """Build a discriminator, loss, dataset or metric by name from plain config data.

    Args:
        kind: one of `KINDS`.
        name: bare or `distribution::name`.
        config: the part's settings.
        offered: what the caller knows, such as the device; taken where the part has a setting of
            that name and `config` does not say otherwise.

    Raises:
        UnknownNameError, PluginError: as `Registry.find` and `Entry.require`.
        ConfigError: the config does not fit.
    """
    from sr_toolkit.config import validate

    spec = registry().component(kind, name)
    cls = import_object(spec.config)
    known = {field.name for field in dataclasses.fields(cls)}
    taken = {key: value for key, value in (offered or {}).items() if key in known}
    settings = validate(cls, {**taken, **(config or {})}, where=name)
    return import_object(spec.factory)(settings)


def _typed(entry: Entry, cls: type[SpecT]) -> SpecT:
    spec = entry.require()
    assert isinstance(spec, cls)  # Entry judged the type by its kind
    return spec


def admitted(distribution: str) -> bool:
    """Does `SRTK_PLUGINS` let this distribution count?"""
    limit = os.environ.get("SRTK_PLUGINS")
    if limit is None:
        return True
    return any(same(distribution, name) for name in [CORE, *limit.split(",")])


def _rivals(offer: Offer, offers: Iterable[Offer]) -> tuple[str, ...]:
    same = (o for o in offers if o.point.name == offer.point.name and o is not offer)
    return tuple(sorted(o.distribution for o in same))


def _holds_torch(module: str) -> bool:
    """Has a module torch, something of torch or a class built on torch's among its names?

    The second module that imports torch takes no time over it, and would be overlooked by a clock.
    """
    return any(
        home.partition(".")[0] == "torch"
        for thing in list(vars(sys.modules.get(module, ModuleType(module))).values())
        for home in _homes(thing)
    )


def _homes(thing: object) -> list[str]:
    if isinstance(thing, ModuleType):
        return [thing.__name__]
    if isinstance(thing, type):
        return [str(cls.__module__) for cls in thing.__mro__]
    if isinstance(thing, FunctionType):
        return [str(thing.__module__)]
    return [str(type(thing).__module__)]  # nothing is asked of the thing itself: it may do anything
