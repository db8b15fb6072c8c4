"""Pictures that are none, damaged, too small or too large, and folders without any."""

import json
import struct
import zlib

import numpy as np
import pytest
from made import picture, pixels, save_checkpoint, size_of, srtk, train, tree
from PIL import Image

VERBS = ["upscale", "bench", "train"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_checkpoint(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


def run(verb, folder, weights, out):
    if verb == "upscale":
        return srtk("upscale", folder, "-o", out, "--model", weights, "--device", "cpu")
    if verb == "train":
        return train("--data", f"folder:{folder}", out=out)
    return srtk(
        *("bench", "--models", weights, "--dataset", f"folder:{folder}", "-o", out),
        *("--device", "cpu", "--metrics", "psnr,ssim"),
    )


def bomb() -> bytes:
    """Return a PNG of a few bytes that declares 60000×60000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("verb", VERBS)
def test_an_empty_folder(tmp_path, weights, verb):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no image")
    sentence = run(verb, tmp_path / "empty", weights, tmp_path / "out").sentence()
    assert f"The folder '{tmp_path / 'empty'}' holds no image" in sentence
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", ["text", "cut", "bomb"])
def test_a_file_that_is_no_picture(tmp_path, weights, verb, kind):
    folder = tmp_path / "photos"
    whole = picture(folder / "a.png", 40, 40).read_bytes()
    content = {"text": b"not a picture", "cut": whole[: len(whole) // 2], "bomb": bomb()}[kind]
    bad = folder / "bad.png"
    bad.write_bytes(content)
    if verb == "upscale":
        sentence = run(verb, bad, weights, tmp_path / "out.png").sentence()
    else:
        picture(folder / "c.png", 40, 40)
        sentence = run(verb, folder, weights, tmp_path / "out").sentence()
    expected = {
        "text": "its content is not PNG, JPEG",
        "cut": "damaged or cut short",
        "bomb": "60000×60000",
    }[kind]
    assert f"'{bad}'" in sentence
    assert expected in sentence
    # A benchmark goes on with the others, and says how many.
    written = ["out", "photos"] if verb == "bench" else ["photos"]
    assert sorted(path.name for path in tmp_path.iterdir()) == written


def test_one_bad_image_of_three_costs_itself_alone(tmp_path, weights):
    folder, out = tmp_path / "photos", tmp_path / "out"
    picture(folder / "a.png")
    (folder / "b.png").write_text("not a picture")
    picture(folder / "c.png")
    outcome = run("upscale", folder, weights, out)
    assert outcome.code == 1
    lines = outcome.err.splitlines()
    assert f"'{folder / 'b.png'}'" in lines[-2]
    assert lines[-1] == "Error: 1 of 3 images failed; the others are written."
    assert sorted(tree(out)) == ["a.png", "c.png"]
    assert outcome.out.splitlines() == [str(out / "a.png"), str(out / "c.png")]
    assert size_of(out / "c.png") == (64, 48)


@pytest.mark.parametrize("model", ["tiny", "bicubic"])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1)])
def test_the_smallest_images_are_upscaled(tmp_path, weights, model, size):
    source = picture(tmp_path / "a.png", *size)
    chosen = weights if model == "tiny" else model
    assert srtk("upscale", source, "-o", tmp_path / "b.png", "--model", chosen).code == 0
    assert size_of(tmp_path / "b.png") == (size[1] * 4, size[0] * 4)


@pytest.mark.parametrize(
    ("side", "why"), [(1, "too small for ×4"), (8, "border crop of 4"), (12, "at least 11×11")]
)
def test_bench_names_the_image_that_is_too_small_and_scores_the_others(
    tmp_path, weights, side, why
):
    picture(tmp_path / "photos" / "large.png", 40, 40)
    picture(tmp_path / "photos" / "small.png", side, side)
    outcome = srtk(
        *("bench", "--models", weights, "--dataset", f"folder:{tmp_path / 'photos'}"),
        *("--metrics", "psnr,ssim", "-o", tmp_path / "out", "--device", "cpu"),
    )
    sentence = outcome.sentence()
    assert sentence.startswith("Not all could be scored. ")
    assert "'small' of 'folder:photos': " in sentence
    assert why in sentence
    result = json.loads((tmp_path / "out" / "results.json").read_text())["results"][0]
    for row in result["rows"]:
        assert row["scores"]["ssim"][0] == row["mean"]["ssim"]
    title = f"folder:photos, {'1 of 2' if side == 1 else '2'} images, ×4"
    assert title in outcome.out


def test_bench_leaves_out_what_nobody_asked_for_and_cannot_be_scored(tmp_path, weights):
    picture(tmp_path / "photos" / "large.png", 40, 40)
    for name in ("small", "tiny"):
        picture(tmp_path / "photos" / f"{name}.png", 12, 12)
    command = ("bench", "--models", weights, "--dataset", f"folder:{tmp_path / 'photos'}")
    outcome = srtk(*command, "-o", tmp_path / "out", "--device", "cpu")
    assert outcome.code == 0, outcome.err
    assert "SSIM on folder:photos: mean of 1 of 3 images; 'small': ssim needs" in outcome.out
    for row in json.loads((tmp_path / "out" / "results.json").read_text())["results"][0]["rows"]:
        assert None not in row["scores"]["psnr"]
        assert row["scores"]["ssim"][0] == row["mean"]["ssim"]
        assert row["scores"]["ssim"][1:] == [None, None]


def test_training_skips_and_counts_images_smaller_than_the_crop(tmp_path, weights):
    photos, held = tmp_path / "photos", tmp_path / "held"
    for name, side in {"large": 40, "exact": 16, "small": 15, "dot": 1}.items():
        picture(photos / f"{name}.png", side, side)
    picture(held / "a.png", 40, 40)
    outcome = train("--data", f"folder:{photos}", "--val", f"folder:{held}", out=tmp_path / "run")
    assert outcome.code == 0, outcome.err
    assert "Skipped 2 of 4 images as smaller than the crop of 16×16: dot, small." in outcome.err
    assert (tmp_path / "run" / "best.safetensors").is_file()


@pytest.mark.parametrize("side", [1, 15])
def test_training_is_refused_where_nothing_is_as_large_as_the_crop(tmp_path, side):
    photos, held = tmp_path / "photos", tmp_path / "held"
    picture(photos / "a.png", side, 40)
    picture(photos / "b.png", 40, side)
    picture(held / "a.png", 40, 40)
    arguments = ("--data", f"folder:{photos}", "--val", f"folder:{held}")
    sentence = train(*arguments, out=tmp_path / "run").sentence()
    assert sentence.startswith("None of the 2 images")
    assert "16×16" in sentence
    assert not (tmp_path / "run").exists()


def test_validation_images_that_are_too_small(tmp_path):
    picture(tmp_path / "photos" / "a.png", 40, 40)
    picture(tmp_path / "held" / "a.png", 15, 15)
    arguments = ("--data", f"folder:{tmp_path / 'photos'}", "--val", f"folder:{tmp_path / 'held'}")
    sentence = train(*arguments, out=tmp_path / "run").sentence()
    assert "16 pixels a side" in sentence
    assert not (tmp_path / "run").exists()


def test_one_image_alone_cannot_be_split(tmp_path):
    picture(tmp_path / "photos" / "a.png", 40, 40)
    sentence = train("--data", f"folder:{tmp_path / 'photos'}", out=tmp_path / "run").sentence()
    assert "too few to set some apart for validation; give --val" in sentence


class TestGivenLR:
    """`--lr given` with a small Set5 of the usual layout."""

    @pytest.fixture
    def root(self, tmp_path):
        for number in range(5):
            picture(tmp_path / "data" / "Set5" / "HR" / f"i{number}.png", 49, 66)
            picture(tmp_path / "data" / "Set5" / "LR_bicubic" / "X4" / f"i{number}x4.png", 12, 16)
        return tmp_path / "data"

    def bench(self, root, weights, out, *more):
        return srtk(
            *("bench", "--models", weights, "--dataset", "set5", "--data-root", root),
            *("--lr", "given", "--metrics", "psnr", "--device", "cpu", "-o", out, *more),
        )

    def test_a_set_that_matches_is_scored(self, root, weights, tmp_path):
        assert self.bench(root, weights, tmp_path / "out").code == 0
        assert sorted(tree(tmp_path / "out")) == ["results.csv", "results.json"]

    def test_one_lr_of_the_wrong_size(self, root, weights, tmp_path):
        picture(root / "Set5" / "LR_bicubic" / "X4" / "i3x4.png", 12, 17)
        sentence = self.bench(root, weights, tmp_path / "out").sentence()
        assert sentence == (
            "Not all could be scored. Image 'i3' of 'set5': HR and LR do not match at ×4: the HR "
            "of 64×48 pixels wants an LR of 16×12, received 17×12."
        )
        result = json.loads((tmp_path / "out" / "results.json").read_text())["results"][0]
        assert [image["label"] for image in result["images"]] == ["i0", "i1", "i2", "i4"]
        assert list(result["left_out"]) == ["i3"]

    def test_one_lr_that_is_missing(self, root, weights, tmp_path):
        (root / "Set5" / "LR_bicubic" / "X4" / "i3x4.png").unlink()
        sentence = self.bench(root, weights, tmp_path / "out").sentence()
        assert "no LR of its own for 'i3' at ×4" in sentence

    def test_a_part_of_the_set_does_not_pass_for_the_whole(self, root, weights, tmp_path):
        (root / "Set5" / "HR" / "i4.png").unlink()
        sentence = self.bench(root, weights, tmp_path / "out").sentence()
        assert "has 5 images" in sentence
        assert "holds 4" in sentence

    def test_a_folder_has_no_lr_of_its_own(self, root, weights, tmp_path):
        command = ("bench", "--models", weights, "--dataset", f"folder:{root / 'Set5' / 'HR'}")
        sentence = srtk(*command, "--lr", "given", "--device", "cpu").sentence()
        assert "leave --lr at 'made'" in sentence


def test_an_sr_that_does_not_fit_into_memory(tmp_path, weights, monkeypatch):
    def full(*_):
        raise MemoryError

    source = picture(tmp_path / "a.png", 10, 11)
    monkeypatch.setattr("sr_toolkit.upscaling.upscaler.np.empty", full)
    sentence = srtk("upscale", source, "-o", tmp_path / "b.png", "--model", weights).sentence()
    assert sentence.startswith("An SR of 44×40 pixels does not fit into memory")
    assert sorted(tree(tmp_path)) == ["a.png"]


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_weights_that_give_nan(tmp_path):
    import torch
    from made import generator, metadata

    from sr_toolkit import checkpoint

    module = generator()
    with torch.no_grad():
        next(module.parameters())[0] = float("nan")
    checkpoint.save(tmp_path / "nan.safetensors", module, metadata(module))
    source = picture(tmp_path / "a.png")
    command = ("upscale", source, "-o", tmp_path / "b.png", "--model", tmp_path / "nan.safetensors")
    assert "/nan' gave values that are not finite" in srtk(*command).sentence()
    assert not (tmp_path / "b.png").exists()


def test_sixteen_bits_or_alpha_into_a_jpeg(tmp_path, weights):
    Image.fromarray(np.concatenate([pixels(), pixels()[..., :1]], axis=2)).save(tmp_path / "a.png")
    command = ("upscale", tmp_path / "a.png", "-o", tmp_path / "b.jpg", "--model", weights)
    assert "JPEG has no transparency" in srtk(*command).sentence()
    assert sorted(tree(tmp_path)) == ["a.png"]
