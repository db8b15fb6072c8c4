import numpy as np
import pytest
from skimage.color import rgb2ycbcr, ycbcr2rgb

from sr_toolkit.errors import ImageError
from sr_toolkit.images.color import RGB_TO_YCBCR, YCBCR_OFFSET, YCBCR_TO_RGB, luma, luma_uint8

RGB = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)


def test_luma_is_bt601():
    want = rgb2ycbcr(RGB)[..., 0]
    np.testing.assert_allclose(luma(RGB), want, atol=1e-10)
    np.testing.assert_allclose(luma(RGB / 255), want, atol=1e-10)
    np.testing.assert_allclose(luma(RGB.astype(np.uint16) * 257), want, atol=1e-10)
    np.testing.assert_allclose(luma((RGB / 255).astype(np.float32)), want, atol=1e-4)


def test_the_matrices_are_bt601():
    ycbcr = (RGB / 255) @ RGB_TO_YCBCR.T + YCBCR_OFFSET
    np.testing.assert_allclose(ycbcr, rgb2ycbcr(RGB), atol=1e-10)
    rgb = (ycbcr - YCBCR_OFFSET) @ YCBCR_TO_RGB.T
    np.testing.assert_allclose(rgb, ycbcr2rgb(ycbcr), atol=1e-10)
    np.testing.assert_allclose(rgb, RGB / 255, atol=1e-12)


def test_luma_spans_16_to_235():
    ends = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    np.testing.assert_allclose(luma(ends), [16, 235], atol=1e-12)
    assert luma(ends).dtype == np.float64
    assert luma_uint8(ends).tolist() == [16, 235]


def test_luma_uint8_is_rounded():
    got = luma_uint8(RGB)
    assert got.dtype == np.uint8
    assert np.abs(got - rgb2ycbcr(RGB)[..., 0]).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.zeros((2, 2, 3), np.int64), np.float64(1)])
def test_other_shapes_and_types_are_refused(bad):
    with pytest.raises(ImageError):
        luma(np.asarray(bad))


def test_luma_uint8_takes_uint8_alone():
    with pytest.raises(ImageError, match="float64"):
        luma_uint8(np.zeros((2, 2, 3)))
