"""The help of every verb: its options, and examples that are commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from sr_toolkit.cli import root
from sr_toolkit.cli.manual import Command, Group

Found = tuple[str, click.Command, click.Context]


def walk(command: click.Command, context: click.Context, path: str) -> Iterator[Found]:
    """Yield every command with its path, such as `srtk data pull`."""
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            inner = click.Context(below, info_name=name, parent=context)
            yield from walk(below, inner, f"{path} {name}")


COMMANDS = list(walk(root, click.Context(root, info_name="srtk"), "srtk"))
each = pytest.mark.parametrize("found", COMMANDS, ids=[path for path, _, _ in COMMANDS])


@each
def test_the_help_ends_in_examples(found: Found) -> None:
    path, command, context = found
    assert isinstance(command, (Command, Group)), (
        f"'{path}' is a plain click command; make it by verb or verbs of sr_toolkit.cli.manual, "
        f"below a group by @command.command(name, examples=(…))."
    )
    assert command.examples, f"'{path}' has no examples; give whole command lines as `examples`."
    for example in command.examples:
        assert example.startswith("srtk "), f"'{path}': '{example}' is no whole command line."
    if path != "srtk":
        assert any(line.startswith(path) for line in command.examples), (
            f"none of the examples of '{path}' calls it."
        )
    lines = command.get_help(context).splitlines()
    start = lines.index("Examples:")
    assert [line.strip() for line in lines[start + 1 :]] == list(command.examples)


@each
def test_every_example_is_a_command(found: Found) -> None:
    path, command, _ = found
    for example in getattr(command, "examples", ()):
        try:
            parse(shlex.split(example.partition(" > ")[0])[1:])
        except click.ClickException as error:
            pytest.fail(f"'{path}': the example '{example}' does not parse: {error.message}")


def parse(words: list[str]) -> None:
    """Parse a command line down to its last verb; run nothing."""
    command: click.Command = root
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = command.make_context(command.name, [], resilient_parsing=True, parent=context)
        _, below, words = command.resolve_command(context, words)
        assert below is not None
        command = below
    command.make_context(command.name, words, parent=context)


def test_an_example_that_is_none_is_found_out() -> None:
    with pytest.raises(click.ClickException):
        parse(["data", "pull", "set5", "--no-such-option"])
    with pytest.raises(click.ClickException):
        parse(["tran", "srgan"])


@each
def test_the_help_names_each_option_and_says_something_of_it(found: Found) -> None:
    path, command, context = found
    text = command.get_help(context)
    assert command.help or command.short_help, f"'{path}' has no description."
    for option in command.get_params(context):
        if isinstance(option, click.Option):
            assert all(name in text for name in option.opts), (path, option.opts)
            assert option.help, f"'{path}' says nothing of {option.opts[-1]}."
        else:
            assert option.make_metavar(context) in text, (path, option.name)
