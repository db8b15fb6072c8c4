from __future__ import annotations

from collections.abc import Callable

import pytest

from sr_toolkit.testing import parametrize_with_checks, parametrize_with_model_checks

pytestmark = pytest.mark.slow


@parametrize_with_model_checks("srtk-srgan::srgan", settings={"blocks": 2})
def test_msrresnet_conforms(check: Callable[[], None]) -> None:
    check()


@parametrize_with_model_checks(
    "srtk-srgan::srgan", settings={"variant": "srresnet", "blocks": 2, "features": 16}
)
def test_srresnet_conforms(check: Callable[[], None]) -> None:
    check()


@parametrize_with_checks("discriminator", "srtk-srgan::srgan")
def test_the_discriminator_conforms(check: Callable[[], None]) -> None:
    check()
