"""What is said of votes: figures by hand, trust in the people who judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made import srtk
from scipy.stats import binomtest
from voting_made import vote, votes_on

from sr_toolkit.errors import DataError
from sr_toolkit.voting.report import make_report, wilson

TWO = ("sharp", "bicubic")


def some(*answers: str) -> tuple:
    """Votes between the two, sharp on the left, each on an image of its own."""
    return tuple(vote(f"i{n}", *TWO, answer) for n, answer in enumerate(answers))


def on(votes: tuple, models: tuple[str, ...] = TWO):
    return votes_on(models, tuple(f"i{n}" for n in range(40)), votes=votes)


def test_figures_of_two_models_are_those_by_hand() -> None:
    report = make_report(on(some(*["left"] * 14, *["right"] * 4, *["none"] * 4)))
    best, reference = report.standings
    assert (best.model, reference.model, report.reference) == ("sharp", "bicubic", "bicubic")
    assert (best.won, best.lost, best.tied) == (14, 4, 4)
    assert best.chance == pytest.approx(16.5 / 23)  # ties half each, one tie more
    assert best.elo == pytest.approx(400 * np.log10(16.5 / 6.5))
    assert report.wins == ((0, 14), (4, 0))
    assert report.ties == ((0, 4), (4, 0))
    assert report.cells == 22
    assert (reference.elo, reference.elo_interval) == (0, (0, 0))
    assert best.chance_interval[0] < best.chance < best.chance_interval[1]


def test_without_bicubic_the_first_is_the_reference() -> None:
    report = make_report(on((vote("i0", "a", "b", "left"),), ("b", "a")))
    assert report.reference == "b"


def test_who_always_won_has_no_upper_bound_and_it_is_said(tmp_path: Path) -> None:
    on(some(*["left"] * 30)).save(tmp_path / "v.json")
    ended = srtk("vote", "--report", tmp_path / "v.json")
    assert "∞" in ended.out
    assert "'sharp' never lost against 'bicubic'" in ended.out
    data = json.loads(srtk("vote", "--report", tmp_path / "v.json", "--json").out)
    assert data["standings"][0]["elo_interval"][1] == "inf"
    assert data["standings"][0]["elo"] == pytest.approx(400 * np.log10(30.5 / 0.5))
    assert data["standings"][0]["chance_interval"][1] == 1
    json.dumps(data, allow_nan=False)


def test_repeats_measure_consistency_and_nothing_else() -> None:
    first = some("left", "left", "none")
    again = (
        vote("i0", *TWO[::-1], "right", repeat=True),  # sharp again
        vote("i1", *TWO[::-1], "left", repeat=True),  # the same side, another model
        vote("i2", *TWO[::-1], "none", repeat=True),
        vote("i3", *TWO[::-1], "none", repeat=True),  # its first answer was taken back
    )
    report = make_report(on(first + again))
    assert (report.consistency.count, report.consistency.of) == (2, 3)
    assert (report.votes, report.repeats) == (3, 4)
    assert report.standings[0].won == 2
    assert (report.left.count, report.left.of) == (3, 4)


def test_each_person_is_told_apart(tmp_path: Path) -> None:
    ada = [vote(f"i{n}", *TWO, "left", person="Ada") for n in range(3)]
    ben = [vote(f"i{n}", *TWO, "right", person="") for n in range(3)]
    votes = on((*ada, *ben))
    report = make_report(votes)
    assert [(one.person, one.votes, one.left.share) for one in report.judges] == [
        ("Ada", 3, 1),
        ("", 3, 0),
    ]
    assert report.cells == 6
    votes.save(tmp_path / "v.json")
    out = srtk("vote", "--report", tmp_path / "v.json").out
    assert "6 votes of 2 persons" in out
    assert "(no name): 3 votes" in out
    assert "6 persons × images are few" in out


def test_models_that_no_vote_links_are_named() -> None:
    report = make_report(
        on((vote("i0", "a", "b", "left"), vote("i0", "c", "d", "left")), (*"abcd",))
    )
    assert any("no votes link it" in note for note in report.notes)


def test_no_votes_are_no_report(tmp_path: Path) -> None:
    on(()).save(tmp_path / "v.json")
    assert "no votes to report" in srtk("vote", "--report", tmp_path / "v.json").sentence()
    with pytest.raises(DataError):
        make_report(on((vote("i0", *TWO, "left", repeat=True),)))


@pytest.mark.parametrize(("count", "of"), [(0, 4), (4, 4), (3, 17), (60, 100)])
def test_shares_have_wilsons_interval(count: int, of: int) -> None:
    wanted = binomtest(count, of).proportion_ci(method="wilson")
    assert wilson(count, of).interval == pytest.approx((wanted.low, wanted.high))
    assert wilson(0, 0).share is None
