"""What votes say: strengths, wins, and how far the people who judged can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sr_toolkit.errors import DataError
from sr_toolkit.voting.strengths import ELO, Float, reachable, strengths
from sr_toolkit.voting.votes import Vote, Votes

REFERENCE = "bicubic"
FEW = 10
"""Below so many persons × images intervals come out too short, and the report says so."""


@dataclass(frozen=True)
class Share:
    """So many of so many, with the 95 % interval of Wilson (JASA 1927).

    Attributes:
        count: so many.
        of: of so many.
        share: their quotient; None of none.
        interval: of it; None of none.
    """

    count: float
    of: int
    share: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Standing:
    """One model.

    Attributes:
        model: its label.
        won, lost, tied: votes, repeats apart.
        elo: points above the reference; 400 are odds of ten to one.
        elo_interval: 95 %; an end is infinite where the votes give no bound.
        chance: to be preferred to the reference.
        chance_interval: 95 %.
    """

    model: str
    won: int
    lost: int
    tied: int
    elo: float
    elo_interval: tuple[float, float]
    chance: float
    chance_interval: tuple[float, float]


@dataclass(frozen=True)
class Judge:
    """One person: votes, repeats apart, the same answer on repeats, left among decided votes."""

    person: str
    votes: int
    consistency: Share
    left: Share


@dataclass(frozen=True)
class Report:
    """All that is told of a file of votes.

    Attributes:
        title: what was compared.
        reference: the model that the others are measured against.
        votes: how many count; repeats measure consistency alone.
        repeats: how many of those.
        cells: persons × images, what intervals are drawn over.
        standings: the models, strongest first.
        models: labels in the order of the matrices.
        wins: how often the model of the row was preferred to that of the column.
        ties: how often no difference was seen between them.
        consistency: repeats answered as before.
        left: votes for the left side among those for a side; far from half is a side bias.
        judges: each person's.
        notes: what a reader must know, a sentence each.
    """

    title: str
    reference: str
    votes: int
    repeats: int
    cells: int
    standings: tuple[Standing, ...]
    models: tuple[str, ...]
    wins: tuple[tuple[int, ...], ...]
    ties: tuple[tuple[int, ...], ...]
    consistency: Share
    left: Share
    judges: tuple[Judge, ...]
    notes: tuple[str, ...]


def make_report(votes: Votes) -> Report:
    """Return what the votes say.

    Raises:
        DataError: there are none.
    """
    counted = [vote for vote in votes.votes if not vote.repeat]
    if not counted:
        raise DataError("There are no votes to report; judge some pairs by 'srtk vote' first.")
    labels = votes.labels
    reference = labels.index(REFERENCE) if REFERENCE in labels else 0
    cells = _cells(counted, labels)
    found = strengths(cells, reference)
    wins = np.array([[_count(counted, one, other) for other in labels] for one in labels])
    ties = np.array([[_tied(counted, one, other) for other in labels] for one in labels])
    standings = [
        Standing(
            model=label,
            won=int(wins[i].sum()),
            lost=int(wins[:, i].sum()),
            tied=int(ties[i].sum()),
            elo=float(ELO * found.values[i]),
            elo_interval=(float(ELO * found.low[i]), float(ELO * found.high[i])),
            chance=_chance(found.values[i]),
            chance_interval=(_chance(found.low[i]), _chance(found.high[i])),
        )
        for i, label in enumerate(labels)
    ]
    people = list(dict.fromkeys(vote.person for vote in votes.votes))
    by_person = {one: [vote for vote in votes.votes if vote.person == one] for one in people}
    return Report(
        title=f"{votes.dataset}, {len(votes.images)} images, ×{votes.scale}",
        reference=labels[reference],
        votes=len(counted),
        repeats=len(votes.votes) - len(counted),
        cells=len(cells),
        standings=tuple(sorted(standings, key=lambda one: -one.elo)),
        models=tuple(labels),
        wins=tuple(tuple(map(int, row)) for row in wins),
        ties=tuple(tuple(map(int, row)) for row in ties),
        consistency=_consistency(votes.votes),
        left=_left(votes.votes),
        judges=tuple(
            Judge(one, sum(not vote.repeat for vote in own), _consistency(own), _left(own))
            for one, own in by_person.items()
        ),
        notes=tuple(_notes(cells, labels, reference)),
    )


def _cells(votes: Sequence[Vote], labels: Sequence[str]) -> Float:
    """Return (C, K, K): wins of each person on each image, a tie as half a win for both."""
    places: dict[tuple[str, str], int] = {}
    for vote in votes:
        places.setdefault((vote.person, vote.image), len(places))
    cells = np.zeros((len(places), len(labels), len(labels)))
    for vote in votes:
        cell = cells[places[vote.person, vote.image]]
        left, right = labels.index(vote.left), labels.index(vote.right)
        share = {"left": 1.0, "right": 0.0}.get(vote.answer, 0.5)
        cell[left, right] += share
        cell[right, left] += 1 - share
    return cells


def _notes(cells: Float, labels: Sequence[str], reference: int) -> list[str]:
    notes = []
    reach = reachable(cells.sum(0))
    for i, label in enumerate(labels):
        above, below = not reach[reference, i], not reach[i, reference]
        if above and below:
            notes.append(f"'{label}': no votes link it with '{labels[reference]}'.")
        elif above or below:
            what, end = ("lost", "upper") if above else ("won", "lower")
            notes.append(
                f"'{label}' never {what} against '{labels[reference]}', neither itself nor by way "
                f"of others: its figure has no {end} bound, and is finite by the added "
                f"tie alone."
            )
    if len(cells) < FEW:
        notes.append(
            f"{len(cells)} persons × images are few: with less than {FEW} the intervals are too "
            f"short."
        )
    return notes


def _count(votes: Sequence[Vote], winner: str, loser: str) -> int:
    pair = {winner, loser}
    return sum({vote.left, vote.right} == pair and vote.preferred == winner for vote in votes)


def _tied(votes: Sequence[Vote], one: str, other: str) -> int:
    return sum({vote.left, vote.right} == {one, other} and not vote.preferred for vote in votes)


def _consistency(votes: Sequence[Vote]) -> Share:
    """Return on how many repeats a person preferred the same, or none, again."""
    first = {vote.key: vote for vote in votes if not vote.repeat}
    same = total = 0
    for vote in votes:
        person, (image, place, both, _) = vote.key
        before = first.get((person, (image, place, both, False))) if vote.repeat else None
        if before is not None:
            total += 1
            same += before.preferred == vote.preferred
    return wilson(same, total)


def _left(votes: Sequence[Vote]) -> Share:
    decided = [vote for vote in votes if vote.answer != "none"]
    return wilson(sum(vote.answer == "left" for vote in decided), len(decided))


def wilson(count: float, of: int) -> Share:
    """Return a share with its 95 % interval."""
    if not of:
        return Share(count, of, None, None)
    z = 1.959963984540054
    share = count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return Share(count, of, share, (max(0.0, middle - half), min(1.0, middle + half)))


def _chance(strength: float) -> float:
    """Return the probability of beating one of strength 0."""
    if strength < 0:
        odds = math.exp(strength)
        return odds / (1 + odds)
    return 1 / (1 + math.exp(-strength))
