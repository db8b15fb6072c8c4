"""Votes as a file: what was compared, and each answer. Merging files of several people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sr_toolkit.benching.result import ImageFacts
from sr_toolkit.config import option, plain, validate
from sr_toolkit.errors import ConfigError, DataError
from sr_toolkit.files import write_text
from sr_toolkit.voting.pairs import Key, Pair, Place

SCHEMA = 1
"""The version of votes.json; a reader refuses another."""

Answer = Literal["left", "right", "none"]


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One of the models that are compared; `hr` is the ground truth."""

    label: str = option(help="Its name in the votes.")
    weights_sha256: str = option("", help="Of the checkpoint; '' for a fixed method and for hr.")
    sr_sha256: tuple[str, ...] = option(help="Of each image's pixels; '' where it has none.")


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One answer."""

    image: str = option(help="The image's label.")
    x: int = option(help="Left edge of the crop, in pixels of HR.")
    y: int = option(help="Upper edge of the crop.")
    width: int = option(help="Of the crop.")
    height: int = option(help="Of the crop.")
    left: str = option(help="The model shown on the left.")
    right: str = option(help="The model shown on the right.")
    repeat: bool = option(False, help="Shown again with sides swapped, to measure consistency?")
    answer: Answer = option(help="left, right or none: which one looks better.")
    milliseconds: int = option(help="From both crops being shown to the answer.")
    when: str = option(help="When, in UTC.")
    person: str = option("", help="Who judged; may be empty.")
    seed: int = option(0, help="That pairs, places, order and sides were drawn with.")

    @property
    def pair(self) -> Pair:
        """What was asked."""
        place = Place(self.x, self.y, self.width, self.height)
        return Pair(self.image, place, self.left, self.right, self.repeat)

    @property
    def key(self) -> tuple[str, Key]:
        """Person and question."""
        return (self.person, self.pair.key)

    @property
    def preferred(self) -> str:
        """The label of the better one, '' where there is no difference."""
        return {"left": self.left, "right": self.right}.get(self.answer, "")


@dataclass(frozen=True, kw_only=True)
class Votes:
    """What votes.json holds."""

    dataset: str = option(help="Its name.")
    dataset_fingerprint: str = option(help="A hash of all that the set holds.")
    scale: int = option(help="The scale.")
    lr: str = option(help="Where LR came from.")
    images: tuple[ImageFacts, ...] = option(help="The set's images, in order.")
    models: tuple[Contestant, ...] = option(help="What was compared.")
    votes: tuple[Vote, ...] = option((), help="The answers, in order.")
    schema: int = option(SCHEMA, help="The version of this form.")

    @property
    def labels(self) -> list[str]:
        """The models' labels, in order."""
        return [model.label for model in self.models]

    def to_json(self) -> str:
        """Return votes.json."""
        data = {"schema": self.schema, **plain(self)}
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"

    def save(self, path: Path, *, overwrite: bool = True) -> None:
        """Write the file; it is whole or as it was.

        Raises:
            OutputError: it exists, or cannot be written.
        """
        write_text(path, self.to_json(), overwrite=overwrite)


def read_votes(path: Path) -> Votes:
    """Read votes.json.

    Raises:
        DataError: absent, no JSON, not ours, of another form, or damaged.
    """
    if not path.is_file():
        raise DataError(f"There is no file of votes at '{path}'; 'srtk vote' writes one.")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"Cannot read '{path}': {error}.") from None
    if not isinstance(data, dict) or "votes" not in data or "schema" not in data:
        raise DataError(f"'{path}' is no votes.json of srtk vote; give the file that it wrote.")
    if data["schema"] != SCHEMA:
        raise DataError(
            f"'{path}' has form {data['schema']}, this srtk reads form {SCHEMA}; take the srtk "
            f"that wrote it."
        )
    try:
        votes = validate(Votes, data)
    except (ConfigError, TypeError, AttributeError) as error:
        raise DataError(f"'{path}' is damaged: {error}") from None
    _check(votes, path)
    return votes


def _check(votes: Votes, path: Path) -> None:
    """Refuse what the types allow and the meaning does not."""
    labels = votes.labels
    if len(set(labels)) != len(labels):
        raise DataError(f"'{path}' is damaged: a model stands in it twice.")
    if any(len(model.sr_sha256) != len(votes.images) for model in votes.models):
        raise DataError(f"'{path}' is damaged: a model does not have one hash for each image.")
    images = {image.label for image in votes.images}
    for vote in votes.votes:
        both = {vote.left, vote.right}
        if vote.image not in images or len(both) != 2 or not both <= set(labels):
            raise DataError(
                f"'{path}' is damaged: a vote on '{vote.image}' between '{vote.left}' and "
                f"'{vote.right}' does not fit its images and models."
            )


def refuse_other(
    first: Votes,
    second: Votes,
    names: Sequence[Any],
    advice: str = "votes go together only where the very same pictures were compared.",
) -> None:
    """Raise DataError unless both are votes on the same pictures; it says what differs.

    Args:
        first: votes.
        second: other votes.
        names: what to call the two.
        advice: what to do.
    """
    both = f"'{names[0]}' and '{names[1]}'"
    for what, one, other in (
        ("dataset", first.dataset, second.dataset),
        ("scale", first.scale, second.scale),
        ("LR", first.lr, second.lr),
    ):
        if one != other:
            raise DataError(f"{both} differ in the {what}, {one} and {other}; {advice}")
    if first.images != second.images:
        raise DataError(f"{both} have other images of '{first.dataset}'; {advice}")
    theirs = {model.label: model for model in second.models}
    if set(theirs) != set(first.labels):
        odd = sorted(set(theirs) ^ set(first.labels))
        raise DataError(f"{both} compare other models, '{odd[0]}' is in one alone; {advice}")
    for model in first.models:
        if model.sr_sha256 != theirs[model.label].sr_sha256:
            raise DataError(f"{both} have other pictures of '{model.label}'; {advice}")


def merge(votes: Sequence[Votes], names: Sequence[Any]) -> Votes:
    """Return the votes of all, each once, in the order of time.

    Args:
        votes: at least one.
        names: what to call each in an error.

    Raises:
        DataError: they are not on the same pictures, or one person judged a pair twice.
    """
    first = votes[0]
    found: dict[Any, tuple[Vote, Any]] = {}
    for one, name in zip(votes, names, strict=True):
        refuse_other(first, one, (names[0], name))
        for vote in one.votes:
            before, where = found.setdefault(vote.key, (vote, name))
            if before != vote:
                who = f"'{vote.person}'" if vote.person else "A person without a name"
                raise DataError(
                    f"{who} judged a pair of '{vote.image}' twice, in '{where}' and '{name}'; if "
                    f"these are two people, give each a name as 'person' in their file."
                )
    ordered = sorted((vote for vote, _ in found.values()), key=lambda vote: vote.when)
    return replace(first, votes=tuple(ordered))
