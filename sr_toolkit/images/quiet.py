"""Decoders' own warnings and log lines, kept from people, who get one sentence or a picture."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator

_lock = threading.Lock()
_inside = 0
_saved = contextlib.ExitStack()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings and tifffile's log while any thread is inside; the last out restores them.

    `warnings.catch_warnings` alone, entered by two threads that overlap, can leave its filters
    behind for good.
    """
    global _inside
    with _lock:
        _inside += 1
        if _inside == 1:
            _saved.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            log = logging.getLogger("tifffile")
            _saved.callback(setattr, log, "disabled", log.disabled)
            log.disabled = True
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _saved.close()
