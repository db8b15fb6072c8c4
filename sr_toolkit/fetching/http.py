"""One GET request: what servers and networks do wrong becomes one of two exceptions.

The standard library's `urllib` carries it: redirects, proxies and certificates are its affair.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

from sr_toolkit import __version__
from sr_toolkit.fetching.reporting import Reporter

PIECE = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        tries: attempts that brought next to nothing, in a row, before an address is given up.
        timeout: seconds without an answer; also the span in which `least` bytes must come.
        first_wait: seconds before the second attempt; doubled each time.
        longest_wait: seconds at most between attempts, whatever the server asks for.
        least: bytes in `timeout` seconds below which a server counts as stalled.
    """

    tries: int = 5
    timeout: float = 30.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    least: int = 4096


class BrokenError(Exception):
    """It may go better the next time; `wait` is what the server asked for, in seconds."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class UnfitError(Exception):
    """This address will not do; another one may."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not from https to anything less."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise UnfitError(f"{host(req.full_url)} redirects from https to '{newurl}'")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextlib.contextmanager
def get(
    url: str, headers: Mapping[str, str], patience: Patience
) -> Iterator[http.client.HTTPResponse]:
    """Yield the response to a GET, status 200 or 206.

    Raises:
        BrokenError: no answer in time, a broken connection, 408, 429 or 5xx.
        UnfitError: any other refusal, an unknown host, a certificate that does not fit.
    """
    agent = {"User-Agent": f"sr-toolkit/{__version__}", "Accept-Encoding": "identity"}
    with broken_connections(url):
        try:
            request = urllib.request.Request(url, headers={**agent, **headers})
            response = _opener().open(request, timeout=patience.timeout)
        except (
            ValueError,
            http.client.InvalidURL,
        ) as error:  # before a connection is there: the address itself
            raise UnfitError(f"'{url}' cannot be asked ({error})") from None
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(url, error) from None
        with response:
            if response.status not in (200, 206):
                raise UnfitError(f"{host(url)} answers with status {response.status}")
            yield response


def pause(error: BrokenError, tries: int, patience: Patience, reporter: Reporter) -> None:
    """Wait before the next attempt: what the server asks for, else longer each time; shown."""
    wait = error.wait
    if wait is None:
        wait = patience.first_wait * 2 ** (tries - 1)
    wait = min(wait, patience.longest_wait)
    text = str(error)
    reporter.say(f"Not yet: {text}; trying again in {wait:.0f} s.")
    time.sleep(wait)


def read_some(response: http.client.HTTPResponse, url: str, patience: Patience) -> Iterator[bytes]:
    """Yield the body as it comes.

    Raises:
        BrokenError: the connection breaks, or brings less than `patience.least` for too long.
    """
    began, got = time.monotonic(), 0
    with broken_connections(url):
        while piece := response.read1(PIECE):
            yield piece
            got += len(piece)
            if time.monotonic() - began > patience.timeout:
                if got < patience.least:
                    raise BrokenError(f"{host(url)} has stalled")
                began, got = time.monotonic(), 0


@contextlib.contextmanager
def broken_connections(url: str) -> Iterator[None]:
    """Turn what the network raises into the two exceptions."""
    try:
        yield
    except urllib.error.URLError as error:
        raise _unreachable(url, error.reason) from None
    except TimeoutError:
        raise BrokenError(f"{host(url)} does not answer in time") from None
    except (ConnectionError, http.client.HTTPException, ssl.SSLError) as error:
        raise BrokenError(f"the connection to {host(url)} broke ({type(error).__name__})") from None


def host(url: str) -> str:
    """Return the host of an address, for sentences."""
    return urlsplit(url).netloc


def content_range(response: http.client.HTTPResponse) -> tuple[int, int, int | None] | None:
    """Return (first, last, total) of a partial answer; total is None where it is not stated."""
    found = re.fullmatch(
        r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", "").strip()
    )
    if found is None:
        return None
    total = None if found[3] == "*" else int(found[3])
    return int(found[1]), int(found[2]), total


def validator(response: http.client.HTTPResponse) -> str:
    """Return what `If-Range` takes: a strong ETag, else the date of the last change, else ''."""
    tag: str = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def declared_length(response: http.client.HTTPResponse) -> int | None:
    """Return the length that the server declares for this body."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener for http and https; urllib's own would read files and FTP too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _refusal(url: str, error: urllib.error.HTTPError) -> Exception:
    text = f"{host(url)} answers with {error.code} ({error.reason})"
    if error.code in (408, 425, 429) or error.code >= 500:
        return BrokenError(text, _retry_after(error.headers))
    return UnfitError(text)


def _retry_after(headers: Any) -> float | None:
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _unreachable(url: str, reason: object) -> Exception:
    if isinstance(reason, TimeoutError):
        return BrokenError(f"{host(url)} does not answer in time")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return UnfitError(f"the certificate of {host(url)} is not valid ({reason.verify_message})")
    if isinstance(reason, str):  # of urllib itself: an address that it does not know
        return UnfitError(f"'{url}' cannot be asked ({reason})")
    cause = getattr(reason, "strerror", None) or reason
    return BrokenError(f"{host(url)} cannot be reached ({cause})")
