"""`srtk data`: what is printed, and exit statuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lying import fixed, png
from shop import Shop

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.cli import main
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.data.pulling import pull_missing

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def srtk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["srtk", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return stop.value.code, out, err

    return run


def fill(root: Path, folder: str, count: int) -> None:
    (root / folder).mkdir(parents=True)
    for number in range(count):
        (root / folder / f"{number:04d}.png").write_bytes(png(number, 8))


def test_the_list(tmp_path: Path, srtk: Command) -> None:
    fill(tmp_path, "Set5", 5)
    fill(tmp_path, "Set14", 3)
    fill(tmp_path, "DIV2K/DIV2K_valid_HR", 100)
    code, out, err = srtk("data", "list", "--data-root", tmp_path)
    assert (code, err) == (0, "")
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert list(rows) == ["NAME", *CATALOG]
    assert rows["NAME"].split() == ["NAME", "IMAGES", "SIZE", "PRESENT", "TERMS"]
    assert "250 MB   yes " in rows["set5"]
    assert "incomplete" in rows["set14"]
    assert "valid only" in rows["div2k"]
    assert "4.0 GB" in rows["div2k"]
    assert "bring your own folder" in rows["manga109"]
    assert "research" in rows["celeba"]
    code, out, _ = srtk("data", "list", "--json", "--data-root", tmp_path)
    found = {one["name"]: one for one in json.loads(out)}
    assert list(found) == list(CATALOG)
    assert (found["set5"]["present"], found["urban100"]["present"]) == ("yes", "no")
    assert found["div2k"]["bytes"] == 3_530_603_713 + 448_993_893
    assert found["set5"]["folders"][0]["path"] == str(tmp_path / "Set5")


def test_showing(shop: Shop, srtk: Command) -> None:
    shop.pull()
    code, out, _ = srtk("data", "show", "set5", "--data-root", shop.root)
    assert code == 0
    assert "Bevilacqua" in out
    assert "the archive's sha256" in out
    assert shop.archive.digest in out
    code, out, _ = srtk("data", "show", "set5", "--json", "--data-root", shop.root)
    assert json.loads(out)["folders"][0]["archives"][0]["urls"] == list(shop.archive.urls)
    code, out, _ = srtk("data", "show", "manga109", "--data-root", shop.root)
    assert "may not be redistributed" in out
    code, _, err = srtk("data", "show", "set55")
    assert (code, "Did you mean 'set5'" in err) == (1, True)


def test_pull_verify_pack_unpack(shop: Shop, tmp_path: Path, srtk: Command) -> None:
    root = ("--data-root", shop.root)
    code, out, err = srtk("data", "pull", "set5", *root)
    assert (code, out) == (0, f"{shop.root / 'Set5' / 'HR'}\n")
    assert "5 images; checked: the archive's sha256." in err
    assert srtk("data", "pull", "set5", "-q", *root) == (0, out, "")
    assert srtk("data", "path", "set5", *root) == (0, out, "")
    code, out, _ = srtk("data", "verify", "set5", *root)
    assert (code, out.count(": ok (5 files; hashes checked)")) == (0, 1)
    packed = tmp_path / "set5.tar"
    assert srtk("data", "pack", "set5", "-o", packed, "-q", *root) == (0, f"{packed}\n", "")
    other = tmp_path / "other"
    code, out, err = srtk("data", "unpack", packed, "--data-root", other)
    assert (code, out, err) == (0, f"{other / 'Set5' / 'HR'}\n", "")
    (other / "Set5" / "HR" / "baby.png").write_bytes(png(9))
    (other / "Set5" / "HR" / "head.png").unlink()
    (other / "Set5" / "HR" / "new.png").write_bytes(png(9))
    code, out, err = srtk("data", "verify", "set5", "--data-root", other)
    assert code == 1
    told = [line.strip() for line in out.splitlines()[1:]]
    assert told == ["damaged: baby.png", "missing: head.png", "added: new.png"]
    assert "srtk data pull set5 --overwrite" in err
    code, out, err = srtk("data", "verify", "set5", "--json", "--data-root", other)
    assert code == 1
    (folder,) = json.loads(out)["folders"]
    assert (folder["damaged"], folder["missing"], folder["added"], folder["ok"]) == (
        ["baby.png"],
        ["head.png"],
        ["new.png"],
        False,
    )
    code, _, _ = srtk("data", "pull", "set5", "--overwrite", "--data-root", other)
    assert code == 0
    assert srtk("data", "verify", "set5", "--data-root", other)[0] == 0


def test_a_limited_pull_prints_what_to_train_on(shop: Shop, srtk: Command) -> None:
    code, out, _ = srtk("data", "pull", "set5", "--limit", "2", "--data-root", shop.root)
    assert (code, out) == (0, f"folder:{shop.root / 'Set5-limit2' / 'HR'}\n")
    assert len(open_dataset(out.strip(), [])) == 2
    code, out, _ = srtk("data", "verify", "set5", "--limit", 2, "--data-root", shop.root)
    assert (code, "ok (2 files; hashes checked)" in out) == (0, True)
    (shop.root / "Set5-limit2" / "HR" / "new.png").write_bytes(png(9))
    code, _, err = srtk("data", "verify", "set5", "--limit", 2, "--data-root", shop.root)
    assert (code, err) == (1, "Fetch it anew by: srtk data pull set5 --overwrite --limit 2\n")
    assert srtk("data", "path", "set5", "--data-root", shop.root)[0] == 1
    assert srtk("data", "path", "set5", "--limit", 2, "--data-root", shop.root)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("pull", "manga109"), 1, "never fetched. It is gated and may not be redistributed"),
        (("pull", "flickr8k"), 1, "a request form"),
        (("pull", "imagenet"), 1, "register and accept"),
        (("pull", "set5:valid"), 1, "has no part 'valid'; it has no parts"),
        (("pull", "div2k:test"), 1, "it has the parts train and valid"),
        (("pull", "div2k", "--scales", "8"), 1, "no LR of its own at ×8 (it has ×2, ×3, ×4)"),
        (("pull", "set5", "--limit", "5"), 1, "leaves nothing out"),
        (("pull", "set6"), 1, "Did you mean 'set5'"),
        (("pull",), 2, "NAMES"),
        (("verify", "set5"), 1, "srtk data pull set5"),
        (("path", "div2k:valid"), 1, "srtk data pull div2k:valid"),
        (("pack", "set5", "-o", "a.tar"), 1, "was not found"),
        (("unpack", "none.tar"), 1, "does not exist"),
    ],
)
def test_refusals(
    tmp_path: Path, srtk: Command, words: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = srtk("data", *words, "--data-root", tmp_path)
    assert (found, out) == (code, "")
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_where_new_sets_go(
    shop: Shop, tmp_path: Path, srtk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sr_toolkit.config.places import cache_dir

    assert srtk("data", "path")[1].splitlines()[0] == str(cache_dir() / "data")
    srtk("data", "pull", "set5")
    assert (cache_dir() / "data" / "Set5" / "HR").is_dir()
    monkeypatch.setenv("SRTK_DATA", str(tmp_path / "own"))
    assert srtk("data", "path")[1].splitlines()[0] == str(tmp_path / "own")
    srtk("data", "pull", "set5", "--limit", "1")
    assert (tmp_path / "own" / "Set5-limit1" / "HR").is_dir()
    assert not (tmp_path / "own" / "Set5").exists()  # the cache has it


def test_pull_missing_fetches_what_is_missing_alone(shop: Shop, tmp_path: Path) -> None:
    roots = [shop.root]
    assert pull_missing(["sample", f"folder:{tmp_path}", "nothing"], roots, shop.root) == []
    assert shop.server.log == []
    assert pull_missing(["set5", "set5"], roots, shop.root, quiet=True) == [
        shop.root / "Set5" / "HR"
    ]
    assert pull_missing(["set5"], roots, shop.root) == []
    assert len(shop.server.log) == 1


def test_train_pulls_before_anything_else(
    shop: Shop, tmp_path: Path, srtk: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("train", "srgan", "--data", "sample", "--val", "set5", "--data-root", shop.root)
    small = ("--set", "phases.psnr.steps=1", "--set", "phases.gan.steps=1", "--phases", "psnr")
    shop.root.mkdir()
    code, _, err = srtk(*words, *small)
    assert (code, "srtk data pull set5" in err) == (1, True)
    code, _, err = srtk(*words, "--preset", "none", "--pull")
    assert (code, len(shop.server.log)) == (1, 0)  # a wrong request fetches nothing
    shop.answer(fixed(status=404))
    code, _, err = srtk(*words, *small, "--pull")
    assert (code, "answers with 404" in err) == (1, True)
    assert not (tmp_path / "runs").exists()
    code, _, err = srtk("train", "srgan", "--data", "manga109", "--data-root", shop.root, "--pull")
    assert (code, "may not be redistributed" in err) == (1, True)


def test_bench_pulls_before_anything_else(shop: Shop, srtk: Command) -> None:
    shop.root.mkdir()
    words = ("bench", "--models", "bicubic", "--dataset", "set5", "--data-root", shop.root)
    more = ("--scale", "2", "--metrics", "psnr", "--no-cost", "--json", "--device", "cpu")
    code, _, err = srtk(*words, *more)
    assert (code, "srtk data pull set5" in err) == (1, True)
    code, _, err = srtk(*words, *more, "--protocol", "x", "--pull")
    assert (code, len(shop.server.log)) == (1, 0)  # a wrong request fetches nothing
    code, out, err = srtk(*words, *more, "--pull")
    assert code == 0, err
    assert len(json.loads(out)["results"][0]["images"]) == 5
    shop.assert_whole()
