"""LR consistency: does the SR, degraded again, give the LR that it was made from?"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from sr_toolkit.interfaces import Metric
from sr_toolkit.metrics.config import PSNRConfig
from sr_toolkit.metrics.psnr import psnr


class LRConsistency(Metric):
    """PSNR in RGB between the SR degraded again and the LR; low where a model invents.

    The measure of NTIRE's challenges on a learned SR space (Lugmayr et al., CVPRW 2021), there
    with a floor of 45 dB. It needs no HR.
    """

    name = "LR-PSNR"
    needs_hr = False
    space = "lr"
    digits = 2
    tolerance = 1e-2
    concurrent = True

    def __init__(self, config: PSNRConfig) -> None:
        self.config = config

    def describe(self) -> str:
        """Return what the figure says."""
        return "of the SR degraded again against the LR, in RGB"

    def score(self, sr: NDArray[Any], hr: NDArray[Any]) -> float:
        """Return the PSNR in dB of an SR degraded again and its LR, uint8 (H, W, 3)."""
        return psnr(sr, hr)
