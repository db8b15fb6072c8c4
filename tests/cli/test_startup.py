"""What the command line imports before there is work to do, seen from a fresh interpreter."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys

import click
import pytest

import sr_toolkit
from sr_toolkit.cli import VERBS

PROBE = """
import json, sys
before = set(sys.modules)
from contextlib import redirect_stdout, suppress
from io import StringIO
with redirect_stdout(StringIO()), suppress(SystemExit):
    {statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
MAIN = "from sr_toolkit.cli import main; main()"
STANDARD = {*sys.stdlib_module_names, "sr_toolkit"}
HEAVY = {"torch", "torchvision", "numpy", "PIL", "pydantic", "rich", "yaml", "safetensors"}


def python(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SRTK_PLUGINS": "srtk-srgan",
    }
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=60, env=environment
    )


def imported(statement: str, *arguments: str) -> set[str]:
    """Return the modules that `statement` imports, run with these command-line arguments."""
    ended = python("-c", PROBE.format(statement=statement), *arguments)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout))


def packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("--version",), ()])
def test_help_imports_click_and_nothing_else(words: tuple[str, ...]) -> None:
    modules = imported(MAIN, *words)
    assert "click" in modules
    assert packages(modules) <= STANDARD | {"click"}
    assert "importlib.metadata" not in modules  # without it no entry point can be looked up
    assert "sr_toolkit.registry" not in modules
    assert not {f"sr_toolkit.cli.{verb}" for verb in VERBS} & modules


def subcommands() -> list[tuple[str, ...]]:
    """Return every verb, and every verb below a verb."""
    found: list[tuple[str, ...]] = []
    for verb in VERBS:
        command = importlib.import_module(f"sr_toolkit.cli.{verb}").command
        assert command.name == verb
        found.append((verb,))
        if isinstance(command, click.Group):
            found += [(verb, name) for name in command.commands]
    return found


@pytest.mark.parametrize("verb", subcommands(), ids=" ".join)
def test_the_help_of_a_verb_imports_nothing_heavy(verb: tuple[str, ...]) -> None:
    modules = imported(MAIN, *verb, "--help")
    assert f"sr_toolkit.cli.{verb[0]}" in modules
    assert packages(modules) <= STANDARD | {"click"}
    assert "importlib.metadata" not in modules


@pytest.mark.parametrize("verb", ["models", "plugins"])
def test_listing_imports_specs_alone(verb: str) -> None:
    modules = imported(MAIN, verb, "list")
    assert "srtk_srgan.plugin" in modules
    assert not packages(modules) & HEAVY
    assert "srtk_srgan.generator" not in modules


def test_listing_runs_imports_no_torch() -> None:
    modules = imported(MAIN, "runs", "list")
    assert "sr_toolkit.training.overview" in modules
    assert not packages(modules) & {"torch", "numpy", "PIL", "safetensors", "matplotlib"}


@pytest.mark.parametrize("words", [("list",), ("show", "div2k"), ("path",)], ids=" ".join)
def test_listing_sets_imports_no_torch(words: tuple[str, ...]) -> None:
    modules = imported(MAIN, "data", *words)
    assert "sr_toolkit.config.places" in modules
    assert not packages(modules) & {"torch", "numpy", "PIL", "safetensors", "rich", "filelock"}


@pytest.mark.parametrize("name", ["sr_toolkit", "sr_toolkit.api", "sr_toolkit.registry"])
def test_importing_the_package_imports_nothing_heavy(name: str) -> None:
    assert packages(imported(f"import {name}")) <= STANDARD


def test_a_lazy_name_is_there_when_touched() -> None:
    modules = imported("import sr_toolkit; sr_toolkit.SrtkError")
    assert "sr_toolkit.errors" in modules
    with pytest.raises(AttributeError, match="module 'sr_toolkit' has no attribute 'nothing'"):
        _ = sr_toolkit.nothing


def test_every_verb_is_in_the_help() -> None:
    ended = python("-m", "sr_toolkit", "--help")
    assert ended.returncode == 0
    for verb, line in VERBS.items():
        assert f"{verb} " in ended.stdout
        assert line in ended.stdout


def test_python_m() -> None:
    ended = python("-m", "sr_toolkit", "--version")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"srtk, version {sr_toolkit.__version__}\n"


def test_an_unknown_command_suggests() -> None:
    ended = python("-m", "sr_toolkit", "tran")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Error: Unknown command 'tran'. Did you mean 'train'?" in ended.stderr
    assert "Traceback" not in ended.stderr
