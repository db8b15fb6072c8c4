"""`srtk models`."""

from __future__ import annotations

from typing import Any

import click

from sr_toolkit.cli import completing, manual, options


@manual.verbs(
    "models",
    "srtk models list",
    "srtk models show srgan",
)
def command() -> None:
    """Registered models."""


@command.command(
    "list",
    examples=(
        "srtk models list",
        "srtk models list --json",
    ),
)
@options.as_json
@options.debug
def list_models(as_json: bool) -> None:
    """List the models: scales, state, one line each."""
    from sr_toolkit.registry import registry
    from sr_toolkit.spec import ModelSpec

    found: list[dict[str, Any]] = []
    for entry in registry().entries("model"):
        loaded = entry.loaded.spec
        spec = loaded if isinstance(loaded, ModelSpec) else None
        found.append(
            {
                "name": entry.qualified if entry.conflicts else entry.name,
                "scales": list(spec.scales or ()) if spec else [],
                "distribution": entry.distribution,
                "state": entry.state,
                "summary": spec.summary if spec else entry.cause,
                "recipes": list(spec.recipes) if spec else [],
            }
        )
    if as_json:
        options.print_json(found)
        return
    rows = [
        (m["name"], ",".join(map(str, m["scales"])), m["distribution"], m["state"], m["summary"])
        for m in found
    ]
    options.print_table(("NAME", "SCALES", "DISTRIBUTION", "STATE", "SUMMARY"), rows)


@command.command(
    "show",
    examples=(
        "srtk models show srgan",
        "srtk models show bicubic --json",
    ),
)
@click.argument("name", shell_complete=completing.models)
@options.as_json
@options.debug
def show_model(name: str, as_json: bool) -> None:
    """Show a model: paper, license, settings, sizes and cost per scale, recipes, weights.

    NAME may be a run or a file of weights too, or MODEL@PATH: then what is in it.
    """
    from pathlib import Path

    from sr_toolkit.registry import registry
    from sr_toolkit.upscaling.card import describe_model, describe_weights

    here = name not in registry().names("model") and Path(name).exists()
    of_weights = here or "@" in name
    card = describe_weights(name) if of_weights else describe_model(name)
    if as_json:
        options.print_json(card)
        return
    if "label" in card:
        _print_weights(card)
        return
    click.echo(f"{card['name']}  ({card['distribution']} {card['version']}, {card['license']})")
    click.echo(card["summary"])
    click.echo(f"Paper: {card['paper'] or '–'}")
    click.echo(f"Scales: {', '.join(f'×{s}' for s in card['scales']) or 'as its weights say'}")
    if card["sizes"]:
        _print_sizes(card)
    if card["config"]:
        click.echo("\nGenerator settings (--set generator.KEY=VALUE):")
        fields = [(f["path"], f["type"], str(f["default"]), f["help"]) for f in card["config"]]
        options.print_table(("KEY", "TYPE", "DEFAULT", "HELP"), fields)
    if card["recipes"]:
        click.echo("\nRecipes (--preset NAME):")
        options.print_table(("NAME", "SUMMARY"), list(card["recipes"].items()))
    click.echo("\nWeights:")
    if not card["weights"]:
        click.echo("none published" if card["needs_weights"] else "needs none")
    for weights in card["weights"]:
        click.echo(f"{card['name']}:{weights['name']}  {weights['license']}  {weights['source']}")


def _print_sizes(card: dict[str, Any]) -> None:
    """Print a row for each variant and scale."""
    width, height = card["multiply_adds_output"]
    click.echo(
        f"\nParameters, multiply-adds for an SR of {width}×{height}, receptive field (radius in LR "
        f"pixels):"
    )
    rows = [
        (
            size["variant"],
            f"×{size['scale']}",
            f"{size['parameters']:,}",
            _billions(size["multiply_adds"]),
            "whole image" if size["receptive_field"] is None else str(size["receptive_field"]),
        )
        for size in card["sizes"]
    ]
    options.print_table(("VARIANT", "SCALE", "PARAMETERS", "MULTIPLY-ADDS", "RADIUS"), rows)


def _print_weights(card: dict[str, Any]) -> None:
    """Print the card of weights."""
    click.echo(f"{card['label']}: {card['source']}")
    click.echo(f"Model: {card['model']}  ({card['distribution']} {card['version']})")
    lines = {"": card["remark"], "Origin: ": card["origin"], "Data: ": card["data_terms"]}
    for head, text in lines.items():
        if text:
            click.echo(f"{head}{text}")
    click.echo(f"License of the weights: {card['license'] or 'not stated'}")
    click.echo(f"Parameters: {card['parameters']:,}; image channels: {card['channels'][0]}")
    for size in card["sizes"]:
        radius = size["receptive_field"]
        seen = "the whole image, no tiles" if radius is None else f"{radius} LR pixels around"
        click.echo(f"×{size['scale']}: an SR pixel sees {seen}")
    click.echo("\nGenerator settings:")
    options.print_table(
        ("KEY", "VALUE"), [(key, str(value)) for key, value in card["config"].items()]
    )


def _billions(count: int | None) -> str:
    return "–" if count is None else f"{count / 1e9:,.1f} G"
