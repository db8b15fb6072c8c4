"""A push into a folder: whole or not at all, under a license that is one."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from unittest import mock

import pytest
from made import save_checkpoint, srtk, tree
from standin import Hub

NAME = "user/tiny-x4"


def dry_run(weights: Path, out: Path, *words: object) -> tuple[object, ...]:
    return ("hub", "push", weights, NAME, "--device", "cpu", "--dry-run", "-o", out, *words)


def test_a_folder_is_replaced_whole(hub: Hub, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "card"
    assert srtk(*dry_run(weights, out)).code == 0
    (out / "results.json").write_text("{}")
    assert srtk(*dry_run(weights, out, "--overwrite")).code == 0
    assert set(tree(out)) == {"README.md", "config.json", "model.safetensors", "strip.png"}
    assert list(out.parent.iterdir()) == [out]
    (out / "thesis.tex").write_text("years of work")
    said = srtk(*dry_run(weights, out, "--overwrite")).sentence()
    assert "holds 'thesis.tex', which no push writes" in said
    assert (out / "thesis.tex").read_text() == "years of work"
    (tmp_path / "file").write_text("kept")
    assert "is no folder" in srtk(*dry_run(weights, tmp_path / "file", "--overwrite")).sentence()
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("failing", ["copy", "rename"])
def test_a_folder_that_cannot_be_written_stays_as_it_was(
    hub: Hub, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    out = tmp_path / "made" / "card"
    assert srtk(*dry_run(weights, out)).code == 0
    before = tree(out)
    other = save_checkpoint(weights.with_name("other.safetensors"), 2, license="MIT")
    rename, full = Path.rename, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    left = [1]

    def fail_once(path: Path, target: Path) -> Path:
        if Path(target) == out and left.pop():
            left.append(0)
            raise full
        return rename(path, target)

    if failing == "rename":
        monkeypatch.setattr(Path, "rename", fail_once)
    else:
        monkeypatch.setattr("sr_toolkit.publishing.folder.make_card", mock.Mock(side_effect=full))
    assert "No space left" in srtk(*dry_run(other, out, "--overwrite")).sentence()
    assert tree(out) == before
    assert list(out.parent.iterdir()) == [out]


def test_the_license_is_an_spdx_expression(hub: Hub, weights: Path, tmp_path: Path) -> None:
    for text in ("My own", "Apache 2", "LicenseRef-a b"):
        said = srtk(*dry_run(weights, tmp_path / "card", "--license", text)).sentence()
        assert f"'{text}' is no SPDX license expression" in said
    stated = save_checkpoint(tmp_path / "stated.safetensors", license="ask me")
    assert "'ask me' is no SPDX" in srtk("hub", "push", stated, NAME).sentence()
    assert hub.log == []
    for text, written in (("apache-2.0", "Apache-2.0"), ("LicenseRef-Own", "LicenseRef-Own")):
        out = tmp_path / text
        assert srtk(*dry_run(weights, out, "--license", text)).code == 0
        assert json.loads((out / "config.json").read_text())["license"] == written
        assert f"| license of the weights | {written} |" in (out / "README.md").read_text()
