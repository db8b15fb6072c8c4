"""A check: one thing that a part must do, why it matters to a user, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

Body = TypeVar("Body", bound=Callable[[Any], None])


class Unmet(Exception):  # noqa: N818 - it is what was seen, not a fault of the kit
    """What a check found instead of what it expected.

    Attributes:
        expected, received: in words, with the numbers.
        mend: what to do about this finding, where that is more exact than the check's own advice.
    """

    def __init__(self, expected: str, received: str, mend: str = "") -> None:
        self.expected, self.received, self.mend = expected, received, mend
        super().__init__(f"expected {expected}; received {received}")


class NotHere(Exception):  # noqa: N818 - no fault either
    """Why a check says nothing here: a package, weights or data are missing."""


class NothingToCheck(Exception):  # noqa: N818 - as above
    """Why a check is no matter of this part: it declares nothing of the kind."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: what `--only` and expected failures call it.
        kinds: the kinds of part that it is for.
        what: what holds where it passes, in one sentence.
        why: what a user would suffer where it does not.
        mend: what the author does about it.
        body: takes the part, returns nothing, raises `Unmet`, `NotHere` or `NothingToCheck`.
        family: of losses, `image` or `adversarial`, where it is for these alone.
    """

    name: str
    kinds: tuple[str, ...]
    what: str
    why: str
    mend: str
    body: Callable[[Any], None]
    family: str = ""


def check(
    *kinds: str, why: str, mend: str, into: list[Check], family: str = ""
) -> Callable[[Body], Body]:
    """Make a function a check of the given kinds; its docstring is what it says.

    Args:
        kinds: of `sr_toolkit.spec.KINDS`.
        why: what a user would suffer, one sentence.
        mend: what to do, one sentence.
        into: the list that it joins, in the order of writing.
        family: see `Check`.
    """

    def decorate(function: Body) -> Body:
        what = " ".join((function.__doc__ or "").split())
        into.append(Check(function.__name__, kinds, what, why, mend, function, family))
        return function

    return decorate


def expect(holds: bool, expected: str, received: object, mend: str = "") -> None:
    """Raise `Unmet` unless `holds`."""
    if not holds:
        raise Unmet(expected, str(received), mend)


def unmet(expected: str, received: object, mend: str = "") -> NoReturn:
    """Raise `Unmet`."""
    raise Unmet(expected, str(received), mend)
