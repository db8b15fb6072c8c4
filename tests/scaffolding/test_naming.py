"""Names that would do harm are refused in a sentence, and nothing is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sr_toolkit.cli import main
from sr_toolkit.errors import ConfigError, OutputError
from sr_toolkit.scaffolding.naming import class_of, package_of
from sr_toolkit.scaffolding.writing import NewPlugin, write_plugin


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("9lives", "cannot name a plugin"),
        ("a--b", "cannot name a plugin"),
        ("a b", "cannot name a plugin"),
        ("-a", "cannot name a plugin"),
        ("../evil", "cannot name a plugin"),
        ("süß", "cannot name a plugin"),
        ("", "cannot name a plugin"),
        ("superresolutiontransformernetwork/", "cannot name a plugin"),
        ("Acme-SR", "take 'acme-sr'"),
        ("acme_sr", "take 'acme-sr'"),
        ("acme.sr", "take 'acme-sr'"),
        ("class", "a word of Python's own"),
        ("json", "a module of Python's own library"),
        ("torch", "installed already"),
        ("sr-toolkit", "installed already"),
        ("skimage", "There is a package 'skimage'"),
        ("conftest", "There is a package 'conftest'"),
        ("bicubic", "offers a model 'bicubic' already"),
    ],
)
def test_a_bad_or_taken_name_is_refused(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=told):
        write_plugin(NewPlugin(name), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_taken_for_its_own_kind_alone(tmp_path: Path) -> None:
    write_plugin(NewPlugin("bicubic", kind="loss"), tmp_path / "new")
    with pytest.raises(ConfigError, match="offers a loss 'charbonnier' already"):
        write_plugin(NewPlugin("charbonnier", kind="loss"), tmp_path / "other")


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_plugin(NewPlugin("acme-sr"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]


def test_an_unwritable_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        write_plugin(NewPlugin("acme-sr"), tmp_path / "file" / "acme-sr")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("author", ["A\x7fB", "x\udcff", "one\ntwo"])
def test_an_author_that_no_file_can_hold_is_refused(author: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be printed"):
        write_plugin(NewPlugin("acme-sr", author=author), tmp_path / "new")


@pytest.mark.parametrize("text", ["My own", "GPL", ""])
def test_a_license_that_nobody_knows_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no SPDX license expression"):
        write_plugin(NewPlugin("acme-sr", license=text), tmp_path / "new")


def test_a_license_without_a_text_here_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["plugins", "new", "acme-sr", "--license", "LicenseRef-Own", "--yes"]
    monkeypatch.setattr(sys, "argv", ["srtk", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert "Put the text of LicenseRef-Own into acme-sr/LICENSE" in capsys.readouterr().out
    assert not (tmp_path / "acme-sr" / "LICENSE").exists()
    assert "license-files" not in (tmp_path / "acme-sr" / "pyproject.toml").read_text()


def test_names_of_package_and_class() -> None:
    assert (package_of("acme-sr2"), class_of("acme-sr2")) == ("acme_sr2", "AcmeSr2")
