"""Networks between two others: bits at the ends, the mean in the middle, the table of a sweep."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import click
import pytest
import torch
from made import generator, make_run, metadata, save_checkpoint, size_of, srtk, tree
from safetensors.torch import load_file
from torch import Tensor

import sr_toolkit as sr
from sr_toolkit import checkpoint
from sr_toolkit.checkpoint import file_hash, read_metadata
from sr_toolkit.checkpoint.interpolation import interpolate
from sr_toolkit.cli.interpolate import alphas
from sr_toolkit.errors import CheckpointError
from sr_toolkit.plotting.tradeoff import Point, draw_tradeoff
from sr_toolkit.registry import registry

TINY = {"blocks": 1, "features": 8, "growth": 4}


def esrgan(path: Path, gain: float, **changes: str) -> Path:
    """Write the checkpoint of esrgan's variant `tiny`; another gain, other weights."""
    module = generator(model="esrgan", gain=gain, **TINY)
    entry = registry().find("model", "esrgan")
    own = {"model": "esrgan", "distribution": entry.distribution, "version": entry.version}
    checkpoint.save(path, module, metadata(module, **own, **changes))
    return path


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Path, Path]:
    return esrgan(tmp_path / "a.safetensors", 1.0), esrgan(tmp_path / "b.safetensors", 2.0)


def bits(state: dict[str, Tensor]) -> dict[str, bytes]:
    return {key: value.numpy().tobytes() for key, value in state.items()}


def blend(ends: tuple[Path, Path], alpha: float) -> Path:
    out = ends[0].with_name(f"between-{alpha}.safetensors")
    outcome = srtk("interpolate", *ends, "--alpha", alpha, "-o", out)
    assert (outcome.code, outcome.out) == (0, f"{out}\n"), outcome.err
    return out


def test_the_ends_bit_for_bit_and_the_middle(ends: tuple[Path, Path]) -> None:
    first, second = (load_file(end) for end in ends)
    assert bits(first) != bits(second)
    assert bits(load_file(blend(ends, 0))) == bits(first)
    assert bits(load_file(blend(ends, 1))) == bits(second)
    middle = load_file(blend(ends, 0.5))
    assert middle.keys() == first.keys()
    for key, value in middle.items():
        torch.testing.assert_close(value, torch.stack([first[key], second[key]]).mean(0))
    assert sr.load(blend(ends, 0.8), device="cpu").scales == (4,)


def test_negative_zeros_are_kept_at_the_ends() -> None:
    first, second = {"w": torch.tensor([-0.0])}, {"w": torch.tensor([1.0])}
    assert torch.signbit(interpolate(first, second, 0)["w"])
    assert torch.signbit(interpolate(second, first, 1)["w"])


def test_whole_numbers_are_those_of_the_second() -> None:
    first, second = ({"n": torch.tensor(n), "w": torch.tensor(float(n))} for n in (3, 8))
    assert interpolate(first, second, 0.5) == {"n": torch.tensor(8), "w": torch.tensor(5.5)}
    assert interpolate(first, second, 0) == first


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    a = esrgan(tmp_path / "a.safetensors", 1.0, license="CC-BY-4.0", data="div2k")
    b = esrgan(tmp_path / "b.safetensors", 2.0, data="div2k")
    found = read_metadata(blend((a, b), 0.8))
    place = tmp_path.name
    assert found.origin == (
        f"interpolated: 0.2 of {place}/a (sha256 {file_hash(a)}), "
        f"0.8 of {place}/b (sha256 {file_hash(b)})"
    )
    assert (found.license, found.data) == ("CC-BY-4.0 and unstated", "div2k")
    assert (found.scales, found.config["blocks"]) == ((4,), 1)


def test_phases_of_a_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "psnr", "gan")
    out = tmp_path / "between.safetensors"
    words = (f"{run.path}:psnr", f"{run.path}:gan")
    assert srtk("interpolate", *words, "--alpha", ".8", "-o", out, "-q").code == 0
    assert ".2 of srgan:psnr (sha256 " in read_metadata(out).origin


def test_other_networks_are_refused(tmp_path: Path, ends: tuple[Path, Path]) -> None:
    def refused(one: object, two: object) -> str:
        words = (one, two, "--alpha", ".5", "-o", tmp_path / "x.safetensors")
        return srtk("interpolate", *words).sentence()

    small = save_checkpoint(tmp_path / "small.safetensors")
    module = generator(blocks=2)
    checkpoint.save(tmp_path / "large.safetensors", module, metadata(module))
    double = save_checkpoint(tmp_path / "x2.safetensors", 2)
    before = tree(tmp_path)
    sentence = refused(small, tmp_path / "large.safetensors")
    assert sentence == (
        f"Only weights of one network can be interpolated; '{tmp_path.name}/small' and "
        f"'{tmp_path.name}/large' differ in generator.blocks: 1 against 2."
    )
    assert "differ in scales: 4 against 2." in refused(small, double)
    assert "model: srtk-srgan::srgan against srtk-esrgan::esrgan" in refused(small, ends[0])
    assert "'bicubic' has no weights to interpolate" in refused("bicubic", small)
    assert tree(tmp_path) == before


def test_other_tensors_are_refused() -> None:
    state = {"w": torch.zeros(2), "v": torch.zeros(1)}
    other = {"w": torch.zeros(3), "u": torch.zeros(1)}
    with pytest.raises(CheckpointError) as raised:
        interpolate(state, other, 0.5)
    sentence = r"differ in w: (2,) against (3,), v: (1,) against none, u: none against (1,)."
    assert str(raised.value).endswith(sentence)
    with pytest.raises(ValueError, match=r"in \[0, 1\], received 1\.5"):
        interpolate(state, state, 1.5)


def test_an_output_is_not_replaced(ends: tuple[Path, Path]) -> None:
    words = ("interpolate", *ends, "--alpha", ".5", "-o", ends[1])
    before = ends[1].read_bytes()
    assert "exists already" in srtk(*words).sentence()
    assert ends[1].read_bytes() == before
    assert srtk(*words, "--overwrite").code == 0
    assert ends[1].read_bytes() != before


def test_another_scale_is_refused(ends: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "c.safetensors"
    said = srtk("interpolate", *ends, "--alpha", ".5", "--scale", "3", "-o", out).sentence()
    assert "is of ×4, not of ×3; leave --scale out" in said
    assert not out.exists()


def test_json(ends: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "c.safetensors"
    told = json.loads(srtk("interpolate", *ends, "--alpha", ".5", "-o", out, "--json").out)
    assert (told["path"], told["alpha"]) == (str(out), 0.5)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--alpha", ".5"),
        ("--alpha", ".5", "-o", "x.pth"),
        ("--alpha", "1.5", "-o", "x.safetensors"),
        ("--alpha", "nan", "-o", "x.safetensors"),
        ("--alpha", ".5", "--dataset", "set5", "-o", "x.safetensors"),
        ("--alpha", ".5", "--sweep", "0:1:.1", "-o", "x.safetensors"),
        ("--sweep", "0:1"),
        ("--sweep", "0:2:.1"),
    ],
)
def test_usage(words: tuple[str, ...], ends: tuple[Path, Path]) -> None:
    assert srtk("interpolate", *ends, *words).code == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:1:.25", (0, 0.25, 0.5, 0.75, 1)),
        ("0:1:.1", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
        (".5:.8:.2", (0.5, 0.7)),
        ("1:1:1", (1,)),
    ],
)
def test_shares(text: str, expected: tuple[float, ...]) -> None:
    assert alphas(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a:b:c", "0:1:0", "0:1:-.1", "1:0:.1", "0:nan:.1", "0:1:1e-9"]
)
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(click.UsageError, match="--sweep takes "):
        alphas(text)


def test_a_sweep(tmp_path: Path, ends: tuple[Path, Path]) -> None:
    out = tmp_path / "sweep"
    words = ("interpolate", *ends, "--sweep", "0:1:.5", "--device", "cpu", "-o", out)
    outcome = srtk(*words)
    assert outcome.code == 0, outcome.err
    assert sorted(tree(out)) == ["sweep.csv", "sweep.json", "sweep.png"]
    assert min(size_of(out / "sweep.png")) > 500
    # The same networks, scored one by one.
    models = ",".join(map(str, (ends[0], blend(ends, 0.5), ends[1])))
    own = json.loads(srtk("bench", "--models", models, "--device", "cpu", "--json").out)
    found = json.loads((out / "sweep.json").read_text())
    assert found["alphas"] == [0, 0.5, 1]
    assert found["first"].endswith(f"(sha256 {file_hash(ends[0])})")
    expected = [row["scores"] for row in own["results"][0]["rows"][1:]]
    assert [row["scores"] for row in found["rows"]] == expected
    assert len({row["mean"]["psnr"] for row in found["rows"]}) == 3
    with (out / "sweep.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert [line["alpha"] for line in lines] == ["0", "0.5", "1"]
    table = [line.split() for line in outcome.out.splitlines()[:4]]
    assert table[0][:3] == ["α", "PSNR", "↑"]
    for cells, line, row in zip(table[1:], lines, found["rows"], strict=True):
        assert float(line["psnr"]) == row["mean"]["psnr"]
        assert cells[:2] == [line["alpha"], f"{row['mean']['psnr']:.4f}"]
    assert "LPIPS could not be computed; the plot shows PSNR against α." in outcome.err
    assert "exists already" in srtk(*words).sentence()
    assert srtk(*words, "--overwrite", "-q").code == 0


def test_a_sweep_with_lpips(tmp_path: Path, ends: tuple[Path, Path], srtk_weights: Path) -> None:
    words = ("--sweep", "0:1:1", "--device", "cpu", "--weights-root", srtk_weights)
    outcome = srtk("interpolate", *ends, *words, "-o", tmp_path / "sweep")
    assert outcome.code == 0, outcome.err
    assert "could not be computed" not in outcome.err
    rows = json.loads((tmp_path / "sweep" / "sweep.json").read_text())["rows"]
    assert all(0 < row["mean"]["lpips"] < 2 for row in rows)


def test_a_sweep_refuses_before_it_scores(tmp_path: Path, ends: tuple[Path, Path]) -> None:
    other = save_checkpoint(tmp_path / "srgan.safetensors")
    words = ("interpolate", ends[0], other, "--sweep", "0:1:.5", "--device", "cpu")
    assert "differ in model" in srtk(*words).sentence()
    assert (
        "Did you mean 'sample'"
        in srtk("interpolate", *ends, *words[3:], "--dataset", "sampel").sentence()
    )


def test_the_plot_shows_what_it_was_given() -> None:
    points = [Point(n / 4, 28 - n, 0.3 - n / 20) for n in range(5)]
    axes = draw_tradeoff(points, ("a", "b")).axes[0]
    x, y = axes.lines[0].get_data()
    assert (list(x), list(y)) == ([p.lpips for p in points], [p.psnr for p in points])
    assert [text.get_text() for text in axes.texts] == ["α 0", "0.25", "0.5", "0.75", "α 1"]
    without = [dataclasses.replace(points[0], lpips=None), *points[1:]]
    axes = draw_tradeoff(without, ("a", "b")).axes[0]
    assert list(axes.lines[0].get_xdata()) == [0, 0.25, 0.5, 0.75, 1]
    assert axes.get_xlabel() == "α"
