"""The one family of errors: each says what was wrong, the value received, and what to do next.

Anything that a user can cause is raised as a `SrtkError`; the command line prints its sentence on
stderr and exits with 1. Any other exception is a fault of ours, or of a plugin.
"""

from __future__ import annotations

from collections.abc import Iterable


class SrtkError(Exception):
    """Base of every error that toolkit users can cause and mend."""


class UnknownNameError(SrtkError):
    """A name that nothing is registered under; the message suggests near ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        super().__init__(
            f"Unknown {kind} '{name}'.{suggest(name, self.known)}" + (f" {hint}" if hint else "")
        )


class PluginError(SrtkError):
    """A plugin that cannot be used: broken, incompatible, or in conflict with another."""


class ConfigError(SrtkError):
    """A configuration key or value that does not fit its schema."""


class ScaleError(ConfigError):
    """A scale that a model does not serve."""


class DataError(SrtkError):
    """A dataset that is absent, empty, or unfit for what was asked of it."""


class ImageError(SrtkError):
    """An image that cannot be read, written or processed."""


class OutputError(SrtkError):
    """An output that cannot be written: it exists, or the folder or disk refuses."""


class CheckpointError(SrtkError):
    """A checkpoint that is damaged, foreign, or made by another model."""


class WeightsError(SrtkError):
    """Pretrained weights that a part needs and that were not found, or do not fit."""


class HubError(SrtkError):
    """A repository of the hub that is absent, closed, damaged, or holds no weights for us."""


class ExportError(SrtkError):
    """A model that cannot be exported, or whose exported file gives something else."""


class HardwareError(SrtkError):
    """A device or precision that this machine does not offer."""


class TrainingError(SrtkError):
    """A training that cannot begin or go on."""


class StoppedError(SrtkError):
    """Something long was stopped from outside, its state saved; no fault, and exit status 130."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean …?' for near names, else ' Known: …', else nothing.

    Nothing is ever looked up by guess; the suggestion is for people.
    """
    import difflib  # only here: the command line's help does without

    known = list(known)
    folded = {word.lower(): word for word in known}
    near = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)
    near = [folded[word] for word in near]
    if near:
        return f" Did you mean {' or '.join(repr(n) for n in near)}?"
    if known:
        return f" Known: {', '.join(known)}."
    return ""
