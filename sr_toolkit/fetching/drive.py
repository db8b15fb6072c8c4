"""The page that asks whether one really wants a file too large for its virus scan.

Google Drive answers so, even to addresses that say `confirm=t`, when it changes its mind.
"""

from __future__ import annotations

import html.parser
from urllib.parse import urlencode, urljoin

MOST = 1 << 18
"""Bytes of a page that are looked at."""


def confirmed_address(page: bytes, url: str) -> str | None:
    """Return the address that the page's form leads to, or None: the page has no such form."""
    form = _Form()
    form.feed(page.decode("utf-8", "replace"))
    if form.action is None or "confirm" not in form.fields:
        return None
    return f"{urljoin(url, form.action)}?{urlencode(form.fields)}"


class _Form(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if tag == "form" and found.get("id") == "download-form":
            self.action = found.get("action", "")
        if tag == "input" and self.action is not None and found.get("type") == "hidden":
            self.fields[found.get("name", "")] = found.get("value", "")
