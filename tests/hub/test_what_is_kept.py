"""What stays in the hub's cache, in a repository that is pushed to again, of settings for bars."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr
from pathlib import Path
from unittest import mock

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)
from made import picture, save_checkpoint, srtk
from standin import Hub, Reply, Request

from sr_toolkit.cli import main
from sr_toolkit.errors import HubError
from sr_toolkit.hub.fetching import fetch
from sr_toolkit.hub.reference import Reference

NAME = "user/tiny-x4"
REFS = Path("hub", "models--user--tiny-x4", "refs")


def names_of(hub: Hub) -> set[str]:
    repository = hub.repositories[NAME]
    return set(repository.commits[repository.branches["main"]])


def go_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.mark.parametrize("other", ["discriminator.safetensors", "a.safetensors"])
def test_a_file_that_was_fetched_alone_is_not_the_repositorys_weights(
    hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    data = weights.read_bytes()
    judge = save_checkpoint(weights.with_name("judge.safetensors"), 2).read_bytes()
    commit = hub.make(NAME, {"model.safetensors": data, other: judge})
    assert fetch(Reference.parse(f"{NAME}:{other}")).path.read_bytes() == judge
    go_offline(monkeypatch)
    for text in (NAME, f"{NAME}@{commit}", f"{NAME}:model.safetensors"):
        with pytest.raises(HubError, match="is not in the hub's cache, and HF_HUB_OFFLINE is set"):
            fetch(Reference.parse(text))
    assert fetch(Reference.parse(f"{NAME}:{other}")).path.read_bytes() == judge


def test_the_only_weights_of_a_listing_are_remembered(
    hub: Hub, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.make(NAME, {"x/net_g.safetensors": weights.read_bytes(), "README.md": b"#"})
    fetch(Reference.parse(NAME))
    asked = len(hub.log)
    assert fetch(Reference.parse(f"{NAME}@{commit}")).path.name == "net_g.safetensors"
    assert len(hub.log) == asked, "a commit in the cache needs no question"
    go_offline(monkeypatch)
    found = fetch(Reference.parse(NAME))
    assert found.path.read_bytes() == weights.read_bytes()
    assert found.offline == "HF_HUB_OFFLINE is set"


@pytest.mark.parametrize(
    "revision", ["/etc/hostname", "../x", "a/../../x", "x" * 201, "v 1", "ü", "a\0b", "a\n"]
)
def test_a_revision_that_is_no_name(hub: Hub, revision: str) -> None:
    for make in (
        lambda: Reference.parse(f"{NAME}@{revision}"),
        lambda: Reference(NAME, revision),
    ):
        with pytest.raises(HubError, match=r"A revision is named by up to 200 letters"):
            make()
    said = srtk("hub", "pull", f"{NAME}@{revision}").sentence(ends=(".",))
    assert "A revision is named by" in said
    assert hub.log == []


def test_revisions_as_people_name_them() -> None:
    for revision in ("main", "v1.0", "refs/pr/1", "two/times", "a_b-c", "x" * 200):
        assert Reference.parse(f"{NAME}@{revision}").revision == revision


@pytest.mark.parametrize("held", [b"\xff\xfe\0", b"", b".", b"../..", b"main", b"0" * 39])
def test_a_ref_that_holds_no_commit_is_none(
    hub: Hub, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch, held: bytes
) -> None:
    hub.make(NAME, {"model.safetensors": weights.read_bytes()})
    fetch(Reference.parse(NAME))
    (home / REFS / "main").write_bytes(held)
    go_offline(monkeypatch)
    with pytest.raises(HubError, match="is not in the hub's cache"):
        fetch(Reference.parse(NAME))


def test_a_branch_that_moves_in_a_download(
    hub: Hub, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = weights.read_bytes()
    second = save_checkpoint(weights.with_name("other.safetensors"), 2).read_bytes()
    before = hub.make(NAME, {"model.safetensors": first, "config.json": b"{}"})

    def move(request: Request) -> Reply | None:
        if request.method == "GET" and request.path.startswith("/storage/"):
            hub.repositories[NAME].commit({"model.safetensors": second})
        return None

    hub.faults.append(move)
    assert fetch(Reference.parse(NAME)).commit == before
    assert hub.repositories[NAME].branches["main"] != before
    assert (home / REFS / "main").read_text() == before
    go_offline(monkeypatch)
    assert fetch(Reference.parse(NAME)).path.read_bytes() == first


def test_a_second_push_takes_what_is_ours_of_the_first_away(
    hub: Hub, weights: Path, tmp_path: Path
) -> None:
    words = ("hub", "push", weights, NAME, "--device", "cpu")
    assert srtk(*words).code == 0
    old = {"results.json": b"{}", "discriminator.safetensors": b"0", "recipe.yaml": b"a: 1\n"}
    hub.repositories[NAME].commit({**old, "NOTES.md": b"by hand", "x/results.json": b"{}"})
    count = len(hub.repositories[NAME].commits)
    done = srtk(*words)
    assert done.code == 0, done.err
    ours = {"README.md", "config.json", "model.safetensors", "strip.png"}
    assert names_of(hub) == {*ours, ".gitattributes", "NOTES.md", "x/results.json"}
    assert len(hub.repositories[NAME].commits) == count + 1


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def test_bars_that_were_disabled_stay_so(hub: Hub, weights: Path) -> None:
    hub.make(NAME, {"model.safetensors": weights.read_bytes()})
    disable_progress_bars()
    try:
        for quiet in (True, False):
            fetch(Reference.parse(NAME), quiet=quiet)
            assert are_progress_bars_disabled()
    finally:
        enable_progress_bars()
    fetch(Reference.parse(NAME), quiet=True)
    assert not are_progress_bars_disabled()


@pytest.mark.parametrize("quiet", [True, False])
def test_upscale_is_as_quiet_as_it_is_asked_to_be(
    hub: Hub, weights: Path, tmp_path: Path, quiet: bool
) -> None:
    hub.make(NAME, {"model.safetensors": weights.read_bytes()})
    photo = picture(tmp_path / "photo.png", 16, 16)
    words = ["upscale", photo, "-o", tmp_path / "big.png", "--model", f"hf:{NAME}"]
    words += ["--device", "cpu", *(["--quiet"] if quiet else [])]
    shown = Terminal()
    with (
        mock.patch.object(sys, "argv", ["srtk", *map(str, words)]),
        redirect_stderr(shown),
        pytest.raises(SystemExit) as stop,
    ):
        main()
    assert not stop.value.code
    assert (tmp_path / "big.png").is_file()
    assert ("B/s" in shown.getvalue()) is not quiet, "the bar of a download"
    assert (shown.getvalue() == "") is quiet
