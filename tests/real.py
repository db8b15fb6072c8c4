"""Where real data and weights lie, if anywhere.

Taken out of the environment: a test sees them only if it asks for them.
"""

from __future__ import annotations

import os


def _taken(name: str) -> str | None:
    # Processes that run a share of the tests start from this one's environment.
    kept = f"SRTK_TESTS_{name}"
    value = os.environ.pop(name, None) or os.environ.get(kept)
    if value:
        os.environ[kept] = value
    return value


REAL = {name: _taken(name) for name in ("SRTK_DATA", "SRTK_TRAIN", "SRTK_WEIGHTS")}
