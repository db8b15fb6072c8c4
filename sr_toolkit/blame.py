"""Whose line raised: an exception in one line, with the place in somebody else's code."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from pathlib import Path

_OURS = Path(__file__).parent
_STANDARD = Path(os.__file__).parent


def in_one_line(error: BaseException) -> str:
    """Return an exception's name and message, fit for a table's cell and a sentence's middle."""
    message = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def blamed_line(error: BaseException, packages: Iterable[str] = ()) -> str:
    """Return the innermost line of a plugin that an exception came through, or ''.

    Args:
        error: as it was caught.
        packages: top-level names of the plugin's packages; none: any code that is neither ours nor
            Python's own.

    Returns:
        As `srtk_acme/plugin.py, line 3: import tensorflow`.
    """
    tops = tuple(packages)
    if error.__cause__ is not None and (deeper := blamed_line(error.__cause__, tops)):
        return deeper
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        place = place_inside(path, tops)
        if place:
            found = f"{place}, line {frame.lineno}" + (f": {frame.line}" if frame.line else "")
    if isinstance(error, SyntaxError) and error.filename:  # of it there is no frame
        place = place_inside(Path(error.filename), tops)
        text = (error.text or "").strip()
        if place:
            found = f"{place}, line {error.lineno}" + (f": {text}" if text else "")
    return found


def place_inside(path: Path, tops: tuple[str, ...] = ()) -> str:
    """Return a path from the plugin's top-level package on, or '' for others' code."""
    if tops:
        for top in tops:
            if top in path.parts:
                start = len(path.parts) - 1 - path.parts[::-1].index(top)
                return Path(*path.parts[start:]).as_posix()
            if path.name == f"{top}.py":
                return path.name
        return ""
    known = path.is_relative_to(_OURS) or (
        path.is_relative_to(_STANDARD) and "site-packages" not in path.parts
    )
    return "" if known or path.name.startswith("<") else "/".join(path.parts[-2:])
