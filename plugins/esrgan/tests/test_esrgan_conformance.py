from __future__ import annotations

from collections.abc import Callable

import pytest

from sr_toolkit.testing import parametrize_with_checks, parametrize_with_model_checks

pytestmark = pytest.mark.slow


@parametrize_with_model_checks("srtk-esrgan::esrgan", settings={"blocks": 1})
def test_rrdbnet_conforms(check: Callable[[], None]) -> None:
    check()


@parametrize_with_checks("discriminator", "srtk-esrgan::esrgan-vgg")
def test_the_vgg_discriminator_conforms(check: Callable[[], None]) -> None:
    check()


@parametrize_with_checks("discriminator", "srtk-esrgan::unet")
def test_the_unet_conforms(check: Callable[[], None]) -> None:
    check()
