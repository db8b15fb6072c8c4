"""Reference tables in Markdown, made from the schemas themselves. Builds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sr_toolkit.config import Field, describe
from sr_toolkit.registry import Entry, import_object, registry
from sr_toolkit.spec import ComponentSpec, ModelSpec
from sr_toolkit.training.recipe import Phase, Recipe

DOCUMENTED = ("sr-toolkit", "srtk-srgan", "srtk-esrgan", "srtk-progressive")
"""Distributions whose parts are in the documentation: those of this repository."""


def presets() -> str:
    """Return the presets of the models that are documented, with their phases."""
    rows = []
    for entry in registry().entries("model"):
        spec = entry.require() if entry.distribution in DOCUMENTED else None
        if not isinstance(spec, ModelSpec):
            continue
        for preset, reference in spec.recipes.items():
            recipe = import_object(reference)
            phases = ", ".join(
                f"`{name}` {_length(phase)}" for name, phase in recipe.phases.items()
            )
            rows.append((f"`{entry.name}`", f"`{preset}`", phases, recipe.summary))
    return "".join(_lines(("model", "preset", "phases and steps", "what it is"), rows))


def _length(phase: Phase) -> str:
    return f"{phase.steps:,}" if phase.steps is not None else f"{phase.epochs:g} epochs"


def recipe_fields() -> str:
    """Return every field of a recipe."""
    return fields_table(describe(Recipe))


def parts(kind: str, *, adversarial: bool | None = None) -> str:
    """Return the registered parts of a kind with their settings.

    Args:
        kind: `loss` or `discriminator`.
        adversarial: of losses: only adversarial ones, or only the others.
    """
    sections = []
    for entry in registry().entries(kind):
        if entry.distribution not in DOCUMENTED:
            continue
        spec = entry.require()
        assert isinstance(spec, ComponentSpec)  # Entry judged the type by its kind
        if adversarial is None or adversarial == spec.summary.startswith("Adversarial:"):
            sections.append(
                f"**`{entry.name}`** – {spec.summary}\n\n{_settings(part_fields(entry))}"
            )
    return "\n".join(sections)


def part_fields(entry: Entry) -> list[Field]:
    """Return the settings of a registered part; errors as `Entry.require`."""
    spec = entry.require()
    if not spec.config:
        return []
    return list(describe(import_object(spec.config)))


def operations() -> str:
    """Return the steps that a degradation can be made of, with their settings."""
    sections = []
    for entry in registry().entries("degradation"):
        if entry.distribution not in DOCUMENTED:
            continue
        name, cls = entry.name, import_object(entry.require().config)
        told = re.sub(r"^Settings of `[^`]+`[,;:.]? ?", "", (cls.__doc__ or "").splitlines()[0])
        head = f"**`{name}`** – {told[:1].upper()}{told[1:]}" if told else f"**`{name}`**"
        sections.append(f"{head}\n\n{_settings(describe(cls))}")
    return "\n".join(sections)


def fields_table(fields: Iterable[Field]) -> str:
    """Return fields as a Markdown table."""
    rows = [(f"`{f.path}`", f"`{f.type}`", shown_default(f), f.help) for f in fields]
    return "".join(_lines(("field", "type", "default", "meaning"), rows))


def shown_default(field: Field) -> str:
    """Return a field's default as people type it; '' where there is none to type."""
    value = field.default
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    return str(value)


def _settings(fields: Iterable[Field]) -> str:
    found = list(fields)
    return fields_table(found) if found else "No settings.\n"


def _lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in [heads, ["---"] * len(heads), *rows]:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n"
