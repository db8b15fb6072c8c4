"""The command line: one module per verb, imported only when its verb is used."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from sr_toolkit import __version__
from sr_toolkit.cli.manual import Group
from sr_toolkit.errors import SrtkError, StoppedError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VERBS = {
    "train": "Train a model, or go on with a run.",
    "runs": "Show trainings: how far they are, what they scored.",
    "plot": "Plot the curves of trainings.",
    "recipes": "Show how models are trained, as YAML to change.",
    "bench": "Score models against bicubic.",
    "report": "Make a page of results: tables, plots, images side by side.",
    "strip": "Put a crop of one image from several models side by side.",
    "compare": "Say which models of results truly differ.",
    "vote": "Let people judge blind pairs, and say what their votes say.",
    "cache": "Show or empty what benchmarks keep.",
    "upscale": "Enlarge an image or a folder of images.",
    "export": "Write a model as ONNX or as torch's exported program.",
    "convert": "Convert other programs' weights, and ours for them.",
    "interpolate": "Make the network between two, or score many of them.",
    "hub": "Publish models on the Hugging Face hub, and fetch them.",
    "data": "List, fetch, verify and pack sets of images.",
    "models": "List models, or show one.",
    "plugins": "Write, check, list and mend plugins.",
}
"""Verb to its line in the help; kept here so that the help imports no verb."""


class LazyGroup(Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of VERBS."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's module and return its command."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"sr_toolkit.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, suggesting near ones for a mistyped word."""
        from sr_toolkit.errors import suggest

        if args and not args[0].startswith("-") and args[0] not in VERBS:
            ctx.fail(f"Unknown command '{args[0]}'.{suggest(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs with their lines, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the verbs with their lines, importing none, and the options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=line)
            for name, line in VERBS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=(
        "srtk train srgan --preset quick",
        "srtk bench --models srgan@latest --dataset sample",
        "srtk upscale photo.jpg -o big.png --model srgan",
        "srtk models list",
    ),
)
@click.version_option(__version__, prog_name="srtk")
def root() -> None:
    """Train, measure and run super-resolution models."""


def main() -> None:
    """Run the command line; every error a user can cause is one sentence on stderr."""
    # Read by torch at its first allocation: large pages for large tensors, which networks make and
    # drop all the time (Linux).
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    # numpy's products are small here, and its threads, which spin between them, take cores from the
    # networks.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = root.main(prog_name="srtk", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("Stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except StoppedError as stopped:
        _fail(str(stopped), 130)
    except SrtkError as error:
        _reraise_in_debug()
        _fail(f"Error: {error}", 1)
    except Exception as error:
        _reraise_in_debug()
        if type(error).__name__ == "OutOfMemoryError":  # torch's; named without importing it
            _fail(
                "Error: The device's memory is full; take a smaller --tile or batch, or another "
                "--device.",
                1,
            )
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _fail("Error: Cannot write: the disk is full. Free some space and run again.", 1)
        detail = f"{type(error).__name__}: {error}".strip()
        if place := _place_in_a_plugin(error):
            _fail(
                f"Error: The plugin failed at {place} ({detail}). 'srtk plugins check' of it says "
                f"more, --debug shows the whole way there.",
                1,
            )
        _fail(f"Internal error: {detail}. Run again with --debug and report what it shows.", 70)


def _place_in_a_plugin(error: Exception) -> str:
    """Return the line of somebody's plugin that an exception came through, or ''."""
    from sr_toolkit.blame import blamed_line
    from sr_toolkit.discovery import CORE, same
    from sr_toolkit.registry import registry

    try:
        entries = registry().entries()
        others = [entry for entry in entries if not same(entry.distribution, CORE)]
        packages = {package for entry in others for package in entry.packages}
        return blamed_line(error, packages) if packages else ""
    except Exception:  # what is told is the error at hand
        return ""


def _reraise_in_debug() -> None:
    if "--debug" in sys.argv:
        raise  # the error being handled: this is called from except clauses


def _fail(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)
