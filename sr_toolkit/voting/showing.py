"""A report for people, as text, and for programs, as plain data."""

from __future__ import annotations

import math
from typing import Any

from sr_toolkit.config import plain
from sr_toolkit.voting.report import Report, Share

Table = tuple[list[str], list[list[str]]]


def report_to_plain(report: Report) -> dict[str, Any]:
    """Return what `--json` prints; infinities as the words `inf` and `-inf`."""
    data: dict[str, Any] = _words(plain(report))
    return data


def _words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _words(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_words(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def standings(report: Report) -> Table:
    """Return heads and rows of the strengths."""
    heads = [
        "model",
        "Elo",
        "95 % interval",
        f"preferred to {report.reference}",
        "95 % interval",
        "won",
        "tied",
        "lost",
    ]
    rows = []
    for one in report.standings:
        counts = [str(one.won), str(one.tied), str(one.lost)]
        if one.model == report.reference:
            rows.append([one.model, "0", "–", "–", "–", *counts])
            continue
        rows.append(
            [
                one.model,
                _points(one.elo),
                " … ".join(_points(end) for end in one.elo_interval),
                f"{100 * one.chance:.0f} %",
                " … ".join(f"{100 * end:.0f} %" for end in one.chance_interval),
                *counts,
            ]
        )
    return heads, rows


def matrix(report: Report) -> Table:
    """Return heads and rows of who was preferred to whom, ties in brackets."""
    rows = [
        [
            label,
            *(
                "" if i == j else f"{report.wins[i][j]}" + _bracket(report.ties[i][j])
                for j in range(len(report.models))
            ),
        ]
        for i, label in enumerate(report.models)
    ]
    return ["preferred to →", *report.models], rows


def lines(report: Report) -> list[str]:
    """Return what stands under the tables."""
    people = len(report.judges)
    again = (
        "1 repeat, which measures"
        if report.repeats == 1
        else (f"{report.repeats} repeats, which measure")
    )
    found = [
        f"{_counted(report.votes, 'vote')} of {_counted(people, 'person')}; {again} consistency "
        f"and nothing else.",
        f"Repeats answered as before: {_share(report.consistency)}.",
        f"Left among answers for a side: {_share(report.left)}.",
    ]
    if people > 1:
        for one in report.judges:
            found.append(
                f"  {one.person or '(no name)'}: {one.votes} votes, repeats as before "
                f"{_share(one.consistency)}, left {_share(one.left)}"
            )
    found.append(
        "Elo by Bradley–Terry, 400 points are odds of ten to one; 'no difference' is half a win "
        "for each, and each model is given one tie more. Intervals: Bayesian bootstrap over "
        f"persons × images ({report.cells}), whose votes hang together."
    )
    return [*found, *report.notes]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _points(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{round(value):+d}"


def _bracket(ties: int) -> str:
    return f" ({ties})" if ties else ""


def _share(share: Share) -> str:
    if share.share is None or share.interval is None:
        return "none yet"
    low, high = (f"{100 * end:.0f}" for end in share.interval)
    return f"{share.count:.0f} of {share.of} ({100 * share.share:.0f} %, {low} … {high} %)"
