"""What people read: tables of many sets, scales and protocols, in four forms."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from made import picture, save_checkpoint, srtk
from PIL import Image

import sr_toolkit as sr
from sr_toolkit.benching.formats import render
from sr_toolkit.benching.published import published
from sr_toolkit.images.io import Picture, write_image
from sr_toolkit.metrics.ssim import SSIM


@pytest.fixture
def several(photos: Path, tmp_path: Path):
    """Bicubic and lanczos on two folders at two scales under two protocols."""
    picture(tmp_path / "a_b & c" / "x|y.png", 48, 48)
    return sr.bench(
        "lanczos",
        dataset=[f"folder:{photos}", f"folder:{tmp_path / 'a_b & c'}"],
        scale=[2, 4],
        protocol="y,srcnn",
        metrics="psnr,ssim",
        cost=False,
        quiet=True,
    )


def test_every_combination_is_a_table(several) -> None:
    keys = [(result.dataset, result.scale, result.protocol) for result in several]
    names = ("folder:photos", "folder:a_b & c")
    assert keys == [(name, s, p) for name in names for s in (2, 4) for p in ("y", "srcnn")]
    assert len(several) == 8


def test_markdown_holds_the_means(several) -> None:
    text = render(several, "markdown")
    assert text.count("\n| model |") == 4, "one table for each scale and protocol"
    rows = [line for line in text.splitlines() if line.startswith("| lanczos ")]
    cells = [cell.strip(" *") for cell in rows[0].split("|")[2:6]]
    expected = [
        f"{several[place].mean('lanczos', metric):.4f}"
        for place in (0, 4)
        for metric in ("psnr", "ssim")
    ]
    assert cells == expected


def test_csv_is_read_by_a_csv_reader(several) -> None:
    rows = list(csv.DictReader(io.StringIO(render(several, "csv"))))
    assert [row["model"] for row in rows] == ["bicubic", "lanczos"] * 8
    one = rows[1]
    assert (one["dataset"], one["images"], one["scale"], one["protocol"]) == (
        *("folder:photos", "3", "2", "y"),
    )
    assert float(one["psnr"]) == several[0].mean("lanczos", "psnr")
    assert one["parameters"] == ""


def test_latex_is_balanced_and_escaped(several) -> None:
    text = render(several, "latex")
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 4
    body = [line for line in text.splitlines() if not line.startswith("%")]
    assert not [line for line in body if re.search(r"(?<!\\)_", line)]
    rows = [line for line in body if line.startswith(("bicubic", "lanczos"))]
    assert len({line.count("&") - line.count(r"\&") for line in rows}) == 1
    assert r"\textbf{" in text


def test_the_terminal_names_each_dataset_and_says_the_rules_once(several) -> None:
    text = several.table()
    assert text.count("protocol y: BT.601 Y in float") == 2, "for ×2 and ×4: other borders"
    assert "folder:photos, 3 images" in text
    assert text.count("best of its column") == 4
    assert "fixed method" not in text


def test_a_table_too_wide_is_cut_into_one_for_each_dataset(several) -> None:
    from sr_toolkit.benching.table import render_text

    wide, narrow = render_text(several, width=200), render_text(several, width=50)
    assert (wide.count("┡"), narrow.count("┡")) == (4, 12)  # two sets and the cost, four times
    assert max(len(line) for line in narrow.splitlines() if line.startswith("│")) <= 50


def test_per_image_csv(several, tmp_path: Path) -> None:
    several.save(tmp_path / "out")
    with (tmp_path / "out" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * (3 + 1) * 4
    one = next(r for r in rows if (r["model"], r["image"], r["scale"]) == ("lanczos", "p1", "4"))
    assert float(one["psnr"]) == several[2].row("lanczos").scores["psnr"][1]


def test_statistics_are_printed(bench) -> None:
    outcome = bench("--stats", models="lanczos,nearest")
    assert outcome.code == 0
    lines = [line for line in outcome.out.splitlines() if "PSNR" in line and "…" in line]
    own, paired = lines[:3], lines[3:]
    assert [line.split()[1] for line in own] == ["bicubic", "lanczos", "nearest"]
    assert [line.split()[1::4][:2] for line in paired] == [
        *(["bicubic", "lanczos"], ["lanczos", "bicubic"]),
        *(["nearest", "bicubic"], ["nearest", "lanczos"]),
    ]
    assert all(re.search(r"[0-3]/3 │", line) for line in paired), "images won of all"


def test_means_are_over_images_that_every_model_can_be_scored_on(bench, monkeypatch) -> None:
    real = SSIM.score

    def score(self, sr, hr):
        if sr.shape[1] == 36 and (sr == sr[:1]).mean() > 0:  # p1, and for some models only
            score.calls += 1
            if score.calls == 1:
                raise ValueError("flat")
        return real(self, sr, hr)

    score.calls = 0
    monkeypatch.setattr(SSIM, "score", score)
    result = json.loads(bench("--json", models="nearest,lanczos").out)["results"][0]
    assert result["columns"][1]["refused"] == {"p1": "flat"}
    for row in result["rows"]:
        kept = [row["scores"]["ssim"][place] for place in (0, 2)]
        assert row["mean"]["ssim"] == pytest.approx(sum(kept) / 2)


def test_no_markup_in_names_is_taken_for_markup(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]x"
    picture(folder / "[red]p.png", 40, 40)
    weights = save_checkpoint(tmp_path / "[red]" / "tiny.safetensors")
    outcome = srtk("bench", "--models", weights, "--dataset", f"folder:{folder}", "--no-cost")
    assert outcome.code == 0, outcome.err
    assert "[bold]x" in outcome.out
    assert "[red]/tiny" in outcome.out


class TestPublished:
    def test_rows_stand_where_the_protocol_agrees(self, srtk_data: Path) -> None:
        call = {"dataset": "set5", "metrics": "psnr,ssim", "data_root": srtk_data, "quiet": True}
        results = sr.bench("bicubic", protocol="y,rgb,srcnn", scale=4, published=True, **call)
        named = [{row.model for row in r.rows if row.kind == "published"} for r in results]
        assert "RRDB (PSNR, DF2K)" in named[0]
        assert named[0] & named[1] == set()
        assert named[2] == {"bicubic (published)"}
        assert results[0].mean("RRDB (PSNR, DF2K)", "psnr") == 32.73
        assert "†" in results.table()
        assert "published, not measured here" in results.table()
        blurred = sr.bench("bicubic", lr="bd", scale=4, published=True, **call)[0]
        assert {row.kind for row in blurred.rows} == {"model"}

    def test_every_figure_has_its_source(self) -> None:
        for entry in published():
            assert len(entry.source) > 10
            assert entry.datasets
            for scores in entry.datasets.values():
                assert set(scores) <= {"psnr", "ssim", "lpips"}
                assert 20 < scores.get("psnr", 30) < 40
                assert 0 < scores.get("ssim", 0.5) < 1


class TestNoReference:
    def test_photographs_without_hr(self, photos: Path, weights: Path) -> None:
        command = ("bench", "--dataset", f"folder:{photos}", "--no-reference", "--device", "cpu")
        outcome = srtk(*command, "--models", weights, "--metrics", "lr-psnr", "--json")
        assert outcome.code == 0, outcome.err
        result = json.loads(outcome.out)["results"][0]
        assert result["protocol"] == "none"
        assert result["images"][0]["hr_sha256"] == ""
        assert (result["images"][0]["width"], result["images"][0]["height"]) == (48, 40)
        assert result["rows"][0]["mean"]["lr-psnr"] > 15
        assert result["rows"][0]["cost"]["width"] in (4 * 44, 4 * 48, 4 * 64)

    def test_niqe_is_there_by_default(self) -> None:
        results = sr.bench("bicubic", dataset="sample", no_reference=True, quiet=True, cost=False)
        assert [column.name for column in results[0].columns] == ["niqe", "lr-psnr"]
        assert 2 < results[0].mean("bicubic", "niqe") < 20

    def test_what_needs_an_hr_is_refused(self, photos: Path) -> None:
        command = ("bench", "--models", "bicubic", "--dataset", f"folder:{photos}")
        refused = srtk(*command, "--no-reference", "--metrics", "psnr").sentence()
        assert "compares with an HR" in refused
        refused = srtk(*command, "--no-reference", "--lr", "given").sentence()
        assert "the images are the LR" in refused


class TestKindsOfImages:
    """Gray, 16 bits, odd sizes: held to what the same picture gives as 8-bit RGB."""

    def score(self, folder: Path) -> list[dict]:
        result = sr.bench(
            "bicubic", dataset=f"folder:{folder}", protocol="y,rgb", cost=False, quiet=True,
            metrics="psnr,ssim,lr-psnr",
        )  # fmt: skip
        return [one.rows[0].scores for one in result]

    @pytest.mark.parametrize("kind", ["gray", "deep", "odd"])
    def test_equal_to_rgb(self, tmp_path: Path, rng: np.random.Generator, kind: str) -> None:
        noise = rng.integers(0, 256, (61, 47, 3), dtype=np.uint8)
        if kind == "gray":
            noise[...] = noise[..., :1]
        shown, plain = tmp_path / "a", tmp_path / "b"
        shown.mkdir()
        plain.mkdir()
        if kind == "gray":
            Image.fromarray(noise[..., 0]).save(shown / "x.png")
        elif kind == "deep":
            write_image(shown / "x.png", Picture(pixels=noise.astype(np.uint16) * 257))
        else:
            Image.fromarray(noise).save(shown / "x.png")
            noise = noise[:60, :44]
        Image.fromarray(noise).save(plain / "x.png")
        assert self.score(shown) == self.score(plain)


def test_arguments_that_mean_nothing(bench) -> None:
    assert bench("--lr", "given", "--degradation", "bd").code == 2
    assert srtk("bench").code == 2
    assert "Unknown LR 'jpge40'. Did you mean 'jpeg40'" in bench("--degradation", "jpge40").err
    assert "Unknown protocol" in bench("--protocol", "y,z").sentence(ends=(".", "?"))
    assert bench("--format", "html").code == 2
