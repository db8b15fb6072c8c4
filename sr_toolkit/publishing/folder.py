"""The files of a repository, made in a folder: what is pushed, and what --dry-run shows."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from sr_toolkit.benching.result import read_results
from sr_toolkit.checkpoint import (
    FORMAT,
    Metadata,
    file_hash,
    is_foreign,
    load_generator,
    read_metadata,
)
from sr_toolkit.config import plain, yaml
from sr_toolkit.data.config import SampleConfig
from sr_toolkit.data.sample import Sample
from sr_toolkit.errors import CheckpointError, HubError, OutputError
from sr_toolkit.files import write_text
from sr_toolkit.hub.fetching import CONFIG, OURS, WEIGHTS
from sr_toolkit.hub.reference import Reference
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.licenses import canonical_license
from sr_toolkit.publishing.card import CardFacts, data_terms, make_card
from sr_toolkit.publishing.scores import own_scores
from sr_toolkit.reporting.strip import Asked, make_strip
from sr_toolkit.runs import DEFAULT_RUNS
from sr_toolkit.spec import PLUGIN_API
from sr_toolkit.upscaling.locate import Located, locate

DISCRIMINATOR = "discriminator.safetensors"
SHOWN = "chelsea.png"  # of `sample`: fur and whiskers, where models differ


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is published, and under which terms.

    Attributes:
        model: a run, a checkpoint or a name.
        reference: the repository, and the branch in it.
        license: SPDX identifier of the weights' license; '' for what the checkpoint states.
        data_terms: terms of the training data, likewise.
        results: what `srtk bench --out` wrote; None: a card without scores.
        device: for the strip.
        runs: folder that holds runs.
    """

    model: str
    reference: Reference
    license: str = ""
    data_terms: str = ""
    results: Path | None = None
    device: str = "auto"
    runs: Path = DEFAULT_RUNS


def write_folder(wanted: Wanted, folder: Path) -> list[str]:
    """Write all files of the repository into `folder`, which is there; return their names.

    Raises:
        HubError: no license is stated anywhere.
        ConfigError: the license is no SPDX expression.
        CheckpointError: no weights of ours.
        SrtkError: unknown model, results of other weights, or a file that cannot be written.
    """
    located, metadata = _weights(wanted)
    assert located.path is not None  # _weights refuses fixed methods
    shutil.copyfile(located.path, folder / WEIGHTS)
    sha256 = file_hash(folder / WEIGHTS)
    generator, _ = load_generator(folder / WEIGHTS)
    name = wanted.reference.repo.rpartition("/")[2]
    discriminator = located.path.with_name(DISCRIMINATOR)
    if discriminator.is_file() and read_metadata(discriminator).role == "discriminator":
        shutil.copyfile(discriminator, folder / DISCRIMINATOR)
    if metadata.recipe:
        yaml.save_file(folder / "recipe.yaml", plain(metadata.recipe))
    results = None
    if wanted.results is not None:
        found = read_results(wanted.results)
        results = own_scores(found, sha256, name, str(wanted.results))
        write_text(folder / "results.json", results.to_json())
    _write_strip(folder, wanted, name)
    write_text(folder / CONFIG, _config(metadata, sha256))
    facts = CardFacts(
        repo=wanted.reference.repo,
        metadata=metadata,
        sha256=sha256,
        parameters=sum(parameter.numel() for parameter in generator.parameters()),
        files=tuple(_names(folder)),
        results=results,
        image=f"{SHOWN.partition('.')[0]} of the set sample",
    )
    write_text(folder / "README.md", make_card(facts))
    return _names(folder)


def refuse_strangers(target: Path) -> None:
    """Let a folder be replaced only where all that it holds are names that a push writes.

    Raises:
        OutputError: `target` is a file, or holds something else, which would be lost.
    """
    if target.exists() and not target.is_dir():
        raise OutputError(f"'{target}' is no folder; give another --out.")
    held = sorted(path.name for path in target.iterdir()) if target.is_dir() else []
    other = next((name for name in held if name not in (WEIGHTS, CONFIG, *OURS)), "")
    if other:
        raise OutputError(
            f"'{target}' holds '{other}', which no push writes and --overwrite would remove; give "
            f"another --out."
        )


def _weights(wanted: Wanted) -> tuple[Located, Metadata]:
    located = locate(wanted.model, runs=wanted.runs)
    if located.path is None:
        raise CheckpointError(
            f"'{wanted.model}' is a fixed method without weights, which is not published; name a "
            f"trained model."
        )
    if is_foreign(located.path):
        raise CheckpointError(
            f"'{wanted.model}' is a file of another program; make a checkpoint of it by "
            f"'srtk convert', and push that."
        )
    metadata = read_metadata(located.path)
    license = (wanted.license or metadata.license).strip()
    if not license or "unstated" in license:
        raise HubError(
            f"'{wanted.model}' states no license of its weights; say which one they are published "
            f"under, such as --license Apache-2.0."
        )
    license = canonical_license(license)
    terms = wanted.data_terms or data_terms(metadata)
    return located, dataclasses.replace(metadata, license=license, data_terms=terms)


def _write_strip(folder: Path, wanted: Wanted, name: str) -> None:
    sample = Sample(SampleConfig())
    sample.prepare(())
    image = next(path for path in sample.files if path.name == SHOWN)
    # The strip calls a checkpoint by its folder and file: the copy lies in one of that name.
    place = folder / name
    place.mkdir()
    try:
        shutil.copyfile(folder / WEIGHTS, place / WEIGHTS)
        asked = Asked(models=(str(place / WEIGHTS),), device=wanted.device)
        write_image(folder / "strip.png", Picture(pixels=make_strip(image, asked)))
    finally:
        shutil.rmtree(place)


def _config(metadata: Metadata, sha256: str) -> str:
    """Return config.json: what the header says, for programs that read no safetensors."""
    data = {
        "library_name": "sr-toolkit",
        "format": FORMAT,
        "plugin_api": ".".join(map(str, PLUGIN_API)),
        "model": metadata.model,
        "distribution": metadata.distribution,
        "version": metadata.version,
        "scales": list(metadata.scales),
        "config": plain(metadata.config),
        "license": metadata.license,
        "data": metadata.data,
        "data_terms": metadata.data_terms,
        "sha256": sha256,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())
