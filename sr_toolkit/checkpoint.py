"""Checkpoints: one `.safetensors` file that alone rebuilds a model. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_toolkit.config import plain, validate
from sr_toolkit.errors import CheckpointError, ConfigError, PluginError, SrtkError
from sr_toolkit.files import atomic_path
from sr_toolkit.registry import import_object, registry
from sr_toolkit.spec import PLUGIN_API

if TYPE_CHECKING:
    from torch import Tensor, nn

    from sr_toolkit.interfaces import Generator

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


def save(path: Path, module: nn.Module, metadata: Metadata) -> None:
    """Write weights and metadata atomically.

    Raises:
        OutputError: the folder or the disk refuses.
    """
    save_weights(path, module.state_dict(), metadata)


def save_weights(path: Path, weights: Mapping[str, Tensor], metadata: Metadata) -> None:
    """Write a module's weights, taken from it before, and metadata; errors as `save`."""
    from safetensors.torch import save as serialize

    tensors = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(serialize(tensors, metadata.to_strings()))


def read_metadata(path: Path) -> Metadata:
    """Read a checkpoint's header alone.

    Raises:
        CheckpointError: absent, not safetensors, truncated, or foreign.
    """
    return _open(path)[0]


def _open(path: Path, *, tensors: bool = False) -> tuple[Metadata, dict[str, Tensor]]:
    from safetensors import SafetensorError, safe_open

    _refuse_foreign(path)
    try:
        with safe_open(path, framework="pt") as stream:
            metadata = Metadata.from_strings(stream.metadata() or {}, path)
            keys = stream.keys() if tensors else ()
            return metadata, {key: stream.get_tensor(key) for key in keys}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"'{path}' cannot be read as safetensors ({error}); it may be truncated or not a "
            f"checkpoint at all. Copy it again, or train anew."
        ) from None


def _refuse_foreign(path: Path) -> None:
    if not path.is_file():
        raise CheckpointError(f"The checkpoint '{path}' does not exist; check the path.")
    try:
        with path.open("rb") as stream:
            head = stream.read(9)
    except OSError as error:
        cause = error.strerror or str(error)
        raise CheckpointError(f"Cannot read '{path}': {cause}; check its permissions.") from None
    # A safetensors file begins with the header's length, which may look like a pickle's mark by
    # chance, and then a brace.
    if head[8:] != b"{" and (head[:2] == b"PK" or head[:1] == b"\x80"):
        raise CheckpointError(
            f"'{path}' is a pickle, which can hold code, and was not opened; only .safetensors "
            f"checkpoints of sr-toolkit are loaded."
        )


def load_generator(path: Path, *, model: str = "") -> tuple[Generator, Metadata]:
    """Rebuild the generator that a checkpoint holds, in evaluation mode on the CPU.

    Args:
        path: a checkpoint written by `save`.
        model: the model name that was asked for; empty: any.

    Raises:
        CheckpointError: unreadable, made by another model, or not fitting its own config.
        SrtkError: the model's plugin is missing or broken.
    """
    metadata, tensors = _open(path, tensors=True)
    if metadata.role != "generator":
        raise CheckpointError(f"'{path}' holds a {metadata.role}, not a generator.")
    name = f"{metadata.distribution}::{metadata.model}"
    if model and model not in (metadata.model, name):
        raise CheckpointError(
            f"'{path}' was made by the model '{metadata.model}', not by '{model}'; name the file "
            f"alone, or '{metadata.model}@{path}'."
        )
    try:
        generator = build_generator(name, metadata.config, metadata.scales)
    except (SrtkError, ValueError) as error:  # a plugin may refuse settings by a ValueError
        cause = str(error).rstrip(".")
        raise CheckpointError(
            f"'{path}' needs the model '{metadata.model}' of {metadata.distribution} "
            f"{metadata.version}: {cause}."
        ) from None
    try:
        generator.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        detail = " ".join(str(error).split())[:300].rstrip(".")
        raise CheckpointError(
            f"The weights in '{path}' do not fit its own configuration: {detail}."
        ) from None
    return generator.eval(), metadata


def build_generator(model: str, config: Mapping[str, Any], scales: tuple[int, ...]) -> Generator:
    """Build a registered model's generator, with fresh weights.

    Raises:
        UnknownNameError, PluginError: no such model, or its plugin is out of order.
        ConfigError: the config does not fit, or a scale is not offered.
    """
    spec = registry().model(model)
    for scale in scales:
        if spec.scales is not None and scale not in spec.scales:
            offered = ", ".join(f"×{s}" for s in spec.scales)
            raise ConfigError(f"The model '{model}' offers {offered}, not ×{scale}.")
    settings = validate(import_object(spec.config), config, where="generator")
    factory = import_object(spec.generator)
    try:
        generator: Generator = factory(settings, tuple(scales))
    except Exception as error:  # a plugin's code may raise anything
        raise PluginError(
            f"The model '{model}' cannot be built with these settings and scales {tuple(scales)}: "
            f"{type(error).__name__}: {error}."
        ) from error
    if generator.frames != 1:
        raise PluginError(
            f"The model '{model}' takes {generator.frames} frames at once, which this version of "
            f"sr-toolkit cannot run; upgrade it."
        )
    return generator


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
