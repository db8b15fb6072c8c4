"""The scores of one SR image: which metrics, on what, and whether they are known already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sr_toolkit.benching.cache import Cache, array_hash, key_of
from sr_toolkit.benching.cases import LRRule, Prepared, Uint8
from sr_toolkit.errors import SrtkError
from sr_toolkit.interfaces import Metric, SetMetric
from sr_toolkit.metrics.protocol import Protocol

SHARED = ""
"""Stands for every protocol, where a metric does not look at it."""

Pair = tuple[NDArray[np.generic], NDArray[np.generic]]


@dataclass
class Verdict:
    """What came of one SR image.

    Attributes:
        scores: (protocol, metric) to the figure; of `SHARED` for all protocols.
        refused: metric to why it cannot score such an image.
        failed: metric to the fault that it raised.
        embedded: metric over the whole set to the description of this image.
    """

    scores: dict[tuple[str, str], float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    embedded: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, other: Verdict) -> None:
        """Take over what another part of the work found."""
        self.scores.update(other.scores)
        self.refused.update(other.refused)
        self.failed.update(other.failed)
        self.embedded.update(other.embedded)


@dataclass(frozen=True)
class Task:
    """A part of the scores of one image.

    Attributes:
        work: does it.
        concurrent: may a thread do it beside a running model?
    """

    work: Callable[[], Verdict]
    concurrent: bool


@dataclass(frozen=True)
class Enlarged:
    """An SR image.

    Attributes:
        rgb: uint8 (H, W, 3).
        sha256: of `rgb`.
        luma: of a resizer under `srcnn`, its Y as uint8 (H, W).
    """

    rgb: Uint8
    sha256: str
    luma: Uint8 | None = None


class Judge:
    """Scores SR images under some protocols.

    Args:
        metrics: by the name of their column.
        protocols: those to score under; none without HR.
        rule: how LR was made, for metrics that degrade the SR again.
        cache: where scores are kept.
        identities: metric to what its figures depend on beside the pixels: code, networks.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        protocols: Sequence[Protocol],
        rule: LRRule,
        cache: Cache,
        identities: Mapping[str, str],
    ) -> None:
        self.metrics = {n: m for n, m in metrics.items() if not m.unavailable()}
        self.protocols, self.rule = protocols, rule
        self.cache, self.identities = cache, identities

    def known(
        self, prepared: Prepared, sha256: str, luma: Uint8 | None = None
    ) -> tuple[Verdict, dict[tuple[str, str], str]]:
        """Return the scores that the cache has, and the keys of those that it has not.

        Args:
            prepared: the image.
            sha256: of the SR's pixels.
            luma: of a resizer under `srcnn`, its Y.
        """
        verdict, missing = Verdict(), {}
        for protocol, name in self._wanted():
            key = self._key(protocol, name, prepared, sha256, luma)
            value = self.cache.find(key) if self.cache.keeps else None
            if value is None:
                missing[protocol, name] = key
            else:
                verdict.scores[protocol, name] = value
        return verdict, missing

    def tasks(
        self, prepared: Prepared, sr: Enlarged, missing: Sequence[tuple[str, str]]
    ) -> Iterator[Task]:
        """Yield the work that finds the missing scores; pixels are converted once for each."""
        for protocol in self.protocols:
            yield from self._split(
                [name for where, name in missing if where == protocol.name],
                protocol.name,
                partial(self._planes, prepared, sr, protocol),
                thread_safe=True,
            )
        shared = [name for where, name in missing if where == SHARED]
        in_rgb = [name for name in shared if self.metrics[name].space == "rgb"]
        yield from self._split(in_rgb, SHARED, partial(_rgb, prepared, sr), thread_safe=True)
        in_lr = [name for name in shared if self.metrics[name].space == "lr"]
        yield from self._split(
            in_lr,
            SHARED,
            partial(self._again, prepared, sr),
            thread_safe=not self.rule.runs_on_torch,
        )
        yield from self._embeddings(sr)

    @property
    def needs_pixels(self) -> bool:
        """Must an SR image be at hand, even if all of its scores are known?"""
        return any(isinstance(metric, SetMetric) for metric in self.metrics.values())

    def embed_hr(self, prepared: Prepared) -> dict[str, NDArray[np.float64]]:
        """Return the descriptions of the HR by the metrics over the whole set."""
        over = {name: m for name, m in self.metrics.items() if isinstance(m, SetMetric)}
        if prepared.case is None or not over:
            return {}
        embedded = Verdict()
        for name, metric in over.items():
            embedded.add(_embed(name, metric, prepared.case.hr))
        return embedded.embedded

    def _wanted(self) -> Iterator[tuple[str, str]]:
        for name, metric in self.metrics.items():
            if isinstance(metric, SetMetric):
                continue
            if metric.space == "luma":
                yield from ((protocol.name, name) for protocol in self.protocols)
            else:
                yield SHARED, name

    def _key(
        self, protocol: str, name: str, prepared: Prepared, sha256: str, luma: Uint8 | None
    ) -> str:
        metric = self.metrics[name]
        parts = {"metric": self.identities[name], "sr": sha256}
        if metric.needs_hr and metric.space != "lr":
            parts["hr"] = prepared.facts.hr_sha256
        if protocol:
            parts |= {"protocol": protocol, "scale": str(prepared.scale)}
            if luma is not None:
                parts["luma"] = array_hash(luma)
        if metric.space == "lr":
            parts |= {"lr": prepared.facts.lr_sha256, "rule": self.rule.name}
            parts |= {"hr": prepared.facts.hr_sha256}  # draws follow from it
        return key_of("score", parts)

    def _split(
        self, names: list[str], protocol: str, pair: Callable[[], Pair], thread_safe: bool
    ) -> Iterator[Task]:
        """Yield a task for the metrics that threads may share, and one for the others."""
        for concurrent in (True, False):
            chosen = [
                n for n in names if (self.metrics[n].concurrent and thread_safe) is concurrent
            ]
            if chosen:
                yield Task(partial(self._scores, chosen, protocol, pair), concurrent)

    def _scores(self, names: list[str], protocol: str, pair: Callable[[], Pair]) -> Verdict:
        verdict = Verdict()
        try:
            compared = pair()
        except SrtkError as error:  # nothing left inside the border: no model can be scored on it
            verdict.refused |= dict.fromkeys(names, str(error).rstrip("."))
            return verdict
        for name in names:
            try:
                verdict.scores[protocol, name] = float(self.metrics[name].score(*compared))
            except ValueError as error:
                verdict.refused[name] = str(error).rstrip(".")
            except Exception as error:  # a metric of somebody else's: it costs its own figure
                verdict.failed[name] = _words(error)
        return verdict

    def _embeddings(self, sr: Enlarged) -> Iterator[Task]:
        for name, metric in self.metrics.items():
            if isinstance(metric, SetMetric):
                yield Task(partial(_embed, name, metric, sr.rgb), False)

    def _planes(self, prepared: Prepared, sr: Enlarged, protocol: Protocol) -> Pair:
        assert prepared.case is not None
        if protocol.compared == "y_uint8" and sr.luma is not None:
            return prepared.case.luma_planes(sr.luma)
        return prepared.case.planes(sr.rgb, protocol)

    def _again(self, prepared: Prepared, sr: Enlarged) -> Pair:
        seed = self.rule.image_seed(prepared.facts.hr_sha256)
        return self.rule.degrade(sr.rgb, prepared.scale, seed), prepared.lr


def _rgb(prepared: Prepared, sr: Enlarged) -> Pair:
    return sr.rgb, sr.rgb if prepared.case is None else prepared.case.hr


def _embed(name: str, metric: SetMetric, image: Uint8) -> Verdict:
    try:
        return Verdict(embedded={name: metric.embed(image)})
    except ValueError as error:
        return Verdict(refused={name: str(error).rstrip(".")})
    except Exception as error:
        return Verdict(failed={name: _words(error)})


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(".: ")
