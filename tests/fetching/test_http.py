"""Addresses that no server of ours can show: downgrades, certificates, dates, sizes."""

from __future__ import annotations

import email.utils
import http.client
import io
import time
import urllib.request

import pytest
from lying import PATIENCE, Server, fixed, honest

from sr_toolkit.fetching.drive import confirmed_address
from sr_toolkit.fetching.http import BrokenError, UnfitError, _Redirects, get
from sr_toolkit.fetching.reporting import bytes_text


def redirected(origin: str, target: str) -> urllib.request.Request | None:
    headers = http.client.HTTPMessage()
    request = urllib.request.Request(origin, headers={"Range": "bytes=5-"})
    return _Redirects().redirect_request(request, io.BytesIO(), 302, "Found", headers, target)


def test_a_redirect_never_leaves_https() -> None:
    with pytest.raises(UnfitError, match="redirects from https to 'http://b/x'"):
        redirected("https://a/x", "http://b/x")
    kept = redirected("https://a/x", "https://b/x")
    assert kept is not None
    assert kept.get_header("Range") == "bytes=5-"
    assert redirected("http://a/x", "https://b/x") is not None


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "/mnt/x", "http://a b/"]
)
def test_other_kinds_of_addresses_are_not_asked(url: str) -> None:
    with pytest.raises(UnfitError, match="cannot be asked"), get(url, {}, PATIENCE):
        raise AssertionError("it was")


def test_a_server_without_a_valid_certificate() -> None:
    """A plain server behind an https address: the handshake breaks."""
    with Server() as server:
        url = server.base.replace("http:", "https:")
        with pytest.raises(BrokenError, match=r"127\.0\.0\.1"), get(url, {}, PATIENCE):
            raise AssertionError("it was believed")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("in 100 s", 100.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    if text == "in 100 s":
        text = email.utils.formatdate(time.time() + 100, usegmt=True)
    with Server() as server:
        server.script["/x"] = [fixed(status=503, headers={"Retry-After": text})]
        with pytest.raises(BrokenError) as error, get(f"{server.base}/x", {}, PATIENCE):
            raise AssertionError("it was fine")
    if seconds is None:
        assert error.value.wait is None
    else:
        assert error.value.wait == pytest.approx(seconds, abs=3)


def test_no_compression_is_asked_for() -> None:
    """A length and a hash are of the file, not of what a server makes of it on the way."""
    with Server() as server:
        server.script["/x"] = [honest(b"x")]
        with get(f"{server.base}/x", {}, PATIENCE) as response:
            assert response.read() == b"x"
        headers = server.log[0][1]
    assert headers["Accept-Encoding"] == "identity"
    assert headers["User-Agent"].startswith("sr-toolkit/")


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<html>Quota exceeded</html>",
        b"<form id='download-form' action='x'><input type='hidden' name='id' value='1'></form>",
        b"<input type='hidden' name='confirm' value='t'>",
        b"\xff\xfe<form",
    ],
)
def test_a_page_without_the_form(page: bytes) -> None:
    assert confirmed_address(page, "https://drive.usercontent.google.com/download") is None


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_940, "9.9 kB"),
        (250_112_000, "250 MB"),
        (3_979_597_606, "4.0 GB"),
        (19_336_861_798, "19 GB"),
    ],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert bytes_text(count) == text
