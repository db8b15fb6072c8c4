"""`srtk recipes`."""

from __future__ import annotations

from typing import Any

import click

from sr_toolkit.cli import completing, manual, options


@manual.verbs(
    "recipes",
    "srtk recipes list",
    "srtk recipes show srgan --preset quick > mine.yaml",
    "srtk recipes fields schedule",
)
def command() -> None:
    """How models are trained: presets as YAML, and every field with its help."""


@command.command(
    "list",
    examples=(
        "srtk recipes list",
        "srtk recipes list srgan",
    ),
)
@click.argument("model", required=False, shell_complete=completing.models)
@options.as_json
@options.debug
def list_recipes(model: str | None, as_json: bool) -> None:
    """List the presets of MODEL, or of all models."""
    from sr_toolkit.registry import registry
    from sr_toolkit.spec import ModelSpec
    from sr_toolkit.training.plan import load_recipe

    names = [registry().find("model", model).name] if model else registry().names("model")
    found: list[dict[str, Any]] = []
    for name in names:
        entries = [entry for entry in registry().entries("model") if entry.name == name]
        for entry in entries:
            spec = entry.require() if model else entry.loaded.spec
            if not isinstance(spec, ModelSpec):
                continue
            for preset in spec.recipes:
                recipe = load_recipe(spec, preset, name)
                found.append(
                    {
                        "model": entry.qualified if entry.conflicts else entry.name,
                        "preset": preset,
                        "phases": list(recipe.phases),
                        "summary": recipe.summary,
                    }
                )
    if as_json:
        options.print_json(found)
        return
    rows = [(r["model"], r["preset"], ", ".join(r["phases"]), r["summary"]) for r in found]
    options.print_table(("MODEL", "PRESET", "PHASES", "SUMMARY"), rows)


@command.command(
    "show",
    examples=(
        "srtk recipes show srgan --preset quick > mine.yaml",
        "srtk recipes show srgan --set phases.psnr.steps=2000",
    ),
)
@click.argument("model", shell_complete=completing.models)
@click.option(
    "--preset",
    shell_complete=completing.presets,
    default="quick",
    show_default=True,
    help="Which of its presets.",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change it.")
@options.as_json
@options.debug
def show_recipe(model: str, preset: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Print a preset of MODEL as YAML, every field with its value, for `train --recipe`."""
    from sr_toolkit.config import plain, yaml
    from sr_toolkit.training.plan import preset_of

    data = plain(preset_of(model, preset, settings))
    if as_json:
        options.print_json(data)
    else:
        click.echo(yaml.dump(data), nl=False)


@command.command(
    "fields",
    examples=(
        "srtk recipes fields",
        "srtk recipes fields adversarial",
        "srtk recipes fields schedule --markdown",
    ),
)
@click.argument("word", required=False)
@click.option("--markdown", is_flag=True, help="Print a Markdown table.")
@options.as_json
@options.debug
def list_fields(word: str | None, markdown: bool, as_json: bool) -> None:
    """List every field of a recipe with type, default and help; WORD narrows it down."""
    from sr_toolkit.config import describe
    from sr_toolkit.training.recipe import Recipe

    found = [field for field in describe(Recipe) if word is None or word in field.path]
    if as_json:
        options.print_json([vars(field) for field in found])
        return
    if markdown:
        from sr_toolkit.training.reference import fields_table

        click.echo(fields_table(found), nl=False)
        return
    rows = [(f.path, f.type, "" if f.default is None else str(f.default), f.help) for f in found]
    options.print_table(("FIELD", "TYPE", "DEFAULT", "HELP"), rows)
