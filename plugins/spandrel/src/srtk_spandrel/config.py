"""Settings of the bridge: which network, and its own parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sr_toolkit.api import option
from srtk_spandrel.names import NETWORKS, PERMISSIVE


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Settings of a network of spandrel's; a checkpoint's are complete, and rebuild it."""

    architecture: str = option(
        "Compact",
        help=f"Network, in any case; code under {PERMISSIVE}: {', '.join(NETWORKS)}.",
    )
    parameters: dict[str, Any] = option(
        factory=dict,
        extensible=True,
        help="Parameters of that network's constructor, such as num_feat=32; the rest as it says.",
    )
