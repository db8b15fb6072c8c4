"""Names that go away: said for at least one minor of the plugin API before they do."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass


class SrtkDeprecationWarning(FutureWarning):
    """A name of ours that goes away; a FutureWarning, since Python hides DeprecationWarnings."""


@dataclass(frozen=True)
class Renamed:
    """What became of a name of `sr_toolkit.api`.

    Attributes:
        since: the plugin API that had the new name first, as `1.2`.
        removed_in: the one that has the old name no more, as `2.0`.
        instead: the new name, of the same module.
    """

    since: str
    removed_in: str
    instead: str

    def __post_init__(self) -> None:
        """Refuse what would give plugins no time: a name leaves with a major alone."""
        if not (_pair(self.since) < _pair(self.removed_in) and _pair(self.removed_in)[1] == 0):
            raise ValueError(
                f"a name goes away in a later major such as 2.0, received since {self.since}, "
                f"removed in {self.removed_in}"
            )


def deprecated(name: str, since: str, removed_in: str, instead: str, *, depth: int = 2) -> None:
    """Warn that `name` goes away.

    Args:
        name: as its users write it.
        since: the plugin API that has `instead`, as `1.2`.
        removed_in: the plugin API that will not have `name` any more.
        instead: what to write.
        depth: frames above this one whose line is shown; 2: the caller of the caller.
    """
    warnings.warn(
        f"'{name}' is deprecated since plugin API {since} and goes away with {removed_in}; write "
        f"'{instead}'.",
        SrtkDeprecationWarning,
        stacklevel=depth + 1,
    )


def _pair(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\.(\d+)", text)
    if found is None:
        raise ValueError(f"a plugin API is written as 1.2, received '{text}'")
    return int(found[1]), int(found[2])
