"""What the hub's library raises, as sentences. No token ever appears in one."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sr_toolkit.errors import HubError, SrtkError
from sr_toolkit.hub.reference import Reference

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LOG_IN = "set HF_TOKEN, or log in by 'hf auth login'"


class UnreachableError(HubError):
    """The hub does not answer, or may not be asked; the cache may serve instead."""


@contextlib.contextmanager
def speaking(reference: Reference, *, quiet: bool = False) -> Iterator[None]:
    """Turn what the hub's library raises about `reference` into one sentence.

    Its bars are shown at a terminal, unless `quiet`.

    Raises:
        UnreachableError: no network, or HF_HUB_OFFLINE is set.
        HubError: anything else that the hub or the disk refuses.
    """
    from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled
    from huggingface_hub.errors import HTTPError as TransportError  # type: ignore[attr-defined]

    try:
        with _hushed(quiet):
            yield
    except SrtkError:
        raise
    except OfflineModeIsEnabled:
        raise UnreachableError("HF_HUB_OFFLINE is set") from None
    except HFValidationError:
        raise HubError(
            f"The hub's library takes no repository or revision of the name '{reference}'; look "
            f"it up on the repository's page."
        ) from None
    except (TransportError, OSError, ValueError) as error:
        raise _told(error, reference) from None
    except RuntimeError as error:  # so it raises what a thread of an upload met
        if isinstance(error.__cause__, (TransportError, OSError)):
            raise _told(error.__cause__, reference) from None
        raise


def token() -> str | None:
    """Return the token of HF_TOKEN or of `hf auth login`; None without one."""
    from huggingface_hub import get_token

    return get_token()


def client() -> HfApi:
    """Return the hub's client under our name; endpoint, token and cache are those of HF_*."""
    from huggingface_hub import HfApi

    from sr_toolkit import __version__

    return HfApi(library_name="sr-toolkit", library_version=__version__)


def without_token(text: str) -> str:
    """Return `text` on one line, with whatever looks like a token taken out."""
    secret = token()
    if secret:
        text = text.replace(secret, "…")
    return " ".join(re.sub(r"\bhf_[A-Za-z0-9]{8,}|(?<=://)[^/\s@]+@", "…", text).split())


def page(reference: Reference) -> str:
    """Return the address of the repository's page."""
    from huggingface_hub import constants

    return without_token(f"{constants.ENDPOINT}/{reference.repo}")


def _told(error: Exception, reference: Reference) -> HubError:
    from huggingface_hub import errors

    repo = reference.repo
    if isinstance(error, errors.GatedRepoError):
        return HubError(
            f"The repository '{repo}' is gated: accept its terms at {page(reference)}, then "
            f"{LOG_IN}."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(
            f"The repository '{repo}' has no revision '{reference.asked}'; name a branch, a tag or "
            f"a commit of it."
        )
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return HubError(
            f"The repository '{repo}' lacks a file that it lists at '{reference.asked}'; try "
            f"again, or name another revision."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubError(
            f"The hub has no repository '{repo}', or shows it to members alone; check the name, "
            f"and for a private one {LOG_IN}."
        )
    if isinstance(error, errors.HfHubHTTPError):
        return _answered(error, reference)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HubError(
            f"The disk is full: '{reference}' was not stored. Free some space, or name another "
            f"folder by HF_HOME."
        )
    if isinstance(error, PermissionError):
        return HubError(
            f"The hub's cache cannot be written ({error.strerror}: '{error.filename}'); name "
            f"another folder by HF_HOME."
        )
    if isinstance(error, errors.HTTPError):  # type: ignore[attr-defined] # it imports the client's
        return UnreachableError(f"the hub cannot be reached ({type(error).__name__})")
    if isinstance(error, errors.LocalEntryNotFoundError):
        return UnreachableError("the hub broke off")
    detail = without_token(str(error)).rstrip(".")
    return HubError(f"'{reference}' could not be exchanged with the hub: {detail}. Try again.")


def _answered(error: Any, reference: Reference) -> HubError:
    status = error.response.status_code
    said = without_token(error.server_message or "").rstrip(".")
    said = f": {said}" if said else ""
    if status == 401:
        return HubError(f"The hub does not accept the token (401); {LOG_IN} anew.")
    if status == 403:
        return HubError(
            f"The hub forbids this on '{reference.repo}' (403{said}); take a token that may write "
            f"there, or another name."
        )
    if status == 429:
        return HubError(f"The hub wants a pause after many requests (429); {_pause(error)}.")
    if status >= 500:
        return UnreachableError(f"the hub is out of order ({status})")
    return HubError(
        f"The hub refuses what was asked of '{reference.repo}' ({status}{said}); check name, "
        f"revision and token."
    )


def _pause(error: Any) -> str:
    headers = error.response.headers
    found = re.search(r";\s*t\s*=\s*(\d+)", headers.get("ratelimit", ""))
    seconds = headers.get("retry-after", "") or (found[1] if found else "")
    return f"try again in {seconds} s" if seconds.isdigit() else "try again in some minutes"


@contextlib.contextmanager
def _hushed(quiet: bool) -> Iterator[None]:
    """Keep the library's log lines back, which become sentences, and its bars out of files."""
    import logging as levels
    import os
    import sys

    from huggingface_hub import constants
    from huggingface_hub.utils import logging
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    # Whoever has turned them off, by a variable or a call, keeps them off.
    free = constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not are_progress_bars_disabled()
    without_bars = free and (quiet or not sys.stderr.isatty())
    if without_bars:
        disable_progress_bars()
    before = logging.get_verbosity()
    if "HF_HUB_VERBOSITY" not in os.environ and "HF_DEBUG" not in os.environ:
        logging.set_verbosity(levels.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if without_bars:
            enable_progress_bars()
