"""What fails costs its cell or its row, with the reason below the table; never the rest."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from made import picture, save_checkpoint, srtk
from PIL import Image

from sr_toolkit.benching.result import read_results
from sr_toolkit.images.resize import resize
from sr_toolkit.interfaces import SetMetric
from sr_toolkit.metrics.opening import open_metric
from sr_toolkit.upscaling.upscaler import Upscaler


@pytest.fixture
def failing(monkeypatch):
    """Let networks fail on pictures of a width, by any exception."""

    def arrange(width, error):
        real = Upscaler.array

        def array(self, image, **options):
            if self.parameters() and image.shape[1] * 4 == width:
                raise error
            return real(self, image, **options)

        monkeypatch.setattr(Upscaler, "array", array)

    return arrange


def first(outcome) -> dict:
    return json.loads(outcome.out)["results"][0]


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), MemoryError(), ZeroDivisionError("division by zero")]
)
def test_one_image_of_one_model(bench, weights, failing, error):
    failing(44, error)
    outcome = bench("--json", models=weights)
    assert outcome.code == 1
    assert "on 'p1' of 'folder:photos': " + type(error).__name__ in outcome.err
    result = first(outcome)
    bicubic, tiny = result["rows"]
    assert bicubic["mean"]["psnr"] > 0
    assert [value is None for value in tiny["scores"]["psnr"]] == [False, True, False]
    assert tiny["mean"]["psnr"] is None, "a mean over a part would pass for the whole"
    assert "p1" in tiny["failed"]
    table = bench(models=weights)
    assert type(error).__name__ in table.out
    assert table.code == 1


def test_every_image_of_one_model(bench, weights, monkeypatch):
    real = Upscaler.array

    def array(self, image, **options):
        if self.parameters():
            raise RuntimeError("boom")
        return real(self, image, **options)

    monkeypatch.setattr(Upscaler, "array", array)
    result = first(bench("--json", models=weights))
    assert result["rows"][1]["failure"] == "no image could be enlarged, RuntimeError: boom"
    assert result["rows"][0]["mean"]["psnr"] > 0


def test_values_that_are_not_finite(bench, weights, monkeypatch):
    monkeypatch.setattr(
        "srtk_srgan.generator.MSRResNet.forward",
        lambda self, lr, scale=None: lr.repeat_interleave(4, 2).repeat_interleave(4, 3) * np.nan,
    )
    outcome = bench("--json", models=weights)
    assert "not finite" in outcome.err
    assert first(outcome)["rows"][0]["mean"]["psnr"] > 0


def test_a_damaged_checkpoint_costs_its_row(bench, weights, tmp_path):
    damaged = save_checkpoint(tmp_path / "more" / "damaged.safetensors")
    damaged.write_bytes(damaged.read_bytes()[:-100])
    outcome = bench("--json", models=f"{weights},{damaged}")
    assert outcome.code == 1
    rows = first(outcome)["rows"]
    assert [row["mean"]["psnr"] is None for row in rows] == [False, False, True]
    assert str(damaged) in rows[2]["failure"]
    assert str(damaged) in bench(models=damaged).sentence(), "alone, there is nothing to do"


def test_a_metric_that_errs_costs_its_figure(bench, weights, monkeypatch):
    def score(self, sr, hr):
        raise RuntimeError("boom")

    monkeypatch.setattr("sr_toolkit.metrics.ssim.SSIM.score", score)
    outcome = bench("--json", models=weights)
    assert outcome.code == 1
    for row in first(outcome)["rows"]:
        assert row["mean"]["ssim"] is None
        assert row["mean"]["psnr"] > 0
        assert row["failed"]["p0"] == "ssim: RuntimeError: boom"


def test_nothing_can_be_scored(photos, bench):
    for path in photos.iterdir():
        path.write_text("not a picture")
    sentence = bench().sentence()
    assert sentence.startswith("No image of 'folder:photos' can be scored. Image 'p0': ")


def test_lpips_refuses_an_image_and_scores_the_others(photos, srtk_weights):
    picture(photos / "q.png", 24, 24)
    command = ("bench", "--models", "bicubic", "--dataset", f"folder:{photos}", "--device", "cpu")
    outcome = srtk(*command, "--weights-root", srtk_weights)
    assert outcome.code == 0, outcome.err
    assert "mean of 3 of 4 images; 'q': LPIPS (alex) needs at least" in outcome.out
    named = srtk(*command, "--weights-root", srtk_weights, "--metrics", "lpips")
    assert "LPIPS on 'q' of 'folder:photos'" in named.sentence()


def test_stopped_by_ctrl_c(bench, weights, tmp_path, monkeypatch):
    calls = []
    real = Upscaler.array

    def array(self, image, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(self, image, **options)

    monkeypatch.setattr(Upscaler, "array", array)
    outcome = bench("-o", tmp_path / "out", models=weights)
    assert outcome.code == 130
    assert "the same command goes on from there" in outcome.err
    assert not (tmp_path / "out" / "results.json").exists()
    again = srtk("bench", "--resume", tmp_path / "out", "--json")
    assert again.code == 0, again.err
    assert [row["cached"] for row in first(again)["rows"]] == [2, 1]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "results.csv",
        "results.json",
    ]


def test_a_stopped_bench_is_gone_on_with_from_another_folder(
    photos, weights, tmp_path, monkeypatch
):
    real = Upscaler.array

    def stopped(self, image, **options):
        if self.parameters():
            raise KeyboardInterrupt
        return real(self, image, **options)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Upscaler, "array", stopped)
    models = f"{weights.relative_to(tmp_path)},bicubic"
    command = ("bench", "--models", models, "--dataset", "folder:photos", "-o", "out")
    assert srtk(*command, "--metrics", "psnr", "--device", "cpu").code == 130
    monkeypatch.setattr(Upscaler, "array", real)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    resumed = srtk("bench", "--resume", tmp_path / "out", "--json")
    assert resumed.code == 0, resumed.err
    assert [row["model"] for row in first(resumed)["rows"]] == ["weights/tiny", "bicubic"]
    assert (tmp_path / "out" / "results.json").is_file()


def test_two_sets_of_one_name_are_told_apart(tmp_path):
    for folder, side in (("a", 40), ("b", 48)):
        picture(tmp_path / folder / "x" / "p.png", side, side)
    sets = f"folder:{tmp_path / 'a' / 'x'},folder:{tmp_path / 'b' / 'x'}"
    outcome = srtk("bench", "--models", "bicubic", "--dataset", sets, "--json", "--no-cost")
    results = json.loads(outcome.out)["results"]
    assert [result["dataset"] for result in results] == ["folder:x", "folder:x (2)"]
    assert [result["images"][0]["width"] for result in results] == [40, 48]


def test_a_scale_that_nothing_serves(bench):
    assert "not ×5" in bench("--scale", "5").sentence()


class Spread(SetMetric):
    """The distance of two sets' mean colors, for tests of metrics over a whole set."""

    name = "Spread"
    higher_is_better = False
    space = "rgb"

    def embed(self, image):
        if image.shape[1] == 44:
            raise ValueError("44 is no width")
        return image.mean(axis=(0, 1))

    def distance(self, sr, hr):
        assert sr.shape == hr.shape
        return float(np.abs(sr.mean(0) - hr.mean(0)).max())


def test_a_score_of_the_whole_set(bench, photos, monkeypatch):
    real = open_metric
    monkeypatch.setattr(
        "sr_toolkit.benching.opening.open_metric",
        lambda name, offered=None: Spread() if name == "fid" else real(name, offered),
    )
    refused = first(bench("--json", metrics="psnr,fid"))
    assert [row["mean"]["fid"] for row in refused["rows"]] == [None]
    (photos / "p1.png").unlink()
    row = first(bench("--json", metrics="psnr,fid", models="nearest"))["rows"][1]
    hr = [np.asarray(Image.open(path)).mean(axis=(0, 1)) for path in sorted(photos.iterdir())]
    lr = [
        resize(np.asarray(Image.open(path)), scale=0.25).mean(axis=(0, 1))
        for path in sorted(photos.iterdir())
    ]
    expected = np.abs(np.mean(hr, 0) - np.mean(lr, 0)).max()
    assert row["mean"]["fid"] == pytest.approx(expected)
    assert row["over_set"] == {"fid": row["mean"]["fid"]}


def test_names_that_are_not_utf8(bench, photos, tmp_path):
    (photos / "p1.png").rename(photos / os.fsdecode(b"\xff\xfe.png"))
    outcome = bench("-o", tmp_path / "out", "--save-images", "--json")
    assert outcome.code == 0, outcome.err
    assert first(outcome)["images"][2]["label"] == r"\xff\xfe"
    assert read_results(tmp_path / "out")[0].labels == ["p0", "p2", r"\xff\xfe"]
