import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reference_imresize import imresize

from sr_toolkit.errors import ImageError
from sr_toolkit.images.resize import banded, resize
from sr_toolkit.images.resize_torch import resize_tensor

SCALES = [1 / 8, 1 / 4, 1 / 3, 1 / 2, 0.37, 0.9, 1.0, 1.3, 2, 3, 4, 8]
sides = st.integers(1, 24)
factors = st.floats(0.05, 6)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def levels(*shape: int, seed: int = 0, dtype=np.uint8) -> np.ndarray:
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, shape, dtype, endpoint=True)


def as_tensor(image: np.ndarray) -> torch.Tensor:
    return torch.tensor(image).permute(2, 0, 1)[None]


def as_image(x: torch.Tensor) -> np.ndarray:
    return x[0].permute(1, 2, 0).numpy()


def set5(data: Path, scale: int) -> list[tuple[np.ndarray, np.ndarray]]:
    root = data / "Set5"
    pairs = []
    for path in sorted((root / "HR").glob("*.png")):
        hr = np.asarray(Image.open(path).convert("RGB"))
        hr = hr[: hr.shape[0] // scale * scale, : hr.shape[1] // scale * scale]
        lr = Image.open(root / "LR_bicubic" / f"X{scale}" / f"{path.stem}x{scale}.png")
        pairs.append((hr, np.asarray(lr)))
    assert len(pairs) == 5
    return pairs


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_set5_is_matlab_byte_for_byte(scale, srtk_data):
    for hr, lr in set5(srtk_data, scale):
        np.testing.assert_array_equal(resize(hr, scale=1 / scale), lr)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_set5_is_matlab_byte_for_byte_in_torch(scale, srtk_data):
    for hr, lr in set5(srtk_data, scale):
        out = resize_tensor(as_tensor(hr / np.float32(255)), scale=1 / scale, quantize=True)
        np.testing.assert_array_equal(np.rint(as_image(out) * 255), lr)


def test_set5_x8_was_made_without_rounding_between_the_passes(srtk_data):
    for hr, lr in set5(srtk_data, 8):
        once = np.floor(resize(hr.astype(float), scale=1 / 8) + 0.5).clip(0, 255)
        np.testing.assert_array_equal(once, lr)


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("scale", SCALES)
def test_floats_agree_with_the_definition(scale, antialias):
    image = noise(23, 17, 3)
    want = imresize(image, scale=scale, antialias=antialias)
    np.testing.assert_allclose(resize(image, scale=scale, antialias=antialias), want, atol=1e-12)
    x = as_tensor(image)
    got = resize_tensor(x, scale=scale, antialias=antialias)
    np.testing.assert_allclose(as_image(got), want, atol=1e-12)
    got = resize_tensor(x.float(), scale=scale, antialias=antialias)
    assert got.dtype == torch.float32
    np.testing.assert_allclose(as_image(got), want, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(h=sides, w=sides, out_h=sides, out_w=sides)
def test_any_size_agrees_with_the_definition(h, w, out_h, out_w):
    image = noise(h, w, 2)
    want = imresize(image, size=(out_h, out_w))
    np.testing.assert_allclose(resize(image, size=(out_h, out_w)), want, atol=1e-12)
    got = resize_tensor(as_tensor(image), size=(out_h, out_w))
    np.testing.assert_allclose(as_image(got), want, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(h=sides, w=sides, scale=factors, value=st.integers(0, 255))
def test_a_constant_stays_constant(h, w, scale, value):
    out = resize(np.full((h, w), value, np.uint8), scale=scale)
    assert out.shape == (math.ceil(scale * h), math.ceil(scale * w))
    assert out.dtype == np.uint8
    assert (out == value).all()


@settings(deadline=None, max_examples=60)
@given(h=sides, w=sides, out_h=sides, out_w=sides)
def test_flips_commute(h, w, out_h, out_w):
    # With size, not scale: an output that ceil makes longer than scale * H is not centered.
    image = noise(h, w)
    out = resize(image, size=(out_h, out_w))
    np.testing.assert_allclose(resize(image[::-1], size=(out_h, out_w)), out[::-1], atol=1e-10)
    np.testing.assert_allclose(
        resize(image[:, ::-1], size=(out_h, out_w)), out[:, ::-1], atol=1e-10
    )


@given(h=sides, w=sides, up=st.integers(1, 5))
def test_sizes_compose(h, w, up):
    image = np.zeros((h, w, 1), np.uint8)
    assert resize(resize(image, scale=up), scale=1 / up).shape == image.shape


@pytest.mark.parametrize("size", [(9, 30), (30, 9), (40, 7), (5, 5)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_are_rounded_after_each_pass_smaller_factor_first(dtype, size):
    image = levels(20, 14, 3, dtype=dtype)
    top = np.iinfo(dtype).max
    steps = [(size[0], 14), size] if size[0] / 20 <= size[1] / 14 else [(20, size[1]), size]
    want = image.astype(float)
    for step in steps:
        want = np.floor(imresize(want, size=step) + 0.5 + 1e-9).clip(0, top)
    out = resize(image, size=size)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, want)


def test_an_exact_tie_is_rounded_away_from_zero():
    # At 1/2 the weights are (-3, -9, 29, 111, 111, 29, -9, -3) / 256: 128 times them is a tie.
    column = np.repeat(np.array([[0, 0, 0, 0, 128, 0, 0, 0, 0, 0]], np.uint8).T, 4, axis=1)
    exact = resize(column.astype(float), size=(5, 4))[:, 0]
    assert exact.tolist() == [-1.5, 14.5, 55.5, -4.5, 0.0]
    assert resize(column, size=(5, 4))[:, 0].tolist() == [0, 15, 56, 0, 0]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("scale", SCALES)
def test_quantized_tensors_equal_uint8_arrays(scale, dtype):
    for seed in range(3):
        image = levels(37, 41, 3, seed=seed)
        out = resize_tensor(as_tensor(image / 255).to(dtype), scale=scale, quantize=True)
        assert out.dtype == dtype
        got = np.rint(as_image(out.double()) * 255)
        np.testing.assert_array_equal(got, resize(image, scale=scale))


def test_quantized_tensors_equal_uint8_arrays_per_axis():
    for seed, size in enumerate([(12, 90), (90, 12), (13, 11), (64, 50)]):
        image = levels(37, 41, 1, seed=seed)
        out = resize_tensor(as_tensor(image / 255), size=size, quantize=True)
        np.testing.assert_array_equal(np.rint(as_image(out) * 255), resize(image, size=size))


def test_a_batch_is_resized_image_by_image():
    x = torch.rand(3, 2, 20, 31)
    whole = resize_tensor(x, scale=0.5)
    torch.testing.assert_close(whole[1:2], resize_tensor(x[1:2], scale=0.5))


@pytest.mark.parametrize("scale", [0.5, 1.7])
def test_tensors_have_gradients(scale):
    x = torch.rand(2, 1, 5, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: resize_tensor(t, scale=scale), (x,))


def test_gradients_survive_an_earlier_call_in_inference_mode():
    with torch.inference_mode():
        resize_tensor(torch.rand(1, 1, 19, 19), scale=0.5)
    x = torch.rand(1, 1, 19, 19, requires_grad=True)
    resize_tensor(x, scale=0.5).sum().backward()
    assert x.grad is not None


def test_autocast_does_not_lower_the_precision():
    x = torch.rand(1, 3, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        out = resize_tensor(x, scale=0.25)
    torch.testing.assert_close(out, resize_tensor(x, scale=0.25), rtol=0, atol=0)


def test_half_types_are_computed_in_float32():
    x = torch.rand(1, 3, 32, 32).bfloat16()
    want = resize_tensor(x.float(), scale=0.25).bfloat16()
    torch.testing.assert_close(resize_tensor(x, scale=0.25), want, rtol=0, atol=0)


def test_a_long_side_needs_no_quadratic_weights():
    bands = banded(100_000, 25_000, 0.25, True)
    assert bands.weights.size < 100_000 * 64


def test_the_result_never_shares_memory_and_the_input_is_untouched():
    image = levels(6, 6)
    before = image.copy()
    out = resize(image, scale=1)
    np.testing.assert_array_equal(out, image)
    out[:] = 0
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("image", "arguments", "words"),
    [
        (levels(4, 4), {}, "either scale or size"),
        (levels(4, 4), {"scale": 2, "size": (8, 8)}, "either scale or size"),
        (levels(4, 4), {"scale": 0}, "positive number, not 0"),
        (levels(4, 4), {"scale": float("nan")}, "positive number, not nan"),
        (levels(4, 4), {"size": (0, 4)}, r"not \(0, 4\)"),
        (levels(4, 4, 3, 1), {"scale": 2}, "shape"),
        (np.zeros((0, 4)), {"scale": 2}, "empty"),
        (np.zeros((4, 4), np.int32), {"scale": 2}, "int32"),
    ],
)
def test_what_cannot_be_resized_is_refused(image, arguments, words):
    with pytest.raises(ImageError, match=words):
        resize(image, **arguments)


@pytest.mark.parametrize("x", [torch.rand(3, 4, 4), torch.zeros(1, 3, 4, 4, dtype=torch.uint8)])
def test_what_is_no_batch_of_floats_is_refused(x):
    with pytest.raises(ImageError, match="floats of shape"):
        resize_tensor(x, scale=2)
