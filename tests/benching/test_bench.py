"""The benchmark around the figures: labels, folders, lists of datasets and scales, records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made import make_run, picture, save_checkpoint, srtk, tree

from sr_toolkit.benching.enlarging import TILE_USED
from sr_toolkit.benching.labels import unique_labels
from sr_toolkit.registry import registry
from sr_toolkit.upscaling.locate import Located, locate_all


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    picture(tmp_path / "photos" / "p.png", 40, 40)
    return tmp_path / "photos"


def bench(models: object, *more: object, fails: bool = False) -> str:
    outcome = srtk("bench", "--models", models, "--metrics", "psnr", "--device", "cpu", *more)
    if fails:
        return outcome.sentence()
    assert outcome.code == 0, outcome.err
    return outcome.out


def test_two_runs_can_be_told_apart(tmp_path: Path, photos: Path) -> None:
    for name in "ab":
        make_run(tmp_path / name, "psnr", "gan")
    models, out = f"{tmp_path / 'a'}:psnr,{tmp_path / 'b'}", tmp_path / "out"
    bench(models, "--dataset", f"folder:{photos}", "-o", out, "--save-images")
    rows = json.loads((out / "results.json").read_text())["results"][0]["rows"]
    assert [row["model"] for row in rows] == [
        "bicubic",
        "a/srgan:psnr",
        "b/srgan:psnr",
        "srgan:gan",
    ]
    lines = (out / "results.csv").read_text().splitlines()[1:]
    assert len({tuple(line.split(",")[4:6]) for line in lines}) == 4
    assert sorted(name for name in tree(out) if name.endswith(".png")) == [
        f"images/{folder}/p.png"
        for folder in ("a-srgan-psnr", "b-srgan-psnr", "bicubic", "srgan-gan")
    ]


def test_as_many_folders_as_it_takes(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        make_run(tmp_path / folder / "run", "psnr")
        save_checkpoint(tmp_path / folder / "own" / "best.safetensors")
    places = [tmp_path / f / r for r in ("run", "own/best.safetensors") for f in ("x", "y")]
    found = unique_labels([one for place in places for one in locate_all(str(place))])
    assert [one.label for one in found] == [
        *("x/run/srgan:psnr", "y/run/srgan:psnr", "x/own/best", "y/own/best")
    ]


def test_labels_that_no_folder_tells_apart_are_numbered() -> None:
    twins = [Located("m", f"{name}::m", None, "") for name in "ab"]
    assert [one.label for one in unique_labels(twins)] == ["m", "m (2)"]


def test_the_same_weights_given_twice_are_one_row(tmp_path: Path, photos: Path) -> None:
    run = make_run(tmp_path / "a", "psnr")
    link = tmp_path / "link"
    link.symlink_to(run.path)
    models = f"{run.path},{link}:psnr,{run.checkpoint('psnr')},bicubic,sr-toolkit::bicubic"
    result = json.loads(bench(models, "--dataset", f"folder:{photos}", "--json"))
    assert [row["model"] for row in result["results"][0]["rows"]] == ["srgan:psnr", "bicubic"]


def test_a_row_says_whose_model_it_is(tmp_path: Path, photos: Path) -> None:
    path = save_checkpoint(tmp_path / "m.safetensors", version="0.0.7")
    result = json.loads(bench(path, "--dataset", f"folder:{photos}", "--json"))
    keys = ("model_name", "distribution", "version")
    core = registry().find("model", "bicubic")
    assert [tuple(row[key] for key in keys) for row in result["results"][0]["rows"]] == [
        ("bicubic", "sr-toolkit", core.version),
        ("srgan", "srtk-srgan", "0.0.7"),
    ]
    assert result["environment"]["tile"] == TILE_USED


def test_each_dataset_at_each_scale(tmp_path: Path, photos: Path) -> None:
    picture(tmp_path / "more" / "q.png", 48, 48)
    sets, out = f"folder:{photos},folder:{tmp_path / 'more'}", tmp_path / "out"
    command = ("bicubic", "--dataset", sets, "--scale", "2,4", "-o", out, "--save-images")
    results = json.loads(bench(*command, "--json"))["results"]
    expected = [(name, n) for name in ("folder:photos", "folder:more") for n in (2, 4)]
    assert [(result["dataset"], result["scale"]) for result in results] == expected
    assert sorted(tree(out)) == sorted(
        ["results.csv", "results.json"]
        + [f"images/folder-{name}-x{n}/bicubic/{image}.png"
           for name, image in (("photos", "p"), ("more", "q")) for n in (2, 4)]
    )  # fmt: skip
    assert "exists already" in bench(*command, fails=True)
    assert "×4, protocol y" in bench(*command, "--overwrite")


def test_what_is_named_twice_is_scored_once(tmp_path: Path, photos: Path) -> None:
    sets = f"folder:{photos},folder:{photos}"
    command = ("bicubic", "--dataset", sets, "--scale", "4,4", "--protocol", "y,y")
    results = json.loads(bench(*command, "--json"))["results"]
    assert [(result["scale"], result["protocol"]) for result in results] == [(4, "y")]


def test_a_scale_that_a_model_does_not_serve_costs_its_row_alone(
    tmp_path: Path, photos: Path
) -> None:
    path = save_checkpoint(tmp_path / "m.safetensors")
    command = (path, "--dataset", f"folder:{photos}")
    results = json.loads(bench(*command, "--scale", "4,2", "--json"))["results"]
    served, not_served = (result["rows"][1] for result in results)
    assert served["mean"]["psnr"] > 0
    assert not_served["mean"]["psnr"] is None
    assert "serves ×4, not ×2" in not_served["absent"]
    assert results[1]["rows"][0]["mean"]["psnr"] > 0
    assert "serves ×4, not ×2" in bench(*command, "--scale", "2", fails=True)


def test_what_the_last_dataset_lacks_is_said_before_the_first(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sr_toolkit.benching.pipeline.Pipeline.run", None)
    sets = f"folder:{photos},sampel"
    assert "Did you mean 'sample'" in bench("bicubic", "--dataset", sets, fails=True)


def test_no_dataset_at_all() -> None:
    assert srtk("bench", "--models", "bicubic", "--dataset", ",").code == 2
