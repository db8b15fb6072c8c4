"""The figures that every protocol must give, measured and published."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from made import srtk
from skimage.color import rgb2ycbcr

import sr_toolkit as sr
from sr_toolkit.errors import DataError, UnknownNameError
from sr_toolkit.images.color import luma_uint8
from sr_toolkit.metrics.protocol import Case, get_protocol, modcrop, round_half_up

# (dataset, scale, protocol): PSNR, SSIM of bicubic, measured
MEASURED = {
    ("set5", 2, "srcnn"): (33.6614, 0.9299),
    ("set5", 3, "srcnn"): (30.3922, 0.8682),
    ("set5", 4, "srcnn"): (28.4207, 0.8104),
    ("set5", 8, "srcnn"): (24.3910, 0.6571),
    ("set5", 2, "y"): (33.6780, 0.9304),
    ("set5", 3, "y"): (30.4043, 0.8690),
    ("set5", 4, "y"): (28.4305, 0.8113),
    ("set5", 8, "y"): (24.3984, 0.6582),
    ("set5", 2, "rgb"): (31.7953, 0.9090),
    ("set5", 3, "rgb"): (28.6252, 0.8384),
    ("set5", 4, "rgb"): (26.6947, 0.7734),
    ("set14", 2, "srcnn"): (30.2318, 0.8687),
    ("set14", 3, "srcnn"): (27.5405, 0.7736),
    ("set14", 4, "srcnn"): (26.0001, 0.7019),
    ("set14", 2, "y"): (30.3274, 0.8700),
    ("set14", 3, "y"): (27.6324, 0.7759),
    ("set14", 4, "y"): (26.0899, 0.7049),
    ("set14", 2, "rgb"): (28.5224, 0.8427),
    ("set14", 3, "rgb"): (25.9457, 0.7403),
    ("set14", 4, "rgb"): (24.4636, 0.6639),
    ("b100", 2, "srcnn"): (29.5579, 0.8431),
    ("b100", 4, "srcnn"): (25.9606, 0.6674),
    ("b100", 2, "y"): (29.5623, 0.8435),
    ("b100", 4, "y"): (25.9624, 0.6682),
}
# Bicubic in the tables of SRCNN, VDSR and their successors
PUBLISHED = {
    ("set5", 2): (33.66, 0.9299),
    ("set5", 3): (30.39, 0.8682),
    ("set5", 4): (28.42, 0.8104),
    ("set5", 8): (24.40, 0.658),
    ("set14", 2): (30.24, 0.8688),
    ("set14", 3): (27.55, 0.7742),
    ("set14", 4): (26.00, 0.7027),
    ("b100", 2): (29.56, 0.8431),
    ("b100", 4): (25.96, 0.6675),
}


def bicubic(
    dataset: str, scale: int, protocol: str, root: Path, lr: str = "made"
) -> tuple[float, float]:
    result = sr.bench(
        "bicubic",
        dataset=dataset,
        scale=scale,
        protocol=protocol,
        metrics="psnr,ssim",
        lr=lr,
        data_root=root,
        quiet=True,
    )[0]
    values = result.mean("bicubic", "psnr"), result.mean("bicubic", "ssim")
    assert values[0] is not None
    assert values[1] is not None
    return values[0], values[1]


@pytest.mark.parametrize(("dataset", "scale", "protocol"), [k for k in MEASURED if k[0] == "set5"])
def test_measured_on_set5(dataset: str, scale: int, protocol: str, srtk_data: Path) -> None:
    expected = MEASURED[dataset, scale, protocol]
    assert bicubic(dataset, scale, protocol, srtk_data) == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "scale", "protocol"), [k for k in MEASURED if k[0] != "set5"])
def test_measured_on_larger_sets(dataset: str, scale: int, protocol: str, srtk_data: Path) -> None:
    expected = MEASURED[dataset, scale, protocol]
    assert bicubic(dataset, scale, protocol, srtk_data) == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize(
    ("dataset", "scale"),
    [key if key[0] == "set5" else pytest.param(*key, marks=pytest.mark.slow) for key in PUBLISHED],
)
def test_srcnn_agrees_with_the_published_figures(dataset: str, scale: int, srtk_data: Path) -> None:
    psnr, ssim = bicubic(dataset, scale, "srcnn", srtk_data)
    assert psnr == pytest.approx(PUBLISHED[dataset, scale][0], abs=0.011)
    assert ssim == pytest.approx(PUBLISHED[dataset, scale][1], abs=0.001)


def test_the_command_line_gives_the_published_figures(srtk_data: Path) -> None:
    outcome = srtk(
        *("bench", "--models", "bicubic", "--dataset", "set5", "--scale", 4, "--protocol", "srcnn"),
        *("--metrics", "psnr,ssim", "--json", "--data-root", srtk_data),
    )
    assert outcome.code == 0, outcome.err
    (row,) = json.loads(outcome.out)["results"][0]["rows"]
    assert row["mean"]["psnr"] == pytest.approx(28.4207, abs=5.1e-5)
    assert row["mean"]["ssim"] == pytest.approx(0.8104, abs=5.1e-5)


def test_given_lr_equals_made_lr_on_set5(srtk_data: Path) -> None:
    assert bicubic("set5", 4, "y", srtk_data, "given") == bicubic("set5", 4, "y", srtk_data)


@pytest.mark.parametrize(
    ("dataset", "alex", "squeeze"),
    [
        ("set5", 0.3406, 0.2875),
        pytest.param("set14", 0.4401, 0.3732, marks=pytest.mark.slow),
        pytest.param("b100", 0.5257, 0.4092, marks=pytest.mark.slow),
    ],
)
def test_lpips_of_bicubic(
    dataset: str, alex: float, squeeze: float, srtk_data: Path, srtk_weights: Path
) -> None:
    for net, expected in (("alex", alex), ("squeeze", squeeze)):
        result = sr.bench(
            "bicubic",
            dataset=dataset,
            scale=4,
            metrics="lpips",
            lpips_net=net,
            data_root=srtk_data,
            weights_root=srtk_weights,
            quiet=True,
        )[0]
        assert result.mean("bicubic", "lpips") == pytest.approx(expected, abs=5.1e-5)


def test_luma_agrees_with_scikit_image(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    case = Case.make(image, 4)
    plane, _ = case.planes(case.hr, get_protocol("y"))
    expected = rgb2ycbcr(image)[4:-4, 4:-4, :1]
    np.testing.assert_allclose(plane, expected, atol=1e-9)


def test_gray_rule_of_each_protocol(rng: np.random.Generator) -> None:
    gray = rng.integers(0, 256, (24, 24, 1), dtype=np.uint8)
    case = Case.make(gray, 2)
    _, y = case.planes(case.hr, get_protocol("y"))
    _, srcnn = case.planes(case.hr, get_protocol("srcnn"))
    _, rgb = case.planes(case.hr, get_protocol("rgb"))
    inner = gray[2:-2, 2:-2].astype(float)
    # 65.481 + 128.553 + 24.966 = 219: gray read as RGB keeps 219/255 of its contrast.
    np.testing.assert_allclose(y, 16 + inner * 219 / 255, atol=1e-9)
    np.testing.assert_array_equal(srcnn, inner)
    np.testing.assert_array_equal(rgb, np.repeat(inner, 3, axis=2))


def test_a_resizer_gets_the_luma_of_the_given_lr(rng: np.random.Generator) -> None:
    for channels in (1, 3):
        hr = rng.integers(0, 256, (24, 24, channels), dtype=np.uint8)
        lr = rng.integers(0, 256, (12, 12, channels), dtype=np.uint8)
        expected = lr[..., 0] if channels == 1 else luma_uint8(lr)
        np.testing.assert_array_equal(Case.make(hr, 2, lr).lr_luma(), expected)
        assert not np.array_equal(Case.make(hr, 2).lr_luma(), expected)


def test_the_given_lr_decides_under_srcnn(srtk_data: Path) -> None:
    given = bicubic("set5", 4, "srcnn", srtk_data, "given")
    made = bicubic("set5", 4, "srcnn", srtk_data)
    assert given != made
    assert given == pytest.approx(made, abs=0.1)  # they differ by rounding alone


def test_channelwise_generators_work_on_zero_to_one(
    srtk_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sr_toolkit.upscaling.resizers import Bicubic

    seen: list[float] = []
    forward = Bicubic.forward

    def watched(self: Bicubic, lr: torch.Tensor, scale: int | None = None) -> torch.Tensor:
        seen.append(float(lr.max()))
        return forward(self, lr, scale)

    monkeypatch.setattr(Bicubic, "forward", watched)
    bicubic("set5", 4, "srcnn", srtk_data)
    assert 0.5 < max(seen) <= 1.1


def test_given_lr_must_match(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (41, 42, 3), dtype=np.uint8)
    with pytest.raises(DataError, match="wants an LR of 10×10, received 11×10"):
        Case.make(image, 4, image[:10, :11])


def test_modcrop_and_tiny_images() -> None:
    assert modcrop(np.zeros((9, 11, 3), np.uint8), 4).shape == (8, 8, 3)
    with pytest.raises(DataError, match="too small for ×4"):
        modcrop(np.zeros((3, 11, 3), np.uint8), 4)
    with pytest.raises(DataError, match="nothing left"):
        Case.make(np.zeros((8, 8, 3), np.uint8), 4).crop(np.zeros((8, 8, 1)))


def test_halves_round_up_after_division() -> None:
    halves = np.arange(0.5, 255, 1)
    np.testing.assert_array_equal(round_half_up(halves / 255 * 255), np.ceil(halves))
    np.testing.assert_array_equal(round_half_up(np.array([-3.0, 254.6, 300.0])), [0, 255, 255])


def test_unknown_protocol_suggests() -> None:
    with pytest.raises(UnknownNameError, match="'srcnn'"):
        get_protocol("srcn")
