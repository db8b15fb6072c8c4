"""From what is asked to a session on the page, and to its votes."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sr_toolkit.benching.cache import default_folder
from sr_toolkit.benching.request import Request
from sr_toolkit.benching.result import Results, read_results
from sr_toolkit.benching.runner import run
from sr_toolkit.config import option
from sr_toolkit.errors import ConfigError
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.voting.gallery import HR, Gallery, choose_table
from sr_toolkit.voting.pairs import make_pairs
from sr_toolkit.voting.server import Server
from sr_toolkit.voting.session import Session, held
from sr_toolkit.voting.votes import Votes, read_votes, refuse_other

GRACE = 20.0
"""Seconds after the last answer in which it can be taken back."""
SMALLEST = 16


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asked of `vote`; the defaults are those of the command line."""

    models: tuple[str, ...] = option((), help="As of bench, and hr.")
    dataset: str | None = option(None, help="A set, or folder:PATH.")
    scale: int | None = option(None, help="None: 4, or what the first model serves.")
    results: Path | None = option(None, help="results.json in place of a benchmark of its own.")
    crop: int = option(256, help="Side of the crops in pixels of HR.")
    pairs: int | None = option(None, help="So many pairs; None: all.")
    votes: Path = option(Path("votes.json"), help="File that takes the votes.")
    person: str = option("", help="Who judges.")
    seed: int = option(0, help="Of all draws.")
    device: str = option("auto", help="auto, cpu, cuda or cuda:1.")
    runs: Path = option(DEFAULT_RUNS, help="Folder that holds runs.")
    data_root: Path | None = option(None, help="Folder searched for sets before SRTK_DATA.")
    port: int = option(0, help="0: a free one.")
    browser: bool = option(True, help="Open the page?")
    grace: float = option(GRACE, help="Seconds after the last answer.")


def judge(asked: Asked, tell: Callable[[str], None]) -> Votes:
    """Show the pairs that the person has not judged yet, and return all votes of the file.

    Ctrl-C raises KeyboardInterrupt; every answer is in the file by then.

    Args:
        asked: what is asked.
        tell: is called with lines for people.

    Raises:
        SrtkError: anything that a user can mend; the message says how.
    """
    if asked.crop < SMALLEST or (asked.pairs is not None and asked.pairs < 1):
        raise ConfigError(
            f"--crop takes {SMALLEST} or more and --pairs 1 or more, not {asked.crop} and "
            f"{asked.pairs}."
        )
    if asked.person.encode(errors="replace").decode() != asked.person:
        raise ConfigError(f"--name {asked.person!a} is no valid text; give another.")
    with held(asked.votes):
        before = read_votes(asked.votes) if asked.votes.exists() else None
        results, models = _benched(asked)
        table = choose_table(results, asked.dataset if asked.results else None, asked.scale)
        gallery = Gallery(results, table, models or _labels(results), default_folder())
        try:
            votes = gallery.votes()
            if before is not None:
                advice = "name another file by --votes."
                refuse_other(before, votes, (asked.votes, "what is asked now"), advice)
                votes = before
            session = _session(asked, votes, gallery)
            if session.done == session.total:
                tell("All pairs are judged already.")
            else:
                _serve(asked, session, gallery, tell)
            return session.votes
        finally:
            gallery.close()


def _session(asked: Asked, votes: Votes, gallery: Gallery) -> Session:
    place = cache(  # each takes reading its image
        lambda image: gallery.place(image, asked.crop, asked.seed)
    )
    pairs = make_pairs(
        gallery.images(), place, count=asked.pairs, seed=asked.seed, person=asked.person
    )
    if not pairs:
        raise ConfigError("There is no pair to judge: these models give the same pictures.")
    return Session(votes, asked.votes, pairs, person=asked.person, seed=asked.seed)


def _serve(asked: Asked, session: Session, gallery: Gallery, tell: Callable[[str], None]) -> None:
    with Server(session, gallery, asked.port) as server:
        left = session.total - session.done
        tell(f"{left} of {session.total} pairs are to be judged at {server.url}")
        tell("The page is for this machine alone. Ctrl-C ends; every answer is kept at once.")
        if asked.browser:
            webbrowser.open(server.url)
        session.wait(asked.grace)


def _benched(asked: Asked) -> tuple[Results, tuple[str, ...]]:
    """Return results, and the labels of the models in them; () for all."""
    if asked.results is not None:
        return read_results(asked.results), asked.models
    words = tuple(word for word in asked.models if word != HR)
    results = run(
        Request(
            models=words or ("bicubic",),
            datasets=(asked.dataset or "sample",),
            scales=(asked.scale,) if asked.scale else (),
            metrics=("psnr",),
            cost=False,
            device=asked.device,
            runs=asked.runs,
            data_root=asked.data_root,
        )
    )
    labels = _labels(results)
    if "bicubic" not in words:  # always a row of a benchmark, asked for or not
        labels = tuple(label for label in labels if label != "bicubic")
    return results, (*labels, *((HR,) if HR in asked.models else ()))


def _labels(results: Results) -> tuple[str, ...]:
    return tuple(row.model for row in results[0].rows if row.kind == "model")
