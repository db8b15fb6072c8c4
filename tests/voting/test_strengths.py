"""Bradley–Terry against choix, scipy, Jeffreys' interval and known truths."""

from __future__ import annotations

import choix
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import beta

from sr_toolkit.voting.strengths import fit, reachable, strengths, with_ties


def simulate(truth: np.ndarray, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return (winner, loser) of random pairs."""
    found = []
    for _ in range(count):
        one, other = rng.choice(len(truth), 2, replace=False)
        won = rng.random() < expit(truth[one] - truth[other])
        found.append((int(one), int(other)) if won else (int(other), int(one)))
    return found


def as_cells(wins: list[tuple[int, int]], count: int, cells: int | None = None) -> np.ndarray:
    made = np.zeros((cells or len(wins), count, count))
    for place, (winner, loser) in enumerate(wins):
        made[place % len(made), winner, loser] += 1
    return made


@pytest.mark.parametrize("count", [2, 3, 6])
def test_strengths_are_those_of_choix(count: int, rng: np.random.Generator) -> None:
    data = simulate(rng.normal(size=count), 300, rng)
    found = fit(as_cells(data, count).sum(0))
    by_mm = choix.mm_pairwise(count, data, max_iter=100_000, tol=1e-13)
    np.testing.assert_allclose(found, by_mm - by_mm.mean(), atol=1e-9)
    by_newton = choix.opt_pairwise(count, data, method="Newton-CG", tol=1e-12)
    np.testing.assert_allclose(found, by_newton - by_newton.mean(), atol=1e-4)


def test_with_ties_the_likelihood_is_at_its_highest(rng: np.random.Generator) -> None:
    wins = rng.integers(0, 9, (4, 4)) / 2.0
    np.fill_diagonal(wins, 0)

    def cost(theta: np.ndarray) -> float:
        return float((wins * np.logaddexp(0, theta[None, :] - theta[:, None])).sum())

    best = minimize(cost, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(fit(wins), best - best.mean(), atol=1e-6)


def test_many_are_fitted_as_each_alone(rng: np.random.Generator) -> None:
    wins = with_ties(rng.integers(0, 5, (7, 3, 3)) * (1 - np.eye(3)))
    np.testing.assert_allclose(fit(wins), [fit(one) for one in wins], atol=1e-9)


@pytest.mark.parametrize(("won", "lost"), [(7, 3), (20, 0), (0, 5), (500, 1)])
def test_two_contestants_have_jeffreys_interval(won: int, lost: int) -> None:
    cells = as_cells([(1, 0)] * won + [(0, 1)] * lost, 2)
    found = strengths(cells)
    assert found.values[1] == pytest.approx(np.log((won + 0.5) / (lost + 0.5)))
    low, high = beta(won + 0.5, lost + 0.5).ppf((0.025, 0.975))
    assert expit(found.low[1]) == pytest.approx(low if won else 0, abs=0.012)
    assert expit(found.high[1]) == pytest.approx(high if lost else 1, abs=0.012)
    assert (found.low[0], found.high[0]) == (0, 0)


def test_no_votes_and_one_sided_votes_stay_finite_and_say_so() -> None:
    cells = as_cells([(1, 0)] * 9 + [(2, 1)] * 9, 4)
    found = strengths(cells)
    assert np.isfinite(found.values).all()
    assert found.values[0] < found.values[1] < found.values[2]
    assert found.high[1] == found.high[2] == np.inf
    assert np.isfinite(found.low[1:3]).all()
    assert (found.low[3], found.high[3]) == (-np.inf, np.inf)  # nobody compared it
    np.testing.assert_array_equal(
        reachable(cells.sum(0))[:3, :3], [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    )


def test_a_large_table_that_is_all_one_sided_is_fitted() -> None:
    count = 12
    wins = np.triu(np.full((count, count), 1e4), 1)
    found = fit(with_ties(wins))
    assert (np.diff(found) < 0).all()
    assert (strengths(wins[None]).low[1:] == -np.inf).all()


def test_what_has_no_maximum_is_refused() -> None:
    with pytest.raises(ValueError, match="no finite maximum"):
        fit(np.array([[0.0, 3.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match="received"):
        fit(np.zeros((2, 3)))


def coverage(truth: np.ndarray, votes: int, rounds: int, cells: int, wander: float) -> np.ndarray:
    """Return how often intervals hold the truth.

    Args:
        cells: so many, in each of which all strengths are off by `wander`'s draws.
    """
    rng = np.random.default_rng(1)
    held = np.zeros(len(truth))
    for _ in range(rounds):
        made = np.zeros((cells, len(truth), len(truth)))
        for cell in made:
            here = truth + rng.normal(0, wander, len(truth))
            for winner, loser in simulate(here, votes // cells, rng):
                cell[winner, loser] += 1
        found = strengths(made)
        held += (found.low <= truth) & (truth <= found.high)
    return held[1:] / rounds


def test_intervals_hold_the_truth() -> None:
    assert coverage(np.array([0.0, 0.8, 1.6]), 60, 40, 60, 0.0).min() >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize(("count", "votes"), [(2, 30), (3, 60), (5, 150)])
def test_intervals_hold_the_truth_19_times_in_20(count: int, votes: int) -> None:
    held = coverage(np.linspace(0, 1.5, count), votes, 200, votes, 0.0)
    assert held.mean() == pytest.approx(0.95, abs=0.03)
    assert held.min() >= 0.9


@pytest.mark.slow
def test_votes_that_hang_together_do_not_shorten_intervals() -> None:
    # The truth of strengths that wander is not quite their mean: small wander, many votes a cell.
    held = coverage(np.array([0.0, 0.2, 0.4]), 600, 150, 30, 0.6)
    assert held.min() >= 0.88
