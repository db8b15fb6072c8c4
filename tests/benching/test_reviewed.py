"""Faults that were once there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from made import picture, srtk, tree
from PIL import Image

from sr_toolkit.benching import code
from sr_toolkit.benching.cache import Cache, default_folder
from sr_toolkit.upscaling.upscaler import Upscaler


def first(outcome) -> dict:
    return json.loads(outcome.out)["results"][0]


def test_a_package_without_init_has_a_hash(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "srtk_bare").mkdir()
    (tmp_path / "srtk_bare" / "amount.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for text in ("A = 1\n", "A = 2\n"):
        (tmp_path / "srtk_bare" / "amount.py").write_text(text)
        code.package_hash.cache_clear()
        found.append(code.package_hash("srtk_bare"))
    code.package_hash.cache_clear()
    assert "" not in found
    assert found[0] != found[1]


def test_a_helper_that_is_being_written_counts(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "srtk_helper.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("srtk_helper")
    try:
        loaded = code.loaded_packages()
        assert "srtk_helper" in loaded
        assert not {"torch", "numpy", "json", "__main__"} & set(loaded)
    finally:
        del sys.modules["srtk_helper"]


def test_images_of_one_stem_are_told_apart(bench, photos: Path, tmp_path: Path) -> None:
    Image.open(photos / "p0.png").transpose(Image.Transpose.ROTATE_90).save(photos / "p0.bmp")
    picture(photos / "tiny.png", 10, 10)
    picture(photos / "tiny.bmp", 48, 48)
    out = tmp_path / "out"
    outcome = bench("--json", "-o", out, "--save-images")
    result = first(outcome)
    labels = [image["label"] for image in result["images"]]
    assert labels == ["p0.bmp", "p0.png", "p1", "p2", "tiny.bmp", "tiny.png"]
    assert list(result["columns"][1]["refused"]) == ["tiny.png"]
    assert result["rows"][0]["mean"]["ssim"] > 0
    assert sum(name.endswith(".png") for name in tree(out)) == 6


def test_saved_images_do_not_bar_a_resume(bench, weights, tmp_path, monkeypatch) -> None:
    real, calls = Upscaler.array, []

    def array(self, image, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(self, image, **options)

    monkeypatch.setattr(Upscaler, "array", array)
    stopped = bench("-o", tmp_path / "out", "--save-images", models=weights)
    assert stopped.code == 130
    assert f"srtk bench --resume {tmp_path / 'out'}" in stopped.err
    other = bench("-o", tmp_path / "out", models="nearest")
    assert "holds another benchmark that was stopped" in other.sentence()
    assert srtk("bench", "--resume", tmp_path / "out").code == 0
    images = [name for name in tree(tmp_path / "out") if name.endswith(".png")]
    assert len(images) == 6
    again = bench("-o", tmp_path / "out", "--save-images", models=weights)
    assert "exists already" in again.sentence()


class TestVerify:
    @pytest.fixture
    def recorded(self, bench, weights, tmp_path) -> Path:
        assert bench("-o", tmp_path / "out", models=weights).code == 0
        return tmp_path / "out" / "results.json"

    def test_an_image_that_is_new(self, recorded, photos) -> None:
        picture(photos / "new.png", 40, 40)
        assert "'new' was not scored before" in srtk("bench", "--verify", recorded).sentence()

    def test_a_figure_that_is_no_number(self, recorded) -> None:
        data = json.loads(recorded.read_text())
        data["results"][0]["rows"][1]["scores"]["psnr"][0] = "nan"
        recorded.write_text(json.dumps(data))
        outcome = srtk("bench", "--verify", recorded)
        assert "beyond the tolerance" in outcome.sentence()
        as_json = srtk("bench", "--verify", recorded, "--json").out
        assert not json.loads(as_json, parse_constant=pytest.fail)["holds"]

    def test_a_model_that_fails_now(self, recorded, monkeypatch) -> None:
        real = Upscaler.array

        def array(self, image, **options):
            if self.parameters():
                raise RuntimeError("boom")
            return real(self, image, **options)

        monkeypatch.setattr(Upscaler, "array", array)
        assert "not scored here" in srtk("bench", "--verify", recorded).sentence()

    def test_nothing_is_no_proof(self, photos, tmp_path) -> None:
        for path in photos.iterdir():
            path.unlink()
        picture(photos / "p.png", 18, 18)
        command = ("bench", "--models", "bicubic", "--dataset", f"folder:{photos}")
        assert srtk(*command, "--metrics", "ssim", "-o", tmp_path / "o").code == 1
        assert "nothing to verify" in srtk("bench", "--verify", tmp_path / "o").sentence()


class TestCompare:
    def test_networks_are_not_mixed(self, bench, tmp_path) -> None:
        for name in "ab":
            assert bench("-o", tmp_path / name, models="nearest").code == 0
        file = tmp_path / "b" / "results.json"
        data = json.loads(file.read_text())
        data["results"][0]["columns"][1]["note"] = "net squeeze"
        file.write_text(json.dumps(data))
        outcome = srtk("compare", tmp_path / "a", tmp_path / "b")
        assert "SSIM: not compared, all images in the first, net squeeze in the" in outcome.out
        assert not [line for line in outcome.out.splitlines() if line.startswith("SSIM  ")]
        assert "nearest: the same images and figures in both, taken once" in outcome.out

    def test_infinite_figures(self, photos, bench, tmp_path) -> None:
        flat = np.full((48, 48, 3), 128, np.uint8)
        Image.fromarray(flat).save(photos / "flat.png")
        for path in photos.glob("p*.png"):
            path.unlink()
        picture(photos / "other.png", 48, 48)
        picture(photos / "third.png", 48, 44)
        # All of them give the flat image back exactly: an infinite PSNR, tied.
        assert bench("-o", tmp_path / "a", models="nearest", metrics="psnr").code == 0
        file = tmp_path / "a" / "results.json"
        data = json.loads(file.read_text())
        data["results"][0]["rows"][1]["scores"]["psnr"][0] = 30.0
        file.write_text(json.dumps(data))
        assert "cannot be tested: infinite figures" in srtk("compare", tmp_path / "a").out
        (pair,) = json.loads(
            srtk("compare", tmp_path / "a", "--json").out, parse_constant=pytest.fail
        )[0]["pairs"]
        assert pair["p"] is None
        assert pair["paired"]["difference"] == "inf"

    def test_chosen_metrics_are_chosen_in_json_too(self, bench, tmp_path) -> None:
        assert bench("-o", tmp_path / "a", models="nearest").code == 0
        found = json.loads(srtk("compare", tmp_path / "a", "--metrics", "psnr", "--json").out)
        assert {pair["metric"] for pair in found[0]["pairs"]} == {"psnr"}

    def test_tables_of_one_alone_are_named(self, bench, tmp_path) -> None:
        assert bench("-o", tmp_path / "a", "--scale", "2,4").code == 0
        assert bench("-o", tmp_path / "b", models="nearest").code == 0
        outcome = srtk("compare", tmp_path / "a", tmp_path / "b")
        assert "×2, protocol y: only in the first" in outcome.out


def test_a_table_that_is_there_is_refused_before_anything(bench, tmp_path, monkeypatch) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.csv").write_text("old")
    monkeypatch.setattr("sr_toolkit.benching.pipeline.Pipeline.run", None)
    assert "results.csv' exists already" in bench("-o", tmp_path / "out").sentence()


def test_killed_after_all_was_written(bench, tmp_path) -> None:
    assert bench("-o", tmp_path / "out").code == 0
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    (tmp_path / "out" / "request.json").write_text(json.dumps(results["request"]))
    (tmp_path / "out" / "results.csv").unlink()
    outcome = srtk("bench", "--resume", tmp_path / "out")
    assert outcome.code == 0
    assert "complete already" in outcome.err
    assert sorted(tree(tmp_path / "out")) == ["results.csv", "results.json"]


def test_a_damaged_cache_is_said_and_cleared(bench) -> None:
    default_folder().mkdir(parents=True)
    (default_folder() / "index.sqlite").write_bytes(b"no database at all" * 100)
    assert "cannot be read; 'srtk cache clear'" in srtk("cache", "info").sentence()
    assert srtk("cache", "clear").code == 0
    assert bench().code == 0
    assert Cache(default_folder()).info().images == 3


def test_options_that_would_be_ignored(bench) -> None:
    for words in (
        ("--stats", "--format", "csv"),
        ("--json", "--stats"),
        ("--json", "--format", "csv"),
    ):
        assert bench(*words).code == 2
    assert bench("--no-reference", "--protocol", "srcnn", metrics="lr-psnr").code == 2


def test_nothing_is_promised_without_a_cache(bench, weights, monkeypatch) -> None:
    def array(self, image, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Upscaler, "array", array)
    outcome = bench("--no-cache", models=weights)
    assert outcome.code == 130
    assert "Nothing was kept" in outcome.err


def test_the_self_check_fetches_nothing(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("sr_toolkit.pretrained.TORCHVISION", f"file://{tmp_path}/nothing/")
    outcome = srtk("bench", "--self-check", "--device", "cpu")
    assert outcome.code == 0, outcome.err
    assert "Downloading" not in outcome.err
    assert max(len(line) for line in outcome.out.splitlines() if line.startswith("bicubic")) < 100


def test_what_else_is_asked_for_changes_no_key(bench, weights, tmp_path) -> None:
    """Another plugin that is loaded besides is no other code, though it is being written."""
    import srtk_esrgan.generator

    alone = {name for name in code.loaded_packages(["srtk_srgan"]) if name.startswith("srtk_")}
    assert alone == {"srtk_srgan"}
    assert srtk_esrgan.generator.__name__ in sys.modules
