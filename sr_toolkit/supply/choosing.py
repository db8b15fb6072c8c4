"""Which pieces of a set are meant, and which images a limit leaves.

A limited set is a set of its own: `DIV2K/DIV2K_train_HR-limit20`. No dataset but `folder:PATH`
looks for such a name, so that it can never pass for the whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Sequence

from sr_toolkit.catalog.records import Entry, Piece
from sr_toolkit.errors import DataError

SEED = 0


def choose_pieces(
    entry: Entry, *, part: str = "", scales: Sequence[int] = (), limit: int | None = None
) -> tuple[Piece, ...]:
    """Return the HR pieces of a set (of one part, if named), and its LR at `scales`.

    Raises:
        DataError: it has no such part or scale, or `limit` leaves nothing out.
    """
    if part and part not in entry.parts:
        parts = " and ".join(entry.parts)
        raise DataError(
            f"The set '{entry.name}' has no part '{part}'; it has "
            f"{f'the parts {parts}' if parts else 'no parts, so leave it out'}."
        )
    if missing := [scale for scale in scales if scale not in entry.scales]:
        known = ", ".join(f"×{scale}" for scale in entry.scales)
        raise DataError(
            f"The set '{entry.name}' has no LR of its own at ×{missing[0]}"
            f"{f' (it has {known})' if known else ''}; leave --scales out: LR is made of HR."
        )
    chosen = tuple(
        piece
        for piece in entry.pieces
        if part in ("", piece.part) and (piece.scale is None or piece.scale in scales)
    )
    return chosen if limit is None else tuple(_limited(chosen, entry, limit))


def limited_home(home: str, limit: int) -> str:
    """Return the folder of a limited piece: `Set5/HR` becomes `Set5-limit2/HR`.

    The suffix goes to the folder by whose name the whole would be found.
    """
    parts = home.split("/")
    place = 0 if len(parts) == 1 or parts[1] in ("HR", "LR_bicubic") else 1
    parts[place] += f"-limit{limit}"
    return "/".join(parts)


def ranked(labels: Iterable[str]) -> list[str]:
    """Return labels in the seeded order of which a limit takes the first ones.

    The order hangs on the labels alone: it is the same on every machine, a smaller limit is a
    subset of a larger one, and HR and LR of an image are taken together.
    """
    return sorted(labels, key=lambda label: hashlib.sha256(f"{SEED}:{label}".encode()).digest())


def label_of(path: str, scale: int | None) -> str:
    """Return an image's label: its path without suffix, and without the `x2` of an LR."""
    stem = re.sub(r"\.[^./]+$", "", path)
    return stem if scale is None else re.sub(rf"[xX]{scale}$", "", stem)


def _limited(pieces: Sequence[Piece], entry: Entry, limit: int) -> Iterable[Piece]:
    if limit < 1:
        raise DataError(f"--limit takes 1 or more images, not {limit}.")
    largest = max((piece.count or 0 for piece in pieces), default=0)
    if limit >= largest:
        raise DataError(
            f"--limit {limit} leaves nothing out of '{entry.name}', whose largest part has "
            f"{largest} images; leave --limit out."
        )
    for piece in pieces:
        yield dataclasses.replace(
            piece,
            folders=(limited_home(piece.home, limit),),
            count=min(limit, piece.count or limit),
        )
