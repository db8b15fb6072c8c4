"""From references such as `div2k` to what has to be fetched before they can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.catalog.records import Entry
from sr_toolkit.supply.choosing import choose_pieces
from sr_toolkit.supply.console import reporting
from sr_toolkit.supply.pulling import Pull, Wish
from sr_toolkit.supply.shelf import find_piece


def pull_missing(
    references: Iterable[str],
    roots: Sequence[Path],
    root_for_new: Path,
    quiet: bool = False,
    *,
    for_training: bool = False,
    scales: Sequence[int] = (),
) -> list[Path]:
    """Fetch the sets of the catalog among `references` that are not below `roots`.

    Args:
        references: as `--data` and `--dataset` take them; what the catalog does not know, such as
            `sample` or `folder:PATH`, is left alone.
        roots: where sets are looked for.
        root_for_new: the data root that takes what is fetched.
        quiet: show nothing.
        for_training: are both parts of a set that has parts wanted? Else its validation part.
        scales: of the sets' own LR that is wanted too, where a set has some.

    Returns:
        The folders that were fetched.

    Raises:
        DataError: a set that may not be fetched, or that no server gave as it should be.
        OutputError: the disk refuses, or is too small.
    """
    wishes = [
        wish
        for reference in dict.fromkeys(references)
        for wish in _missing(reference, roots, for_training, scales)
    ]
    if not wishes:
        return []
    with reporting(quiet) as reporter:
        return Pull(root=root_for_new, roots=roots, reporter=reporter).run(wishes)


def _missing(
    reference: str, roots: Sequence[Path], for_training: bool, scales: Sequence[int]
) -> list[Wish]:
    name, _, part = reference.partition(":")
    entry = CATALOG.get(name)
    if entry is None or (part and part not in entry.parts):
        return []  # another kind of set, or a mistake that opening it will name
    return [
        Wish(entry=entry, part=one, scales=own)
        for one in _parts(entry, part, for_training)
        for own in [tuple(scale for scale in scales if scale in entry.scales)]
        if any(
            find_piece(piece, roots) is None for piece in choose_pieces(entry, part=one, scales=own)
        )
    ]


def _parts(entry: Entry, part: str, for_training: bool) -> Sequence[str]:
    if part or not entry.parts:
        return (part,)
    if not for_training and "valid" in entry.parts:
        return ("valid",)
    return entry.parts
