"""License identifiers: SPDX's as people write them, the hub's as its front matter knows them."""

from __future__ import annotations

import re

_WORDS = """
    afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear
    bsl-1.0 cc cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc0-1.0 ecl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 gfdl gpl gpl-2.0
    gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 lgpl-lr lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by
    ofl-1.1 openrail osl-3.0 pddl postgresql unlicense wtfpl zlib
"""
HUB = frozenset(_WORDS.split())
"""Those that the hub filters by; any other one is `other` with its name."""


def hub_license(text: str) -> tuple[str, str]:
    """Return (the hub's identifier, a name where that is `other`) of a license.

    SPDX's `GPL-3.0-only` and `GPL-3.0-or-later` are one to the hub; the card has the whole text.
    """
    word = re.sub(r"-(only|or-later)$", "", text.strip().lower())
    if word in HUB:
        return word, ""
    return "other", re.sub(r"[^a-z0-9.]+", "-", word).strip("-.") or "unnamed"
