"""Building a part: what the caller offers fills only settings that the part has."""

from __future__ import annotations

import pytest

from sr_toolkit.errors import ConfigError
from sr_toolkit.registry import build


def test_an_offer_fills_a_free_setting_and_no_other() -> None:
    offered = {"features": 4, "channels": 1, "nothing of its own": 3}
    assert build("discriminator", "srgan", offered=offered).config.channels == 1
    settled = build("discriminator", "srgan", {"features": 8}, offered).config
    assert (settled.features, settled.channels) == (8, 1)


def test_an_offer_is_held_to_the_schema() -> None:
    with pytest.raises(ConfigError, match=r"srgan\.channels"):
        build("discriminator", "srgan", offered={"channels": "many"})
    with pytest.raises(ConfigError, match="nothing"):
        build("metric", "psnr", {"nothing": 3})
