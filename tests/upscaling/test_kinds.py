"""numpy, PIL and torch in, the same kind out, of whatever type and channels."""

import functools
import inspect

import numpy as np
import pytest
import torch
from made import generator, pixels
from PIL import Image
from skimage.color import rgb2ycbcr

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.errors import ConfigError, ImageError
from sr_toolkit.hardware import Hardware
from sr_toolkit.images.color import luma
from sr_toolkit.images.resize import resize
from sr_toolkit.metrics.protocol import round_half_up
from sr_toolkit.upscaling.upscaler import Upscaler, load


@functools.cache
def upscaler(name: str = "srgan", channels: int = 3) -> Upscaler:
    if name == "bicubic":
        return Upscaler(build_generator("bicubic", {}, (4,)), label="bicubic")
    return Upscaler(generator(4, channels=channels), label="tiny")


def forward(name: str, image: np.ndarray, peak: float) -> np.ndarray:
    """Return the generator's own answer, (H, W, C) in units of `peak`."""
    x = torch.from_numpy(image.astype(np.float64) / peak).permute(2, 0, 1)[None]
    module = upscaler(name).generator
    with torch.no_grad():
        sr = module(x if name == "bicubic" else x.float(), 4)[0]
    return sr.permute(1, 2, 0).double().numpy() * peak


@pytest.mark.parametrize("name", ["srgan", "bicubic"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(9, 13, 3), (9, 13, 1), (9, 13)])
def test_arrays(name, dtype, shape):
    channels = shape[2] if len(shape) == 3 else 1
    image = pixels(9, 13, channels, dtype)
    sr = upscaler(name).upscale(image.reshape(shape))
    assert sr.dtype == dtype
    assert sr.shape == (36, 52, *shape[2:])
    peak = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1.0
    rgb = image if channels == 3 or name == "bicubic" else np.repeat(image, 3, axis=2)
    expected = forward(name, rgb, peak)
    if channels == 1:
        expected = expected.mean(2, keepdims=True)
    if peak > 1:
        expected = np.clip(expected, 0, peak)
    slack = 0.51 + 1e-6 * peak if peak > 1 else 1e-5
    assert np.abs(sr.reshape(36, 52, channels) - expected).max() <= slack


def test_whole_numbers_are_rounded_and_clipped():
    """Values beyond the range stay at its ends, and do not wrap around."""
    image = np.zeros((12, 12, 3), np.uint8)
    image[4:8, 4:8] = 255
    sr = upscaler("bicubic").upscale(image)
    expected = round_half_up(resize(image.astype(np.float64), scale=4.0))
    np.testing.assert_array_equal(sr, expected)
    assert sr[0, 0, 0] == 0
    assert (forward("bicubic", image, 255) < -1).any()
    assert (forward("bicubic", image, 255) > 256).any()


def test_floats_are_not_clamped():
    image = np.zeros((12, 12, 1), np.float32)
    image[4:8, 4:8] = 1
    sr = upscaler("bicubic").upscale(image)
    assert sr.min() < 0
    assert sr.max() > 1


@pytest.mark.parametrize("layout", ["strided", "flipped", "read-only"])
def test_arrays_of_any_layout(layout):
    whole = pixels(24, 26)
    image = {"strided": whole[::2, ::2], "flipped": whole[::-1], "read-only": whole}[layout]
    if layout == "read-only":
        image.setflags(write=False)
    before = image.copy()
    expected = upscaler().upscale(np.ascontiguousarray(image))
    np.testing.assert_array_equal(upscaler().upscale(image), expected)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("batch", [(), (1,), (2,)])
def test_tensors(channels, batch):
    image = torch.rand(*batch, channels, 7, 9, generator=torch.Generator().manual_seed(0))
    before = image.clone()
    sr = upscaler().upscale(image)
    assert isinstance(sr, torch.Tensor)
    assert sr.dtype == torch.float32
    assert sr.shape == (*batch, channels, 28, 36)
    assert torch.equal(image, before)
    stacked = image.reshape(-1, channels, 7, 9)
    for one, whole in zip(stacked, sr.reshape(-1, channels, 28, 36), strict=True):
        # The order of a convolution's sums depends on the batch.
        torch.testing.assert_close(upscaler().upscale(one), whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "CMYK"])
def test_pil(mode):
    rgba = Image.fromarray(np.concatenate([pixels(9, 13), pixels(9, 13, 1)], axis=2))
    image = rgba.convert("L").convert("1") if mode == "1" else rgba.convert(mode)
    sr = upscaler().upscale(image)
    assert isinstance(sr, Image.Image)
    assert sr.size == (52, 36)
    assert sr.mode == {"P": "RGB", "1": "L", "CMYK": "RGB"}.get(mode, mode)
    base = image.convert("L" if mode in ("L", "LA", "1") else "RGB")
    expected = upscaler().upscale(np.asarray(base))
    colors = np.asarray(sr)
    if mode == "RGBA":
        colors = colors[..., :3]
    elif mode == "LA":
        colors = colors[..., 0]
    np.testing.assert_array_equal(colors, expected)
    if mode in ("RGBA", "LA"):
        alpha = np.asarray(image.getchannel("A"))
        np.testing.assert_array_equal(np.asarray(sr.getchannel("A")), resize(alpha, scale=4.0))


def test_pil_with_16_bits():
    """Pillow's own conversion to RGB would cut them off at 255."""
    deep = pixels(9, 13, 1, np.uint16)[..., 0]
    sr = upscaler().upscale(Image.fromarray(deep))
    assert sr.mode == "I;16"
    np.testing.assert_array_equal(np.asarray(sr), upscaler().upscale(deep))
    assert np.asarray(sr).max() > 40_000


@pytest.mark.parametrize("mode", ["I", "F"])
def test_pil_of_unknown_range_is_refused(mode):
    with pytest.raises(ImageError, match=f"mode {mode}: its range is not known"):
        upscaler().upscale(Image.new(mode, (4, 4)))


def test_a_palette_with_a_transparent_color():
    image = Image.fromarray(pixels(9, 13)).convert("P")
    image.info["transparency"] = 0
    assert upscaler().upscale(image).mode == "RGBA"


def test_a_generator_of_one_channel_gets_the_luma_of_rgb():
    one = upscaler(channels=1)
    image = pixels(9, 13, 3, np.float64) * 0.2 + 0.4
    sr = one.upscale(image.astype(np.float32))
    assert sr.shape == (36, 52, 3)
    ycbcr = rgb2ycbcr(image)
    expected = one.upscale((ycbcr[..., 0] / 255).astype(np.float32))
    found = rgb2ycbcr(sr.astype(np.float64)) / 255
    np.testing.assert_allclose(found[..., 0], expected, rtol=1e-5, atol=1e-5)
    chroma = resize(ycbcr[..., 1:], scale=4.0) / 255
    np.testing.assert_allclose(found[..., 1:], chroma, atol=1e-5)
    batch = torch.rand(2, 3, 6, 7)
    apart = torch.cat([one.tensor(single[None]) for single in batch])
    torch.testing.assert_close(one.tensor(batch), apart, rtol=1e-4, atol=1e-4)


def test_luma_of_whole_numbers_is_the_networks_too():
    one = upscaler(channels=1)
    image = pixels(9, 13) // 4 + 96
    sr = one.upscale(image)
    assert sr.dtype == np.uint8
    expected = one.upscale((luma(image) / 255).astype(np.float32)) * 255
    inside = ((sr > 0) & (sr < 255)).all(axis=2)
    assert inside.mean() > 0.1
    # Each channel is half a level off at most, and the weights of luma sum to 219 / 255.
    assert np.abs(luma(sr) - expected)[inside].max() <= 0.5 * 219 / 255 + 1e-3


@pytest.mark.parametrize("radius", [1, None])
def test_chroma_reaches_beyond_a_network_that_sees_little(radius, monkeypatch):
    """Tiles leave room for the wider of the two; what cannot be tiled stays whole."""
    one = upscaler(channels=1)
    monkeypatch.setattr(one.generator, "receptive_field", lambda scale: radius)
    monkeypatch.setattr(one.generator, "forward", lambda lr, scale: nearest(lr, scale))
    batch = torch.rand(1, 3, 20, 23)
    torch.testing.assert_close(one.tensor(batch, tile=6), one.tensor(batch, tile=None))


def nearest(lr: torch.Tensor, scale: int) -> torch.Tensor:
    return torch.nn.functional.interpolate(lr, scale_factor=scale)


@pytest.mark.parametrize("channels", [2, 4])
def test_a_generator_of_one_channel_takes_gray_and_rgb_alone(channels):
    with pytest.raises(ImageError, match=f"takes 1 channels; the image has {channels}"):
        upscaler(channels=1).upscale(np.zeros((4, 4, channels), np.uint8))


def test_gray_through_a_generator_of_three_channels_is_the_mean():
    gray = pixels(9, 13, 1, np.float32)
    expected = upscaler().upscale(np.repeat(gray, 3, axis=2)).mean(axis=2, keepdims=True)
    np.testing.assert_allclose(upscaler().upscale(gray), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 2), np.uint8), "takes 3 channels; the image has 2"),
        (np.zeros((4, 4, 4), np.uint8), "takes 3 channels; the image has 4"),
        (np.zeros((4,), np.uint8), r"must be \(H, W\) or \(H, W, C\), not \(4,\)"),
        (np.zeros((0, 4, 3), np.uint8), r"not \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.int64), r"must be uint8, uint16 or float in .0, 1., not int64"),
        (np.zeros((4, 4, 3), np.int8), "not int8; convert it first"),
        (np.zeros((4, 4), np.uint32), "not uint32; convert it first"),
        (np.zeros((4, 4), bool), "not bool; convert it first"),
        (np.zeros((4, 4), np.complex64), "not complex64; convert it first"),
        (torch.zeros(4, 4), r"must be \(C, H, W\) or \(N, C, H, W\), not"),
        (torch.zeros(3, 4, 4, dtype=torch.uint8), "must be float in .0, 1., not torch.uint8"),
        ("photo.png", "Cannot upscale a str"),
    ],
)
def test_what_is_none_of_these(image, message):
    with pytest.raises(ImageError, match=message):
        upscaler().upscale(image)


def test_a_scale_that_is_not_served():
    with pytest.raises(ConfigError, match="'tiny' serves ×4, not ×2"):
        upscaler().upscale(pixels(), scale=2)


def test_progress_counts_the_tiles():
    seen = []
    upscaler().upscale(
        pixels(20, 30), tile=8, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(i, 12) for i in range(1, 13)]


def test_bf16_is_near_fp32():
    low = Upscaler(generator(4), Hardware.choose("cpu", "bf16"))
    image = pixels(20, 20, 3, np.float32)
    sr, exact = low.upscale(image), upscaler().upscale(image)
    assert sr.dtype == np.float32
    assert 0 < np.abs(sr - exact).max() < 0.05 * np.abs(exact).max()


def test_load_takes_the_best_device_unless_told():
    assert load("bicubic").hardware == load("bicubic", device="auto").hardware
    assert inspect.signature(load).parameters["device"].default == "auto"
