"""What spandrel offers: its architectures and their networks, by name, with their licenses.

Architectures of the package spandrel_extra_arches are there too where somebody installed it.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from spandrel import MAIN_REGISTRY, Architecture, ArchRegistry
from torch import nn

from sr_toolkit.api import ConfigError
from srtk_spandrel.names import PERMISSIVE, RESTRICTED

EXTRA = "spandrel_extra_arches"
"""The package with the architectures that may not be used for everything."""


@dataclass(frozen=True)
class Network:
    """A network: its name, spandrel's architecture, and the class with the parameters."""

    name: str
    architecture: Architecture[Any]
    cls: type[nn.Module]

    @property
    def license(self) -> str:
        """The license of the network's code."""
        if not _is_extra(self.architecture):
            return PERMISSIVE
        return RESTRICTED.get(self.architecture.id, f"terms of its own, see {EXTRA}")


@functools.cache
def architectures() -> ArchRegistry:
    """Return spandrel's registry, and that of the extra package where it is installed."""
    registry = MAIN_REGISTRY.copy()
    if has_extra():
        import spandrel_extra_arches

        registry.add(*spandrel_extra_arches.EXTRA_REGISTRY, ignore_duplicates=True)
    return registry


def has_extra() -> bool:
    """Is spandrel_extra_arches installed?"""
    return EXTRA in sys.modules or find_spec(EXTRA) is not None


@functools.cache
def networks() -> Mapping[str, Network]:
    """Return all networks by name.

    The name is the architecture's id, or that of the class where an architecture has several.
    """
    found: dict[str, Network] = {}
    for support in architectures():
        architecture = support.architecture
        classes = _classes(architecture)
        for cls in classes:
            name = cls.__name__ if len(classes) > 1 else str(architecture.id)
            found[name] = Network(name, architecture, cls)
    return found


def network(name: str) -> Network:
    """Return the network of a name, in upper or lower case.

    Raises:
        ConfigError: there is none; near names are suggested.
    """
    by_folded = {known.lower(): one for known, one in networks().items()}
    if name.lower() in by_folded:
        return by_folded[name.lower()]
    of_family = [k for k, one in networks().items() if one.architecture.id.lower() == name.lower()]
    if of_family:
        raise ConfigError(
            f"'generator.architecture': {name} has several networks; write "
            f"{' or '.join(of_family)}."
        )
    more = "" if has_extra() else f" {', '.join(RESTRICTED)} come with the package {EXTRA}."
    raise ConfigError(
        f"'generator.architecture': spandrel has no '{name}'.{nearest(name, networks())}{more}"
    )


def network_of(model: nn.Module) -> Network:
    """Return the network that a loaded model is one of."""
    return next(one for one in networks().values() if type(model) is one.cls)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what torch says to the authors of networks from the people who run them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.meshgrid: in an upcoming release", UserWarning)
        yield


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ' Did you mean …?', or all that is known."""
    folded = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.lower(), folded, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(folded[one]) for one in near)}?"
    return f" Known: {', '.join(folded.values())}."


def _classes(architecture: Architecture[Any]) -> list[type[nn.Module]]:
    """Return the networks that an architecture's module names: those that keep parameters."""
    home = vars(sys.modules[type(architecture).__module__])
    classes = [one for one in home.values() if inspect.isclass(one) and issubclass(one, nn.Module)]
    return list(dict.fromkeys(cls for cls in classes if hasattr(cls, "hyperparameters")))


def _is_extra(architecture: Architecture[Any]) -> bool:
    return type(architecture).__module__.partition(".")[0] == EXTRA
