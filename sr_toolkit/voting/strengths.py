"""Bradley–Terry: what wins and losses of pairs say of each contestant.

A contestant of strength θ beats another of strength φ with probability 1 / (1 + exp(φ - θ))
(Bradley, Terry: Rank analysis of incomplete block designs, Biometrika 1952). Equal answers count as
half a win for each (Glickman 1999 has the same convention for draws in chess). The likelihood is
maximized by Newton steps, damped so that each one improves it (Sun, Tran-Dinh: Generalized
self-concordant functions, 2019): the usual MM steps (Hunter, Annals of Statistics 2004) find the
same point, but need thousands of rounds where one contestant nearly always wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 4000
SEED = 0
ELO = 400 / np.log(10)
"""Points of Elo's scale in one unit of log strength: 400 points are odds of ten to one."""

_LEAST = 1e-6
_ROUNDS = 200
_EXACT = 1e-10

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Strengths:
    """What was found.

    Attributes:
        values: log strengths less that of the reference, (K,).
        low: lower ends of their 95 % intervals, (K,).
        high: upper ends, (K,); infinite where the votes give no bound.
    """

    values: Float
    low: Float
    high: Float


def fit(wins: Float) -> Float:
    """Return log strengths (..., K) of mean 0 that make the wins most likely.

    Args:
        wins: (..., K, K): how often, or with which weight, the first beat the second. The maximum
            is finite only where every contestant beat every other at least by way of others
            (Ford 1957); `with_ties` sees to that.

    Raises:
        ValueError: the shape is another, or no finite maximum was found.
    """
    wins = np.asarray(wins, np.float64)
    if wins.ndim < 2 or wins.shape[-1] != wins.shape[-2]:
        raise ValueError(f"wins must be (..., K, K), received {wins.shape}")
    count = wins.shape[-1]
    flat = wins.reshape(-1, count, count)
    flat = flat / np.maximum(flat.sum((1, 2), keepdims=True), 1e-300)
    games = flat + flat.swapaxes(1, 2)
    theta = np.zeros(flat.shape[:2])
    running = np.arange(len(flat))
    for _ in range(_ROUNDS):
        step = _newton(theta[running], flat[running], games[running])
        reach = np.ptp(step, axis=1)
        factor = np.where(reach > 0, np.log1p(reach) / np.maximum(reach, 1e-300), 1.0)
        theta[running] += factor[:, None] * step
        running = running[reach > _EXACT]
        if not len(running):
            centered: Float = theta - theta.mean(1, keepdims=True)
            return centered.reshape(wins.shape[:-1])
    raise ValueError("these wins have no finite maximum of likelihood")


def _newton(theta: Float, wins: Float, games: Float) -> Float:
    """Return the Newton step; along equal shifts of all, which mean nothing, it is 0."""
    count = theta.shape[1]
    with np.errstate(over="ignore"):
        won = 1 / (1 + np.exp(theta[:, None, :] - theta[:, :, None]))
    lost = won.swapaxes(1, 2)
    gradient = (wins * lost - wins.swapaxes(1, 2) * won).sum(2)  # no digits cancel
    curvature = games * won * lost
    hessian = -curvature
    places = np.arange(count)
    hessian[:, places, places] = curvature.sum(2) - curvature[:, places, places]
    # Scaled by each one's own curvature, which may be tiny where a contestant nearly always wins.
    scale = 1 / np.sqrt(np.maximum(hessian[:, places, places], 1e-300))
    scaled = hessian * scale[:, :, None] * scale[:, None, :]
    null = 1 / scale
    null /= np.linalg.norm(null, axis=1, keepdims=True)
    scaled += null[:, :, None] * null[:, None, :]
    step: Float = np.linalg.solve(scaled, (gradient * scale)[:, :, None])[:, :, 0] * scale
    return step


def with_ties(wins: Float, weights: Float | None = None) -> Float:
    """Return wins with one more tie for each contestant, spread over all others.

    It keeps everything finite. For two contestants it turns n of n wins into the odds of
    n + 1/2 to 1/2, as Jeffreys' prior does.

    Args:
        wins: (..., K, K).
        weights: drawn weights of the ties' halves, of the same shape; None: the mean.
    """
    count = wins.shape[-1]
    share = tie_share(count)
    added = np.full(wins.shape, share) if weights is None else np.maximum(weights, share * _LEAST)
    return wins + added * (1 - np.eye(count))


def tie_share(count: int) -> float:
    """Return the win that each of `count` contestants is given against each other one."""
    return 0.5 / max(count - 1, 1)


def strengths(cells: Float, reference: int = 0) -> Strengths:
    """Return strengths with 95 % intervals by the Bayesian bootstrap over cells.

    Votes within a cell hang together and are drawn together. Each draw gives every cell a weight
    from Gamma(1) (Rubin, Annals of Statistics 1981), and the halves of the added ties weights from
    Gamma(their size): for two contestants and votes in cells of their own this is Jeffreys'
    interval, which does not shrink to nothing where one always won, as resampling of votes would.

    Args:
        cells: (C, K, K): wins in each cell.
        reference: the contestant that the others are measured against.
    """
    count = cells.shape[-1]
    total = cells.sum(0)
    values = fit(with_ties(total))
    values = values - values[reference]
    rng = np.random.default_rng(SEED)
    weights = rng.standard_exponential((RESAMPLES, len(cells)))
    drawn = (weights @ cells.reshape(len(cells), -1)).reshape(-1, count, count)
    halves = rng.standard_gamma(tie_share(count), (RESAMPLES, count, count))
    resampled = fit(with_ties(drawn, halves))
    resampled -= resampled[:, [reference]]
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    reaches = reachable(total)
    low = np.where(reaches[:, reference], low, -np.inf)
    high = np.where(reaches[reference], high, np.inf)
    low[reference] = high[reference] = 0.0
    return Strengths(values, low, high)


def reachable(wins: Float) -> NDArray[np.bool_]:
    """Return (K, K): did the first beat the second, itself or by way of others?

    Where it did not, nothing bounds the second one's strength above the first's.
    """
    reach: NDArray[np.bool_] = (wins > 0) | np.eye(len(wins), dtype=bool)
    for middle in range(len(wins)):
        reach = reach | (reach[:, [middle]] & reach[[middle], :])
    return reach
