"""How the command line ends: one sentence and an exit code, whatever went wrong."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import click
import pytest
from made import picture, srtk

from sr_toolkit import cli
from sr_toolkit.cli import options
from sr_toolkit.errors import DataError


def end_by(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(cli.root, "main", fail)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    captured = capsys.readouterr()
    assert captured.out == ""
    return int(stop.value.code or 0), captured.err


ENDINGS = [
    (DataError("No such set."), 1, "Error: No such set.\n"),
    (click.Abort(), 130, "Stopped.\n"),
    (KeyboardInterrupt(), 130, "Stopped.\n"),
    (OSError(errno.ENOSPC, "No space left on device"), 1, "Error: Cannot write: the disk is full."),
    (click.UsageError("Not so."), 2, "Error: Not so.\n"),
    (click.exceptions.Exit(3), 3, ""),
    (KeyError("x"), 70, "Internal error: KeyError: 'x'. Run again with --debug"),
    (OSError(errno.EIO, "worn out"), 70, "Internal error: OSError: [Errno 5] worn out. "),
]


@pytest.mark.parametrize(
    ("error", "code", "start"), ENDINGS, ids=[repr(error) for error, _, _ in ENDINGS]
)
def test_every_error_has_its_sentence_and_code(
    error: BaseException,
    code: int,
    start: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["srtk", "models", "list"])
    ended, shown = end_by(error, monkeypatch, capsys)
    assert ended == code
    assert shown.startswith(start)


@pytest.mark.parametrize("error", [DataError("No such set."), KeyError("x")])
def test_debug_shows_the_traceback(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["srtk", "models", "list", "--debug"])
    with pytest.raises(type(error)):
        end_by(error, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("text", "scale"), [("4", 4), (" x4 ", 4), ("×3", 3), ("X2", 2), (None, None)]
)
def test_scale(text: str | None, scale: int | None) -> None:
    assert options.one_scale(text) == scale


@pytest.mark.parametrize("text", ["0", "-4", "4.0", "", "four", "²", "9" * 5000])
def test_what_is_no_scale_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.UsageError, match="--scale takes a whole number such as 4, not"):
        options.one_scale(text)
    with pytest.raises(click.UsageError, match="--scale takes a whole number such as 4, not"):
        options.scales(f"4,{text}")


@pytest.mark.parametrize("verb", ["train", "upscale"])
def test_a_list_of_scales_where_one_is_taken(verb: str, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    words = {"train": ["srgan"], "upscale": [tmp_path / "a.png", "-o", tmp_path / "b.png"]}[verb]
    outcome = srtk(verb, *words, "--scale", "2,4")
    if verb == "train":  # models that grow take several
        assert "is trained for one scale at a time, not for ×2, ×4" in outcome.sentence()
        return
    assert outcome.code == 2
    assert "One scale is taken here, not the list '2,4'" in outcome.err


def test_lists_of_scales() -> None:
    assert options.scales("2, x4,2") == (2, 4)
    assert options.scales(None) == (None,)


def test_words_split_at_commas() -> None:
    words = options.Words()
    assert words.convert("a, b,,c ", None, None) == ("a", "b", "c")
    assert options.flatten([("a", "b"), (), ("c",)]) == ("a", "b", "c")


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    options.print_table(("NAME", "X"), [("a", "1"), ("longer", "two words")])
    assert capsys.readouterr().out == "NAME    X\na       1\nlonger  two words\n"


def test_paths_are_paths() -> None:
    assert options.PATH.convert("a/b", None, None) == Path("a/b")
