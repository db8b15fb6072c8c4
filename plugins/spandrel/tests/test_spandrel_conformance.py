from __future__ import annotations

from collections.abc import Callable

import pytest

from sr_toolkit.testing import parametrize_with_model_checks

pytestmark = pytest.mark.slow


@parametrize_with_model_checks("srtk-spandrel::spandrel")
def test_the_bridge_conforms(check: Callable[[], None]) -> None:
    check()
