"""Results that are run again, compared, and checked against known figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made import make_run, picture, srtk
from PIL import Image
from reference_imresize import matrix
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from sr_toolkit.benching.result import read_results
from sr_toolkit.benching.self_check import stored
from sr_toolkit.data.opening import open_dataset


@pytest.fixture
def recorded(bench, weights, tmp_path) -> Path:
    assert bench("-o", tmp_path / "out", models=f"{weights},nearest").code == 0
    return tmp_path / "out" / "results.json"


def change(file: Path, edit) -> None:
    data = json.loads(file.read_text())
    edit(data)
    file.write_text(json.dumps(data))


def test_what_is_untouched_holds(recorded):
    outcome = srtk("bench", "--verify", recorded)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("holds") == 6
    assert srtk("bench", "--verify", recorded.parent, "--json").out.count('"problem": ""') == 6


@pytest.mark.parametrize(("shift", "holds"), [(0.0009, True), (0.0011, False)])
def test_a_score_is_held_to_its_stated_tolerance(recorded, shift, holds):
    def edit(data):
        data["results"][0]["rows"][1]["scores"]["psnr"][2] += shift

    change(recorded, edit)
    outcome = srtk("bench", "--verify", recorded)
    assert (outcome.code == 0) == holds
    if not holds:
        assert "1 of 6 figures do not hold" in outcome.sentence()
        assert "(p2)" in outcome.out


def test_other_pictures_are_named(recorded, photos):
    (photos / "p1.png").unlink()
    picture(photos / "p1.png", 56, 45)
    sentence = srtk("bench", "--verify", recorded).sentence()
    assert "the image 'p1' here is not the one that was scored" in sentence
    (photos / "p1.png").unlink()
    assert "'p1' is not in the set any more" in srtk("bench", "--verify", recorded).sentence()


def test_other_weights_are_told(recorded, weights):
    def edit(data):
        data["results"][0]["rows"][1]["weights_sha256"] = "0" * 64

    change(recorded, edit)
    assert "the weights are others" in srtk("bench", "--verify", recorded).sentence()
    weights.unlink()
    assert str(weights) in srtk("bench", "--verify", recorded).sentence()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is no results.json"),
        ("[]", "is no results.json"),
        ('{"schema": 99, "results": []}', "has form 99"),
        ('{"schema": 2, "results": [{"rows": [{"model": 3}]}]}', "is damaged"),
    ],
)
def test_damaged_files(tmp_path, content, why):
    file = tmp_path / "results.json"
    assert "There is no results.json" in srtk("bench", "--verify", file).sentence(ends=(".", "?"))
    file.write_text(content)
    assert why in srtk("bench", "--verify", file).sentence()
    assert why in srtk("compare", file).sentence()


def test_what_is_read_is_what_was_written(recorded):
    assert read_results(recorded).to_json() == recorded.read_text()


def test_options_without_effect_are_refused(recorded):
    outcome = srtk("bench", "--verify", recorded, "--models", "srgan")
    assert outcome.code == 2
    assert "Leave out --models" in outcome.err
    assert srtk("bench", "--self-check", "--dataset", "set5").code == 2


def test_models_that_differ_are_told(tmp_path, bench, photos):
    astronaut = open_dataset("sample", ()).image(0)
    for path in photos.iterdir():
        path.unlink()
    for number in range(8):
        crop = astronaut[40 * number : 40 * number + 96, 200:296]
        Image.fromarray(crop).save(photos / f"p{number}.png")
    assert bench("-o", tmp_path / "a", models="nearest", metrics="psnr").code == 0
    assert bench("-o", tmp_path / "b", models="lanczos", metrics="psnr").code == 0
    outcome = srtk("compare", tmp_path / "a", tmp_path / "b")
    assert outcome.code == 0, outcome.err
    lines = [line for line in outcome.out.splitlines() if line.startswith("PSNR")]
    assert len(lines) == 3, "bicubic is in both, and compared once"
    better = [line.rpartition("  ")[2] for line in lines]
    assert better == ["bicubic is better", "lanczos is better", "lanczos is better"]
    pairs = json.loads(srtk("compare", tmp_path / "a", "--json").out)[0]["pairs"]
    assert [(pair["first"], pair["second"]) for pair in pairs] == [("bicubic", "nearest")]
    assert pairs[0]["paired"]["count"] == 8


def test_few_images_show_nothing(recorded):
    outcome = srtk("compare", recorded)
    assert "no difference shown" in outcome.out
    assert "3 images cannot show a difference" in outcome.out


def test_different_protocols_and_data_are_refused(tmp_path, bench, photos):
    for name, words in {"a": (), "b": ("--protocol", "rgb"), "c": ()}.items():
        if name == "c":
            picture(photos / "p1.png", 56, 48)
        assert bench("-o", tmp_path / name, *words, metrics="psnr").code == 0
    apart = srtk("compare", tmp_path / "a", tmp_path / "b").sentence()
    assert "no table in common" in apart
    assert "protocol rgb" in apart
    others = srtk("compare", tmp_path / "a", tmp_path / "c").sentence()
    assert "different images: 'p1'" in others
    assert "metric of these results 'lpips'" in srtk(
        "compare", tmp_path / "a", "--metrics", "lpips"
    ).sentence(ends=(".", "?"))


def test_seeds_are_averaged(tmp_path, bench):
    for seed in range(3):
        make_run(tmp_path / f"run{seed}", "psnr", seed=seed)
    runs = [tmp_path / f"run{seed}" for seed in range(3)]
    outcome = bench("--json", models=",".join(map(str, runs)), metrics="psnr")
    rows = json.loads(outcome.out)["results"][0]["rows"]
    assert [row["kind"] for row in rows] == ["model"] * 4 + ["mean"]
    assert rows[-1]["model"] == "srgan:psnr (mean of 3 seeds)"
    per_image = np.mean([row["scores"]["psnr"] for row in rows[1:4]], axis=0)
    np.testing.assert_allclose(rows[-1]["scores"]["psnr"], per_image)
    means = [row["mean"]["psnr"] for row in rows[1:4]]
    assert rows[-1]["spread"]["psnr"] == pytest.approx(np.std(means, ddof=1))


def test_one_seed_twice_is_no_mean(tmp_path, bench):
    for name in "ab":
        make_run(tmp_path / name, "psnr")
    outcome = bench("--json", models=f"{tmp_path / 'a'},{tmp_path / 'b'}", metrics="psnr")
    assert {row["kind"] for row in json.loads(outcome.out)["results"][0]["rows"]} == {"model"}


def by_matrices(image: np.ndarray, scale: float, *, rounded_passes: bool) -> np.ndarray:
    """Resize by the slow transcription's matrices, to whole levels."""

    def rounded(values: np.ndarray) -> np.ndarray:
        return np.clip(np.floor(values + 0.5 + 1e-8), 0, 255)

    def along(image: np.ndarray, axis: int) -> np.ndarray:
        length = image.shape[axis]
        weights = matrix(length, round(length * scale), scale, True)
        return np.moveaxis(np.tensordot(weights, image, (1, axis)), 0, axis)

    half = along(image.astype(np.float64), 0)
    return rounded(along(rounded(half) if rounded_passes else half, 1))


class TestSelfCheck:
    def test_it_holds_and_says_what_is_not_here(self):
        outcome = srtk("bench", "--self-check", "--device", "cpu")
        assert outcome.code == 0, outcome.err
        assert "WRONG" not in outcome.out
        assert "'set5' is not here" in outcome.out
        assert "skipped" in outcome.out

    def test_a_broken_metric_is_found(self, monkeypatch):
        monkeypatch.setattr("sr_toolkit.metrics.ssim.SIGMA", 1.6)
        monkeypatch.setattr("sr_toolkit.metrics.psnr.PSNR.score", lambda self, sr, hr: 30.0)
        outcome = srtk("bench", "--self-check", "--device", "cpu")
        assert outcome.code == 1
        assert "WRONG" in outcome.out
        assert "are not as they should be" in outcome.err

    @pytest.mark.slow
    def test_the_published_figures(self, srtk_data, srtk_weights):
        roots = ("--data-root", srtk_data, "--weights-root", srtk_weights)
        outcome = srtk("bench", "--self-check", "--device", "cpu", *roots)
        assert outcome.code == 0, outcome.err
        assert "0 skipped" in outcome.out

    @pytest.mark.parametrize(
        "case",
        [c for c in stored() if c.protocol != "srcnn"],
        ids=lambda c: f"{c.protocol}{c.scale}",
    )
    def test_the_stored_figures_by_other_means(self, case):
        """The script that everybody writes, with scikit-image's metrics and a plain imresize."""
        sample = open_dataset("sample", ())
        psnr, ssim = [], []
        for index in range(len(sample)):
            hr = sample.image(index)
            s = case.scale
            hr = hr[: hr.shape[0] // s * s, : hr.shape[1] // s * s]
            lr = by_matrices(hr, 1 / s, rounded_passes=True)
            sr = by_matrices(lr, float(s), rounded_passes=False).astype(np.uint8)
            if case.protocol == "y":
                planes = [rgb2ycbcr(image)[s:-s, s:-s, :1] for image in (sr, hr)]
            else:
                planes = [image[s:-s, s:-s].astype(np.float64) for image in (sr, hr)]
            psnr.append(peak_signal_noise_ratio(planes[1], planes[0], data_range=255))
            ssim.append(
                structural_similarity(
                    planes[1], planes[0], channel_axis=2, data_range=255, gaussian_weights=True,
                    sigma=1.5, use_sample_covariance=False,
                )
            )  # fmt: skip
        assert case.scores["psnr"] == pytest.approx(np.mean(psnr), abs=2e-4)
        assert case.scores["ssim"] == pytest.approx(np.mean(ssim), abs=2e-5)
