"""What a checkpoint says about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sr_toolkit.config import plain, validate
from sr_toolkit.errors import CheckpointError, ConfigError
from sr_toolkit.spec import PLUGIN_API

FORMAT = "sr-toolkit/1"


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What a checkpoint says about itself; stored as strings in the safetensors header.

    Attributes:
        model: registered name; `distribution` and `version` say whose.
        config: the part's configuration in plain form.
        scales: the scales that the weights serve.
        role: `generator` or `discriminator`.
        preset, recipe: how it was trained, the recipe in plain form.
        phase, steps: the phase that the weights are of, and its steps done.
        data, data_fingerprint, data_terms: on what.
        scores: name to figure, such as the validation PSNR.
        license: of the weights, where stated.
        origin: what the weights were made from, where not by training: `converted from NAME, …`.
    """

    model: str
    distribution: str
    version: str
    config: Mapping[str, Any]
    scales: tuple[int, ...]
    role: str = "generator"
    preset: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    phase: str = ""
    steps: int = 0
    data: str = ""
    data_fingerprint: str = ""
    data_terms: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    license: str = ""
    origin: str = ""

    @property
    def qualified(self) -> str:
        """`distribution::name` of the model, which is never ambiguous."""
        return f"{self.distribution}::{self.model}"

    def to_strings(self) -> dict[str, str]:
        """Return the form that a safetensors header takes."""
        strings = {key: json.dumps(plain(value)) for key, value in asdict(self).items()}
        return {"format": FORMAT, "plugin_api": ".".join(map(str, PLUGIN_API)), **strings}

    @classmethod
    def from_strings(cls, strings: Mapping[str, str], path: Path) -> Metadata:
        """Read the header back.

        Raises:
            CheckpointError: it is no sr-toolkit checkpoint, or of a later format.
        """
        if strings.get("format") != FORMAT:
            found = strings.get("format") or "none"
            raise CheckpointError(
                f"'{path}' is a safetensors file, but no checkpoint of sr-toolkit (format {found}, "
                f"expected {FORMAT})."
            )
        try:
            values = {k: json.loads(v) for k, v in strings.items() if k in cls.__annotations__}
            metadata = validate(cls, values)
        except (ConfigError, ValueError) as error:
            cause = str(error).rstrip(".")
            raise CheckpointError(
                f"The header of '{path}' is damaged: {cause}. Copy the file again, or train anew."
            ) from None
        if not metadata.scales:
            raise CheckpointError(f"The header of '{path}' is damaged: it names no scale.")
        return metadata
