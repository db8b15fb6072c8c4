"""`srtk runs`, `srtk plugins show`, and the tables of the documentation."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest
from made import make_run, srtk

from sr_toolkit.cli import root
from sr_toolkit.cli.runs import size
from sr_toolkit.config import describe, validate, yaml
from sr_toolkit.degradations.config import Degradation
from sr_toolkit.degradations.presets import check_degradation
from sr_toolkit.training.plan import read_recipe
from sr_toolkit.training.recipe import Recipe
from sr_toolkit.training.reference import recipe_fields

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "train.md").read_text(encoding="utf-8")


def test_a_listing_has_a_line_for_every_run_and_goes_on_after_a_damaged_one(
    tmp_path: Path,
) -> None:
    make_run(tmp_path / "good", "psnr")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "config.yaml").write_text("a: [")
    outcome = srtk("runs", "list", "--runs", tmp_path)
    assert outcome.code == 0
    lines = {line.split()[0]: line for line in outcome.out.splitlines()}
    assert lines.keys() == {"RUN", "good", "bad"}
    assert lines["good"].endswith("stopped at psnr 0/2")
    assert "damaged: " in lines["bad"]
    found = json.loads(srtk("runs", "list", "--runs", tmp_path, "--json").out)
    assert {one["state"] for one in found} == {"stopped", "damaged"}


def test_no_runs_is_said_on_stderr(tmp_path: Path) -> None:
    outcome = srtk("runs", "list", "--runs", tmp_path / "none")
    assert (outcome.code, outcome.out) == (0, "")
    assert "No runs in" in outcome.err


def test_one_run_in_full(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a run", "psnr")
    warning = {"event": "warning", "time": 0, "phase": "psnr", "step": 1, "text": "Too hot."}
    run.log_file.write_text(json.dumps(warning) + "\n")
    shown = srtk("runs", "show", "a run", "--runs", tmp_path).out
    assert "State      stopped at psnr 0/2" in shown
    assert f"Go on      {run.resume_command}" in shown
    assert "Warning: Too hot." in shown
    one = json.loads(srtk("runs", "show", run.path, "--json").out)
    assert (one["state"], one["warnings"]) == ("stopped", ["Too hot."])
    assert "is no run folder" in srtk("runs", "show", tmp_path).sentence()


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 2**30, "5.0 GiB")]
)
def test_sizes_as_people_read_them(count: int, text: str) -> None:
    assert size(count) == text


def test_a_part_and_its_settings() -> None:
    outcome = srtk("plugins", "show", "loss", "vanilla")
    assert "real_label" in outcome.out
    found = json.loads(srtk("plugins", "show", "discriminator", "patch", "--json").out)
    assert found["name"] == "sr-toolkit::patch"
    assert "Did you mean 'vanilla'" in srtk("plugins", "show", "loss", "vanila").sentence(
        ends=("?",)
    )


def test_fields_as_markdown() -> None:
    table = srtk("recipes", "fields", "--markdown").out
    assert table == recipe_fields()
    assert table.count("\n") == 2 + len(list(describe(Recipe)))
    only = srtk("recipes", "fields", "strip_hr", "--markdown").out.splitlines()
    assert len(only) == 3
    assert only[2].startswith("| `strip_hr` | `bool` | false |")


def build_fields() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_fields", DOCS / "build_fields.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_the_documentation_are_those_of_the_schemas() -> None:
    text = (DOCS / "recipes.md").read_text(encoding="utf-8")
    stale = build_fields().rebuilt(text) != text
    assert not stale, "docs/recipes.md is stale; run: python docs/build_fields.py"


def test_a_page_without_its_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="must hold the markers of 'presets' once"):
        build_fields().rebuilt("no markers")


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("srtk ")]


@pytest.mark.parametrize("line", commands())
def test_every_command_of_the_documentation_is_one(line: str) -> None:
    words = shlex.split(line.partition(" > ")[0])[1:]
    command: click.Command = root
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = command.make_context(command.name, [], resilient_parsing=True, parent=context)
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    command.make_context(command.name, words, parent=context)  # parses, and runs nothing


def test_the_recipes_of_the_documentation_are_sound(tmp_path: Path) -> None:
    recipe, degradation = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    (tmp_path / "own.yaml").write_text(recipe)
    assert list(read_recipe(tmp_path / "own.yaml").phases) == ["psnr", "gan"]
    settings = yaml.parse(degradation, source="the page")["degradation"]
    check_degradation(validate(Degradation, settings))
