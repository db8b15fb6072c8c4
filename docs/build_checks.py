"""Write docs/checks.md anew; run it after a check was added or its words changed.

python docs/build_checks.py
"""

from __future__ import annotations

from pathlib import Path

from sr_toolkit.testing import Check, checks_of
from sr_toolkit.testing.running import MODULES
from sr_toolkit.testing.spec_checks import CHECKS as COMMON

PAGE = Path(__file__).with_name("checks.md")
HEAD = """\
# What plugins are checked for

The checks of `srtk plugins check NAME` and of `sr_toolkit.testing`, in the order in which they run.
Each one is itself tested: a fault is planted that it has to find. [Write a plugin](plugin.md) says
how to use them.
"""
TITLES = {
    "model": "Models",
    "loss": "Losses",
    "discriminator": "Discriminators",
    "metric": "Metrics",
    "dataset": "Datasets",
    "degradation": "Steps of degradations",
}


def page() -> str:
    """Return the page."""
    parts = [HEAD, _table("Every part", COMMON)]
    for kind in MODULES:
        own = [one for one in checks_of(kind) if one not in COMMON]
        parts.append(_table(TITLES[kind], own))
    return "\n".join(parts)


def _table(title: str, checks: list[Check]) -> str:
    rows = [f"| `{one.name}` | {one.what} | {one.why} | {one.mend} |" for one in checks]
    head = "| check | holds where | why it matters | how to mend it |\n|---|---|---|---|"
    cells = [row.replace("**kwargs", "`**kwargs`") for row in rows]
    return "\n".join([f"## {title}\n", head, *cells, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
