"""The report as a file: whole, self-contained, escaped, bounded; refused before any work."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import picture, srtk
from many import LPIPS, PSNR, MadeUpPictures, made_up
from PIL import Image
from reading import read

from sr_toolkit.benching.result import Row, read_results
from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.reporting import write_report

EVIL_IMAGE, EVIL_MODEL = "<img src=x onerror=alert(1)>", "</script>"


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Write a report of made-up results and read it."""

    def make(results: Any, pictures: Any = None, **options: Any) -> Any:
        side = results[0].images[0].width
        pictures = pictures or MadeUpPictures(side)
        write_report(results, pictures, tmp_path / "r.html", overwrite=True, **options)
        return read(tmp_path / "r.html")

    return make


def decoded(uri: str) -> np.ndarray:
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_it_holds_tables_plots_and_pictures(report: Path) -> None:
    page = read(report)
    assert page.count("table") == 2 * 2 + 1  # means and differences by protocol; one image's
    assert page.count("figure") >= 2
    assert {len(block["uris"]) for block in page.pictures.values()} == {6}  # LR, HR, four models
    assert len(page.pictures) == 3
    text = " ".join(page.words)
    for words in ("protocol y: BT.601", "protocol rgb: all RGB", "srtk bench --verify", "won 3 of"):
        assert words in text, words


def test_it_asks_for_nothing_and_its_policy_allows_nothing(report: Path) -> None:
    page = read(report)
    metas = [attributes for tag, attributes in page.elements if tag == "meta"]
    policy = next(m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data: blob:;")
    assert "unsafe" not in policy
    for kind, (text,) in (("script", page.scripts), ("style", page.styles)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    asking = {"src", "href", "srcset", "action", "poster", "style", "onclick", "onload", "onerror"}
    assert [
        (tag, name) for tag, attributes in page.elements for name in asking & set(attributes)
    ] == []
    assert "://" not in "".join(page.scripts + page.styles)


def test_names_are_text(report: Path) -> None:
    page = read(report)
    assert page.count("img") == 0
    assert page.count("script") == 2 + 3 + 1
    assert EVIL_MODEL in page.words
    assert EVIL_IMAGE in page.blocks["table-0"]["images"]
    assert EVIL_MODEL in page.blocks["table-0"]["models"]


def test_any_name_is_text(made: Any) -> None:
    labels = ("<!--", "</script><script>alert(1)</script>", "\"'&amp;", "été 日本 \u2028 🙂")
    models = ("bicubic", '"><svg onload=alert(1)>', "{{ 7 * 7 }}", "</style>'")
    page = made(made_up(4, models, labels=labels))
    assert page.blocks["table-0"]["images"] == list(labels)
    assert page.blocks["table-0"]["models"] == list(models)
    assert page.count("script") == 1 + 4 + 1
    assert page.count("style") == 1
    for model in models:
        assert model in page.words


def test_pictures_are_the_pixels_that_were_scored(report: Path) -> None:
    page = read(report)
    results = read_results(report.parent / "out")
    table = page.blocks["table-0"]
    for place, image in enumerate(results[0].images):
        block = page.blocks[table["pictures"][str(place)]]
        file = report.parent / "photos" / f"{image.label}.png"
        hr = np.asarray(Image.open(file))[: image.height, : image.width]
        assert block["quality"] == "lossless"
        assert block["whole"]
        np.testing.assert_array_equal(decoded(block["uris"]["hr"]), hr)
        lr = decoded(block["uris"]["lr"])
        nearest = table["names"][table["models"].index("nearest")]
        np.testing.assert_array_equal(
            decoded(block["uris"][nearest]), lr.repeat(4, axis=0).repeat(4, axis=1)
        )


def test_both_protocols_share_the_pictures(report: Path) -> None:
    blocks = read(report).blocks
    assert blocks["table-0"]["pictures"] == blocks["table-1"]["pictures"]
    assert blocks["table-0"]["scores"] != blocks["table-1"]["scores"]


def test_larger_images_show_their_middle(made: Any) -> None:
    pictures = MadeUpPictures(256)
    results = made_up(1, side=256)
    page = made(results, pictures, side=102)
    block = page.blocks["p0-0"]
    assert (block["width"], block["height"], block["left"], block["top"]) == (100, 100, 76, 76)
    assert not block["whole"]
    np.testing.assert_array_equal(
        decoded(block["uris"]["hr"]), pictures.hr(None, 0)[76:176, 76:176]
    )
    np.testing.assert_array_equal(decoded(block["uris"]["lr"]), pictures.lr(None, 0)[19:44, 19:44])
    assert any("the middle is shown" in words for words in page.words)


def test_of_many_images_the_worst_and_the_best_are_among_those_shown(made: Any) -> None:
    results = made_up(20)
    page = made(results, images=4)
    scores = results[0].row("second").scores["psnr"]
    shown = [int(place) for place in page.blocks["table-0"]["pictures"]]
    assert len(shown) == 4
    assert {scores.index(min(scores)), scores.index(max(scores))} <= set(shown)
    assert len(page.blocks["table-0"]["images"]) == 20
    assert any("16 images have no pictures here" in words for words in page.words)


def test_no_pictures_at_all(made: Any) -> None:
    page = made(made_up(3), images=0)
    assert page.pictures == {}
    assert "There are no pictures of this table on the page." in page.words


def test_figures_that_are_infinite_or_missing(made: Any) -> None:
    results = made_up(3)
    results[0].rows[1].scores["psnr"][0] = math.inf
    results[0].rows[2].scores["psnr"][1] = None
    results[0].rows[2].failed["image001"] = "it broke"
    results[0].left_out["gone"] = "unreadable"
    page = made(results)
    assert page.blocks["table-0"]["scores"][1][0][0] == "Infinity"
    assert page.blocks["table-0"]["scores"][2][0][1] is None
    text = " ".join(page.words)
    assert "∞" in text
    assert "second failed, on all images or on some." in text
    assert "1 of 4 images could not be scored and are in no figure." in text
    assert "it broke" in text


def test_published_rows_are_told_apart(made: Any) -> None:
    results = made_up(2)
    results[0].rows.append(
        Row(model="paper", source="a paper, 2017", kind="published", over_set={"psnr": 32.05})
    )
    page = made(results)
    assert "published, not measured here: a paper, 2017" in page.words
    assert "† published, not measured here" in page.words
    assert "32.05" in page.words
    assert ("tr", {"class": "published"}) in page.elements


def test_costs_and_intervals_are_shown(made: Any) -> None:
    text = " ".join(made(made_up()).words)
    assert re.search(r"PSNR ↑ higher is better", text)
    assert "8,000" in text
    assert "64,000" in text
    assert "PSNR against LPIPS" in text
    assert "PSNR against time" in text
    assert "PSNR against size" in text
    assert "s per megapixel of SR (log; lower is better)" in text


@pytest.mark.parametrize("columns", [(PSNR,), (LPIPS,), ()])
def test_any_metrics_do(made: Any, columns: tuple[Any, ...]) -> None:
    page = made(made_up(columns=columns))
    assert len(page.blocks["table-0"]["columns"]) == len(columns)


class Unavailable(MadeUpPictures):
    def sr(self, result: Any, row: Row, index: int) -> np.ndarray:
        if row.model == "first":
            raise DataError("'first' is gone.")
        return super().sr(result, row, index)


def test_a_model_that_is_gone_costs_its_pictures_alone(made: Any) -> None:
    page = made(made_up(2), Unavailable(64))
    assert set(page.blocks["p0-0"]["uris"]) == {"lr", "hr", "m0", "m2"}
    assert page.words.count("'first' is gone.") == 1


def test_a_recorded_result_makes_the_same_pictures(report: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    ended = srtk("report", report.parent / "out", "-o", again)
    assert (ended.code, ended.out) == (0, "")
    assert f"Written: {again}" in ended.err
    assert read(again).pictures == read(report).pictures


def test_what_is_gone_is_said(report: Path, tmp_path: Path) -> None:
    recorded = (report.parent / "out" / "results.json").read_text(encoding="utf-8")
    (tmp_path / "results.json").write_text(
        recorded.replace(str(report.parent), "/nowhere"), encoding="utf-8"
    )
    assert srtk("report", tmp_path, "-o", tmp_path / "r.html", "--quiet").code == 0
    page = read(tmp_path / "r.html")
    assert page.pictures == {}
    assert any("/nowhere" in words for words in page.words)
    assert page.count("svg") > 0


def test_an_existing_report_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr("sr_toolkit.benching.runner.run", never)
    monkeypatch.setattr("sr_toolkit.benching.result.read_results", never)
    (tmp_path / "r.html").write_text("mine")
    bench = ("bench", "--models", "nearest", "--report")
    for words in ((*bench, tmp_path / "r.html"), ("report", "x", "-o", tmp_path / "r.html")):
        assert "exists already" in srtk(*words).sentence()
    assert "it is a folder" in srtk(*bench, tmp_path, "--overwrite").sentence()
    assert (tmp_path / "r.html").read_text() == "mine"


def test_write_report_refuses_too(tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_report(made_up(1), MadeUpPictures(64), tmp_path / "r.html")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bench", "--models", "nearest", "--report-side", "64"), "give one"),
        (("bench", "--verify", "x.json", "--report", "r.html"), "Leave out --report"),
        (("bench", "--models", "nearest", "--report", "r.html", "--report-side", "1"), "x>=32"),
        (("report", "results.json"), "Missing option"),
    ],
)
def test_options_that_mean_nothing_are_refused(words: tuple[str, ...], said: str) -> None:
    ended = srtk(*words)
    assert ended.code == 2
    assert said in ended.err


def test_results_that_are_not_there(tmp_path: Path) -> None:
    refused = srtk("report", tmp_path / "none.json", "-o", tmp_path / "r.html")
    assert "no results.json" in refused.sentence()
    assert not (tmp_path / "r.html").exists()


def test_without_a_cache_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRTK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    picture(tmp_path / "photos" / "p.png", 40, 40)
    ended = srtk(
        *("bench", "--models", "nearest", "--dataset", f"folder:{tmp_path / 'photos'}"),
        *("--metrics", "psnr", "--device", "cpu", "--no-cache", "--report", tmp_path / "r.html"),
    )
    assert ended.code == 0, ended.err
    assert set(read(tmp_path / "r.html").blocks["p0-0"]["uris"]) == {"lr", "hr", "m0", "m1"}
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "cache" / "bench").exists()


def test_other_ranks_write_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "photos" / "p.png", 40, 40)
    monkeypatch.setattr("sr_toolkit.cli.options.speaks", lambda: False)
    ended = srtk(
        *("bench", "--models", "nearest", "--dataset", f"folder:{tmp_path / 'photos'}"),
        *("--metrics", "psnr", "--device", "cpu", "--report", tmp_path / "r.html"),
    )
    assert ended.code == 0
    assert not (tmp_path / "r.html").exists()


def test_sets_that_moved_are_found_by_data_root(tmp_path: Path) -> None:
    for number in range(5):
        picture(tmp_path / "old" / "Set5" / "HR" / f"{number}.png", 40, 40)
    bench = ("bench", "--models", "nearest", "--dataset", "set5", "--metrics", "psnr", "--no-cache")
    ended = srtk(*bench, "--data-root", tmp_path / "old", "-o", tmp_path / "out", "--quiet")
    assert ended.code == 0, ended.err
    (tmp_path / "old").rename(tmp_path / "new")
    report = ("report", tmp_path / "out", "-o", tmp_path / "r.html", "--overwrite", "--quiet")
    assert srtk(*report).code == 0
    page = read(tmp_path / "r.html")
    assert page.pictures == {}
    assert any(str(tmp_path / "old") in words for words in page.words), page.words
    assert srtk(*report, "--data-root", tmp_path / "new", "--device", "cpu").code == 0
    assert len(read(tmp_path / "r.html").pictures) == 5
