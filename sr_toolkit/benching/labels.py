"""Names that tell rows apart: in the table, in the CSV, and as folders of saved images."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Sequence

from sr_toolkit.upscaling.locate import Located


def unique_labels(located: Sequence[Located]) -> list[Located]:
    """Return the models with labels that tell them apart.

    A label that is there twice gets the name of its folder before it, `a/srgan:psnr`, and as many
    folders above as it takes.
    """
    groups: dict[str, list[Located]] = {}
    for one in located:
        groups.setdefault(one.label, []).append(one)
    labels = [
        one.label if len(groups[one.label]) == 1 else _told_apart(one, groups[one.label])
        for one in located
    ]
    pairs = zip(located, numbered(labels, " ({})".format), strict=True)
    return [dataclasses.replace(one, label=label) for one, label in pairs]


def _told_apart(one: Located, group: Sequence[Located]) -> str:
    parts = _parts(one)
    others = [_parts(other) for other in group if other is not one]
    for depth in range(1, len(parts) + 1):
        if all(parts[-depth:] != other[-depth:] for other in others):
            return "/".join([*parts[-depth:], one.label])
    return "/".join([*parts[-1:], one.label])


def _parts(one: Located) -> tuple[str, ...]:
    return one.home.parts[1:] if one.home else ()  # without the root, which is no name


def numbered(words: Sequence[str], ending: Callable[[int], str]) -> list[str]:
    """Return the words, each that was there before (in whatever case) with a number from 2 on."""
    found: list[str] = []
    taken: set[str] = set()
    for word in words:
        tries = itertools.chain([word], (word + ending(number) for number in itertools.count(2)))
        free = next(text for text in tries if text.casefold() not in taken)
        taken.add(free.casefold())
        found.append(free)
    return found


def folder_names(labels: Sequence[str]) -> list[str]:
    """Return a folder's name for each label, unique also where capitals do not count."""
    return numbered([safe(label) for label in labels], "-{}".format)


def safe(text: str) -> str:
    """Return `text` with only characters that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-.") or "model"
