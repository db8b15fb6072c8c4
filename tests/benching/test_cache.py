"""Nothing outdated is ever served, nothing that is known is computed again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from made import srtk, tree
from PIL import Image

from sr_toolkit.benching import code
from sr_toolkit.benching.cache import Cache, array_hash, default_folder, key_of
from sr_toolkit.checkpoint import load_generator, read_metadata, save


def rows(bench, *words, **more) -> list[dict]:
    outcome = bench(*words, "--json", **more)
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)["results"][0]["rows"]


def test_a_second_run_computes_nothing(bench, weights, monkeypatch):
    first = rows(bench, models=weights)
    assert [row["cached"] for row in first] == [0, 0]
    for name in ("upscaling.upscaler.Upscaler.array", "metrics.ssim.SSIM.score"):
        monkeypatch.setattr(f"sr_toolkit.{name}", None)
    second = rows(bench, models=weights)
    assert [row["cached"] for row in second] == [3, 3]
    for one, other in zip(first, second, strict=True):
        for key in ("scores", "sr_sha256", "seconds", "cost", "statistics"):
            assert one[key] == other[key], key


def test_other_weights_are_never_served_from_the_cache(bench, weights, tmp_path):
    before = rows(bench, models=weights)[1]
    generator, _ = load_generator(weights)
    with torch.no_grad():
        next(generator.parameters()).add_(0.01)
    save(weights, generator, read_metadata(weights))
    after = rows(bench, models=weights)[1]
    assert after["cached"] == 0
    assert after["weights_sha256"] != before["weights_sha256"]
    assert after["scores"]["psnr"] != before["scores"]["psnr"]


def test_another_image_is_never_served_from_the_cache(bench, photos, weights):
    before = rows(bench, models=weights)
    image = np.asarray(Image.open(photos / "p1.png")).copy()
    image[20, 20] ^= 1  # one level of one pixel
    Image.fromarray(image).save(photos / "p1.png")
    after = rows(bench, models=weights)
    for old, new in zip(before, after, strict=True):
        assert new["cached"] >= 2
        same = [a == b for a, b in zip(old["scores"]["psnr"], new["scores"]["psnr"], strict=True)]
        assert same == [True, False, True]


@pytest.mark.parametrize(
    "words",
    [
        ("--protocol", "rgb"),
        ("--degradation", "jpeg40"),
        ("--scale", "2"),
    ],
)
def test_another_rule_gives_its_own_figures(bench, words):
    rows(bench)
    cached, anew = rows(bench, *words), rows(bench, *words, "--no-cache")
    assert cached[0]["scores"] == anew[0]["scores"]


def test_another_seed_is_another_degradation(bench):
    figures = [
        rows(bench, "--degradation", f"dn:{seed}")[0]["scores"]["psnr"] for seed in (0, 1, 0)
    ]
    assert figures[0] != figures[1]
    assert figures[0] == figures[2]


def test_other_code_is_never_served_from_the_cache(bench, weights, monkeypatch):
    rows(bench, models=weights)
    monkeypatch.setattr("sr_toolkit.benching.enlarging.package_hash", lambda package: "changed")
    assert [row["cached"] for row in rows(bench, models=weights)] == [0, 0]


def test_a_package_hash_follows_its_files(tmp_path, monkeypatch):
    package = tmp_path / "srtk_example"
    package.mkdir()
    (package / "__init__.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for text in ("A = 1\n", "A = 2\n", "A = 1\n"):
        (package / "__init__.py").write_text(text)
        code.package_hash.cache_clear()
        found.append(code.package_hash("srtk_example"))
    code.package_hash.cache_clear()
    assert found[0] == found[2] != found[1]


def test_without_a_cache_nothing_is_kept(bench, weights):
    rows(bench, "--no-cache", models=weights)
    assert not default_folder().exists()


def test_a_damaged_image_in_the_cache_is_computed_again(bench, weights, tmp_path):
    first = rows(bench, "-o", tmp_path / "a", "--save-images", models=weights)
    for path in default_folder().rglob("*.npy"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    second = rows(bench, "-o", tmp_path / "b", "--save-images", models=weights)
    assert [row["sr_sha256"] for row in first] == [row["sr_sha256"] for row in second]
    images = [{k: v for k, v in tree(tmp_path / x).items() if "images" in k} for x in "ab"]
    assert images[0] == images[1]


def test_a_cache_that_cannot_be_used_costs_a_warning(bench, weights):
    default_folder().mkdir(parents=True)
    (default_folder() / "index.sqlite").write_text("not a database, and long enough to be read")
    outcome = bench("--json", models=weights)
    assert outcome.code == 0
    assert "not used any more" in outcome.err
    assert json.loads(outcome.out)["results"][0]["rows"][1]["mean"]["psnr"] > 0


def test_the_oldest_images_go_first(tmp_path):
    cache = Cache(tmp_path)
    images = [np.full((10, 10, 3), level, np.uint8) for level in range(3)]
    hashes = [array_hash(image) for image in images]
    for image, sha256 in zip(images, hashes, strict=True):
        cache.keep_sr(key_of("sr", {"n": sha256}), image, sha256, 1.0)
    assert cache.pixels(hashes[0]) is not None  # used last, now
    cache.prune(limit=600)
    assert [cache.pixels(sha256) is not None for sha256 in hashes] == [True, False, True]
    assert cache.info().bytes == 600


def test_array_hashes_know_type_and_shape():
    a = np.arange(6, dtype=np.uint8)
    hashes = {array_hash(x) for x in (a, a.reshape(2, 3), a.reshape(3, 2), a.astype(np.uint16))}
    assert len(hashes) == 4
    assert array_hash(a.reshape(2, 3).T) == array_hash(np.ascontiguousarray(a.reshape(2, 3).T))


def test_the_command(bench, weights):
    assert "0 SR images" in srtk("cache", "info").out
    assert srtk("cache", "clear").code == 0
    rows(bench, models=weights)
    shown = json.loads(srtk("cache", "info", "--json").out)
    assert shown["images"] == 6
    assert shown["folder"] == str(default_folder())
    assert "removed 6 SR images" in srtk("cache", "clear").out
    assert json.loads(srtk("cache", "info", "--json").out)["images"] == 0
    assert rows(bench, models=weights)[1]["cached"] == 0


def test_many_open_a_new_one_at_once(tmp_path):
    script = (
        "import sys, pathlib, time; from sr_toolkit.benching.cache import Cache; "
        "time.sleep(max(0, float(sys.argv[2]) - time.time())); "
        "assert all(Cache(pathlib.Path(sys.argv[1]) / str(n)).keeps for n in range(20))"
    )
    together = str(time.time() + 3)
    command = [sys.executable, "-c", script, str(tmp_path), together]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    for process in running:
        with process:
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, err


@pytest.mark.slow
def test_two_processes_share_it(photos, weights, tmp_path):
    command = [
        *(sys.executable, "-m", "sr_toolkit", "bench", "--models", weights, "--device", "cpu"),
        *("--dataset", f"folder:{photos}", "--metrics", "psnr", "--json"),
    ]
    environment = {**os.environ, "SRTK_CACHE": str(tmp_path / "shared")}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    found = []
    for process in running:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert b"not used any more" not in err
        found.append([row["scores"] for row in json.loads(out)["results"][0]["rows"]])
    assert found[0] == found[1]


def test_keys_do_not_depend_on_order():
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert key_of("a", {"x": 1}) != key_of("b", {"x": 1}) != key_of("b", {"x": 2})


def test_a_picture_by_another_name_is_the_same_picture(bench, photos):
    first = rows(bench)[0]
    (photos / "p0.png").rename(photos / "q.png")
    assert rows(bench)[0]["cached"] == 3
    assert sorted(rows(bench)[0]["scores"]["psnr"]) == sorted(first["scores"]["psnr"])


def test_scores_taken_beside_a_model_are_the_same(bench, weights, monkeypatch):
    """On a GPU, threads decode and score while the model runs: a path that any model can take."""
    alone = rows(bench, "--no-cache", models=f"{weights},nearest")
    monkeypatch.setattr("sr_toolkit.benching.pipeline.Pipeline._alone", False)
    beside = rows(bench, "--no-cache", models=f"{weights},nearest")
    for one, other in zip(alone, beside, strict=True):
        assert one["scores"] == other["scores"]
        assert one["sr_sha256"] == other["sr_sha256"]
