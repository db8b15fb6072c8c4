"""The part under test: its spec, what it builds, and what its import does."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.config import validate
from sr_toolkit.errors import DataError, WeightsError
from sr_toolkit.registry import Entry, import_object
from sr_toolkit.spec import ComponentSpec, ModelSpec
from sr_toolkit.testing.check import NotHere, Unmet

if TYPE_CHECKING:
    from sr_toolkit.interfaces import Generator

PATIENCE = 120  # seconds for an import in a process of its own


class Part:
    """A registered part.

    Attributes:
        entry: from the registry.
        settings: what its config gets beside its defaults.
    """

    def __init__(self, entry: Entry, settings: Mapping[str, Any] | None = None) -> None:
        self.entry, self.settings = entry, dict(settings or {})

    @property
    def spec(self) -> ModelSpec | ComponentSpec:
        """The spec; PluginError where the part is out of order."""
        return self.entry.require()

    @property
    def model(self) -> ModelSpec:
        """The spec of a model."""
        assert isinstance(self.spec, ModelSpec)
        return self.spec

    @property
    def factory(self) -> str:
        """`"module:object"` of what builds the part."""
        spec = self.spec
        return spec.generator if isinstance(spec, ModelSpec) else spec.factory

    @property
    def packages(self) -> tuple[str, ...]:
        """Top-level packages of the plugin's own code."""
        return self.entry.packages

    def config(self) -> Any:
        """Return the config that the checks use."""
        cls = import_object(self.spec.config)
        settings = dict(self.settings)
        if "download" in {field.name for field in dataclasses.fields(cls)}:
            settings.setdefault("download", False)  # a check fetches nothing
        return validate(cls, settings, where=self.entry.name)

    def build(self) -> Any:
        """Build a discriminator, loss, dataset or metric, with torch's RNG at 0.

        Raises:
            NotHere: it needs weights or data that are not at hand.
        """
        import torch

        torch.manual_seed(0)
        try:
            return import_object(self.factory)(self.config())
        except (WeightsError, DataError) as error:
            raise NotHere(str(error)) from None

    @functools.cached_property
    def specimens(self) -> tuple[Specimen, ...]:
        """The generators that a model is tried as: one for each scale, or for each example."""
        spec = self.model
        if spec.scales is not None:
            sets: list[tuple[int, ...]] = [(scale,) for scale in spec.scales]
            if spec.grows:
                sets = [spec.scales[: number + 1] for number in range(len(spec.scales))]
            return tuple(Specimen(self, scales) for scales in sets)
        if not spec.examples:
            raise Unmet(
                "'examples' in the ModelSpec, as its 'scales' is None",
                "none",
                "Name a function that writes small files of weights and yields their paths.",
            )
        self._examples = tempfile.TemporaryDirectory(
            prefix="srtk-check-", ignore_cleanup_errors=True
        )
        paths = list(import_object(spec.examples)(Path(self._examples.name)))
        return tuple(Specimen(self, (), Path(path)) for path in paths)

    @functools.cached_property
    def imported(self) -> dict[str, Any]:
        """What the plugin's import did in a fresh process; see `probe`."""
        spec_module = self.entry.value.partition(":")[0].strip()
        others = [word.partition(":")[0] for word in (self.spec.config, self.factory)]
        told = fresh_python(
            "-m", "sr_toolkit.testing.probe", spec_module, ",".join(self.packages), *others
        )
        return dict(json.loads(told.splitlines()[-1]))


@dataclass(frozen=True)
class Specimen:
    """One generator of a model: of some scales, or out of a file that the model made."""

    part: Part
    scales: tuple[int, ...]
    path: Path | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return self.path.name
        return ",".join(f"×{scale}" for scale in self.scales)

    def at(self, scale: int) -> str:
        """Return what to call it at one of its scales."""
        return f"×{scale}" if self.path is None else f"{self.path.name} at ×{scale}"

    def build(self, seed: int = 0) -> Generator:
        """Return the generator in evaluation mode; fresh weights follow torch's RNG at `seed`."""
        import torch

        from sr_toolkit.checkpoint import build_generator, load_generator

        torch.manual_seed(seed)
        if self.path is not None:
            return load_generator(self.path, model=self.part.entry.qualified)[0]
        name = self.part.entry.qualified
        return build_generator(name, self.part.settings, self.scales).eval()

    def again(self, seed: int = 0) -> Generator:
        """Return another generator of the same settings, with fresh weights."""
        import torch

        from sr_toolkit.checkpoint import build_generator
        from sr_toolkit.config import plain

        if self.path is None:
            return self.build(seed)
        known = self.build()
        torch.manual_seed(seed)
        name = self.part.entry.qualified
        return build_generator(name, plain(known.config), known.scales).eval()


def fresh_python(
    *arguments: str,
    cwd: Path | None = None,
    hash_seed: int | None = None,
    doing: str = "an import",
    limit: float = PATIENCE,
) -> str:
    """Run Python in a process of its own that imports from where this one does.

    Args:
        arguments: of the interpreter.
        cwd: folder to be in.
        hash_seed: of Python's own hash().
        doing: what it does, for messages.
        limit: seconds that it may take.

    Raises:
        Unmet: it ended with an error, or not at all.
    """
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    if hash_seed is not None:
        variables["PYTHONHASHSEED"] = str(hash_seed)
    try:
        ended = subprocess.run(
            [sys.executable, *arguments],
            env=variables,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unmet(f"{doing} that ends within {limit:g} s", "none") from None
    if ended.returncode:
        last = ended.stderr.strip().splitlines()[-1:] or [f"exit status {ended.returncode}"]
        raise Unmet(f"{doing} that works in a fresh process", last[0])
    return ended.stdout


@contextlib.contextmanager
def elsewhere() -> Iterator[Path]:
    """Be in an empty folder for a while."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="srtk-check-") as folder:
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)
