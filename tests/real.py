"""Where real data and weights lie, if anywhere.

Taken out of the environment: a test sees them only if it asks for them.
"""

from __future__ import annotations

import os

REAL = {name: os.environ.pop(name, None) for name in ("SRTK_DATA", "SRTK_TRAIN", "SRTK_WEIGHTS")}
