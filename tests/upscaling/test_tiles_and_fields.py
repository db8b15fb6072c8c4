"""Tiles join without a seam, because a generator sees no further than it declares."""

import functools

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made import generator

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.upscaling.tiling import spans, tiles
from sr_toolkit.upscaling.upscaler import Upscaler

VARIANTS = ("msrresnet", "srresnet")
SCALES = (2, 3, 4, 8)


@functools.cache
def network(variant: str, scale: int, channels: int = 3) -> Upscaler:
    return Upscaler(generator(scale, variant=variant, channels=channels), label=variant)


@functools.cache
def bicubic(scale: int) -> Upscaler:
    return Upscaler(build_generator("bicubic", {}, (scale,)), label="bicubic")


def noise(height: int, width: int, channels: int = 3) -> torch.Tensor:
    drawn = torch.Generator().manual_seed(height * 1000 + width)
    return torch.rand(1, channels, height, width, generator=drawn)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", SCALES)
def test_the_networks_here_are_no_mere_interpolation(variant, scale):
    """Else a missing seam would say nothing about tiles."""
    lr = noise(20, 20)
    sr, smooth = network(variant, scale).tensor(lr), bicubic(scale).tensor(lr)
    assert (sr - smooth).abs().mean() > 0.1


@pytest.mark.parametrize("name", [*VARIANTS, "bicubic"])
@pytest.mark.parametrize("scale", SCALES)
@settings(deadline=None, max_examples=12)
@given(height=st.integers(1, 47), width=st.integers(1, 47), tile=st.integers(1, 24))
@example(height=37, width=45, tile=16)
@example(height=1, width=41, tile=8)
def test_tiled_equals_whole(name, scale, height, width, tile):
    tile = max(tile, max(height, width) // 4)  # not hundreds of tiles
    upscaler = bicubic(scale) if name == "bicubic" else network(name, scale)
    lr = noise(height, width)
    whole = upscaler.tensor(lr, tile=None)
    tiled = upscaler.tensor(lr, tile=tile)
    assert whole.shape == (1, 3, height * scale, width * scale)
    # fp32 sums are ordered by the size of a window: equal up to the size of the values.
    bound = 1e-6 * max(1.0, float(whole.abs().max()))
    assert (tiled - whole).abs().max() <= bound


@pytest.mark.parametrize("multiple", [1, 4])
def test_tiled_luma_and_chroma_equal_the_whole(multiple, monkeypatch):
    upscaler = network("msrresnet", 3, 1)
    monkeypatch.setattr(upscaler.generator, "size_multiple", multiple)
    lr = noise(38, 29)
    whole, tiled = upscaler.tensor(lr, tile=None), upscaler.tensor(lr, tile=9)
    assert whole.shape == (1, 3, 114, 87)
    assert (tiled - whole).abs().max() <= 2e-6 * max(1.0, float(whole.abs().max()))


@pytest.mark.parametrize("name", [*VARIANTS, "bicubic"])
def test_a_smaller_margin_would_show(name, monkeypatch):
    """The comparison above sees a seam where there is one."""
    upscaler = bicubic(4) if name == "bicubic" else network(name, 4)
    lr = noise(40, 40)
    whole = upscaler.tensor(lr, tile=None)
    monkeypatch.setattr(upscaler.generator, "receptive_field", lambda scale: 1)
    assert (upscaler.tensor(lr, tile=16) - whole).abs().max() > 1e-4


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiled_arrays_are_the_same_integers(dtype):
    image = (noise(45, 37)[0].permute(1, 2, 0).numpy() * np.iinfo(dtype).max).astype(dtype)
    upscaler = bicubic(3)
    np.testing.assert_array_equal(
        upscaler.array(image, tile=8), upscaler.array(image, tile=None), strict=True
    )


def test_tiles_of_a_resizer_keep_float64():
    lr = noise(30, 30).double()
    whole, tiled = bicubic(4).tensor(lr, tile=None), bicubic(4).tensor(lr, tile=8)
    assert whole.dtype == tiled.dtype == torch.float64
    assert (whole - tiled).abs().max() < 1e-14


@pytest.mark.parametrize("tile", [1, 7, 16, None])
def test_a_size_multiple_is_kept_by_tiles_and_padding(tile):
    """A generator that wants sides by 4 gets them, and the SR has the size of the image."""
    inner = generator(2)

    class Picky(type(inner)):
        size_multiple = 4

        def forward(self, lr, scale=None):
            assert not lr.shape[-1] % 4 and not lr.shape[-2] % 4, lr.shape
            return super().forward(lr, scale)

    inner.__class__ = Picky
    upscaler = Upscaler(inner)
    lr = noise(19, 25)
    sr = upscaler.tensor(lr, tile=tile)
    assert sr.shape == (1, 3, 38, 50)
    assert (sr - upscaler.tensor(lr, tile=None)).abs().max() < 1e-5


def test_a_generator_that_cannot_be_tiled_gets_the_whole_image(monkeypatch):
    upscaler = Upscaler(generator(2))
    seen = []
    forward = type(upscaler.generator).forward
    monkeypatch.setattr(upscaler.generator, "receptive_field", lambda scale: None)
    monkeypatch.setattr(
        upscaler.generator,
        "forward",
        lambda lr, scale=None: seen.append(lr.shape) or forward(upscaler.generator, lr, scale),
    )
    upscaler.tensor(noise(40, 33), tile=8)
    assert seen == [(1, 3, 40, 33)]


@given(
    length=st.integers(1, 60),
    size=st.integers(1, 30),
    radius=st.integers(0, 12),
    multiple=st.sampled_from([1, 2, 4]),
)
def test_spans_cover_an_axis_once(length, size, radius, multiple):
    length *= multiple
    found = list(spans(length, size, radius, multiple))
    assert [i for span in found for i in range(span.start, span.stop)] == list(range(length))
    for span in found:
        assert span.low <= max(0, span.start - radius)
        assert span.high >= min(length, span.stop + radius)
        assert span.low % multiple == span.high % multiple == 0
        assert 0 <= span.low <= span.high <= length
        assert span.stop - span.start <= max(size, multiple)


def test_an_image_that_fits_is_one_tile():
    assert len(tiles(200, 256, 256, 40)) == 1
    assert len(tiles(257, 256, 256, 40)) == 2


def reach(module, scale: int, side: int) -> int:
    """Return how far, in LR pixels, the SR of the middle LR pixel depends on the LR."""
    middle = side // 2
    lr = noise(side, side).double().requires_grad_()
    sr = module.double()(lr, scale)
    block = sr[..., middle * scale : (middle + 1) * scale, middle * scale : (middle + 1) * scale]
    weights = noise(scale, scale).double() - 0.3  # no symmetry that could cancel
    (gradient,) = torch.autograd.grad((block * weights).sum(), lr)
    rows, columns = gradient.abs().sum((0, 1)).nonzero(as_tuple=True)
    return int(max((rows - middle).abs().max(), (columns - middle).abs().max()))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("blocks", [1, 2])
def test_the_declared_receptive_field_is_exact(variant, scale, blocks):
    module = generator(scale, variant=variant, blocks=blocks)
    declared = module.receptive_field(scale)
    assert reach(module, scale, 2 * declared + 7) == declared


@pytest.mark.parametrize("scale", [2, 3, 4, 6, 8])
def test_the_declared_receptive_field_of_bicubic(scale):
    """It declares one pixel more than its four taps see, room for a place between two pixels."""
    module = build_generator("bicubic", {}, (scale,))
    declared = module.receptive_field(scale)
    found = reach(module, scale, 2 * declared + 7)
    assert found == 2
    assert declared - 1 <= found <= declared


def test_the_declared_receptive_fields_of_the_full_size():
    full = {
        variant: build_generator("srgan", {"variant": variant, "features": 1}, (4,))
        for variant in VARIANTS
    }
    assert full["msrresnet"].receptive_field(4) == 35
    assert full["srresnet"].receptive_field(4) == 40
