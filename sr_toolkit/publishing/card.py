"""The model card: front matter that the hub understands, then what a person wants to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sr_toolkit.benching.result import Results
from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.checkpoint import Metadata
from sr_toolkit.publishing.licenses import hub_license
from sr_toolkit.publishing.scores import evaluations, metric_names, table
from sr_toolkit.registry import registry

UNKNOWN = "not stated"


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card tells.

    Attributes:
        repo: `user/name`.
        metadata: the checkpoint's header, with the license that it is published under.
        sha256: of the weights.
        parameters: of the generator.
        files: what else is in the repository.
        results: scores of these weights; None without.
        image: the picture that the strip shows; '' without a strip.
    """

    repo: str
    metadata: Metadata
    sha256: str
    parameters: int
    files: tuple[str, ...] = ()
    results: Results | None = None
    image: str = ""

    @property
    def name(self) -> str:
        """The repository's own name, which rows of tables have."""
        return self.repo.rpartition("/")[2]


def make_card(facts: CardFacts) -> str:
    """Return README.md: YAML front matter, then Markdown."""
    front = _front_matter(facts)
    parts = [_opening(facts), _use(facts), _scores(facts), _training(facts), _terms(facts)]
    body = "\n\n".join("\n".join(lines).strip() for lines in parts if lines)
    return f"---\n{front.strip()}\n---\n\n{body}\n"


def data_terms(metadata: Metadata) -> str:
    """Return the terms of the training data: stated, or those of the catalog's sets."""
    if metadata.data_terms:
        return metadata.data_terms
    names = [word.strip().partition(":")[0].lower() for word in metadata.data.split(",")]
    entries = [CATALOG.get(name) for name in names]
    return "; ".join(f"{e.title}: {e.terms}" for e in entries if e is not None and e.terms)


def _front_matter(facts: CardFacts) -> str:
    from huggingface_hub import ModelCardData

    metadata, results = facts.metadata, facts.results
    license, named = hub_license(metadata.license)
    scales = [f"x{scale}" for scale in metadata.scales]
    data = ModelCardData(
        license=license,
        license_name=named or None,
        library_name="sr-toolkit",
        pipeline_tag="image-to-image",
        tags=["super-resolution", metadata.model, *scales],
        metrics=metric_names(results) if results is not None else None,
        model_name=facts.name,
        eval_results=evaluations(results, facts.name) if results is not None else None,
    )
    if not data.eval_results:  # a name alone would stand as a key that the hub does not know
        data.model_name = data.eval_results = None
    text: str = data.to_yaml()
    return text


def _opening(facts: CardFacts) -> list[str]:
    metadata = facts.metadata
    spec = registry().model(metadata.qualified)
    scales = ", ".join(f"×{scale}" for scale in metadata.scales)
    lines = [
        f"# {facts.name}",
        "",
        f"Single-image super-resolution at {scales} by `{metadata.model}`: "
        f"{_sentence(spec.summary)}",
    ]
    if spec.paper:
        lines += ["", f"Paper: {_sentence(spec.paper)}"]
    if facts.image:
        lines += ["", f"![LR, bicubic, this model and HR of {facts.image}](strip.png)"]
    return lines


def _use(facts: CardFacts) -> list[str]:
    package = facts.metadata.distribution
    needs = " ".join(dict.fromkeys(("sr-toolkit", package)))
    return [
        "## Use",
        "",
        "```",
        f"pip install {needs}",
        f"srtk upscale photo.jpg -o big.png --model hf:{facts.repo}",
        "```",
        "",
        "```python",
        "import sr_toolkit as sr",
        "",
        f'upscaler = sr.from_pretrained("{facts.repo}")',
        "big = upscaler.upscale(image)  # PIL, numpy or torch",
        "```",
        "",
        "`@` and a commit after the name pin the weights: what is fetched is checked by SHA-256.",
    ]


def _scores(facts: CardFacts) -> list[str]:
    if facts.results is None:
        return []
    lines = ["## Scores", ""]
    for result in facts.results:
        lines += table(result)
    return [*lines, "Every image's figures are in `results.json`, in the form of `srtk bench`."]


def _training(facts: CardFacts) -> list[str]:
    metadata = facts.metadata
    rows = {
        "data": metadata.data or UNKNOWN,
        "terms of the data": data_terms(metadata) or UNKNOWN,
        "preset": metadata.preset,
        "phase": metadata.phase,
        "steps in that phase": f"{metadata.steps:,}" if metadata.steps else "",
        "recipe": "`recipe.yaml`" if "recipe.yaml" in facts.files else "",
        "validation while training": ", ".join(
            f"{name.removeprefix('validation/')} {value:g}"
            for name, value in metadata.scores.items()
        ),
        "origin": metadata.origin,
    }
    return ["## Training", "", *_rows(rows)]


def _terms(facts: CardFacts) -> list[str]:
    metadata = facts.metadata
    rows = {
        "model": f"`{metadata.model}` of {metadata.distribution} {metadata.version}",
        "parameters": f"{facts.parameters:,}",
        "settings": f"`{json.dumps(dict(metadata.config), ensure_ascii=False)}`",
        "weights": f"`model.safetensors`, SHA-256 `{facts.sha256}`",
        "discriminator": "`discriminator.safetensors`, to train on from"
        if "discriminator.safetensors" in facts.files
        else "",
        "license of the weights": metadata.license,
    }
    return ["## Files and license", "", *_rows(rows)]


def _rows(rows: Mapping[str, Any]) -> list[str]:
    shown = [f"| {key} | {_in_cell(str(value))} |" for key, value in rows.items() if value]
    return ["| | |", "|---|---|", *shown]


def _in_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
