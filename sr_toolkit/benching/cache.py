"""What was computed before: SR images and scores, found again by all that they depend on.

A key is a hash of everything that a value follows from: the pixels that went in, the weights, the
code, the device and its precision. Nothing is ever outdated, therefore: what changes has another
key. SR images lie as arrays under the hash of their pixels, so that their scores do not depend on
how they came about. Several processes may share the folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from sr_toolkit.config.places import cache_dir
from sr_toolkit.errors import OutputError

LIMIT = 4 * 2**30
"""Bytes of SR images that are kept; those not used for longest go first."""

PATIENCE = 30
"""Seconds that one process waits for another."""

_TABLES = """
CREATE TABLE IF NOT EXISTS sr (key TEXT PRIMARY KEY, sha256 TEXT NOT NULL, seconds REAL NOT NULL);
CREATE TABLE IF NOT EXISTS value (key TEXT PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pixels (sha256 TEXT PRIMARY KEY, bytes INTEGER, used REAL);
"""


@dataclass(frozen=True)
class Found:
    """An SR image that was computed before: the hash of its pixels, and the time it took."""

    sha256: str
    seconds: float


@dataclass(frozen=True)
class Info:
    """What the cache holds: SR images, their bytes on disk, scores."""

    folder: Path
    images: int
    bytes: int
    scores: int


def key_of(kind: str, parts: Mapping[str, Any]) -> str:
    """Return the key of a value that follows from `parts`, plain data."""
    text = json.dumps([kind, parts], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def default_folder() -> Path:
    """Return where the cache lies unless told otherwise."""
    return cache_dir() / "bench"


class Cache:
    """The store in one folder; a cache of no folder keeps nothing.

    A cache that cannot be read or written is said once and then goes without: it must never cost
    a figure.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._connection: sqlite3.Connection | None = None
        if folder is None:
            return
        with self._tolerant():
            (folder / "pixels").mkdir(parents=True, exist_ok=True)
            # One at a time: SQLite waits for no other while it changes the kind of a new journal.
            with FileLock(folder / "index.lock", timeout=PATIENCE):
                self._connection = sqlite3.connect(
                    folder / "index.sqlite", timeout=PATIENCE, isolation_level=None
                )
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
                self._connection.executescript(_TABLES)

    @property
    def keeps(self) -> bool:
        """Does this cache keep anything?"""
        return self._connection is not None

    def find_sr(self, key: str) -> Found | None:
        """Return what is known of an SR image; its pixels may be gone."""
        rows = self._ask("SELECT sha256, seconds FROM sr WHERE key = ?", key)
        return Found(*rows[0]) if rows else None

    def pixels(self, sha256: str) -> NDArray[Any] | None:
        """Return an SR image by the hash of its pixels, or None where it is not kept."""
        if self.folder is None or not sha256:
            return None
        try:
            image: NDArray[Any] = np.load(self._file(sha256), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if array_hash(image) != sha256:  # a damaged file is as good as none
            return None
        self._ask("UPDATE pixels SET used = ? WHERE sha256 = ?", time.time(), sha256)
        return image

    def keep_sr(self, key: str, image: NDArray[Any], sha256: str, seconds: float) -> None:
        """Keep an SR image."""
        if not self.keeps:
            return
        with self._tolerant():
            file = self._file(sha256)
            if not file.exists():
                # Not flushed to disk: what a crash damages has another hash, and is made anew.
                file.parent.mkdir(parents=True, exist_ok=True)
                temporary = file.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
                with temporary.open("wb") as stream:
                    np.save(stream, image, allow_pickle=False)
                temporary.replace(file)
            self._ask(
                "INSERT OR REPLACE INTO pixels VALUES (?, ?, ?)", sha256, image.nbytes, time.time()
            )
            self._ask("INSERT OR REPLACE INTO sr VALUES (?, ?, ?)", key, sha256, seconds)

    def find(self, key: str) -> Any:
        """Return a value, or None."""
        rows = self._ask("SELECT json FROM value WHERE key = ?", key)
        try:
            return json.loads(rows[0][0]) if rows else None
        except ValueError:  # a damaged row is as good as none
            return None

    def keep(self, key: str, value: Any) -> None:
        """Keep a value, plain data; infinities are kept as such."""
        self._ask("INSERT OR REPLACE INTO value VALUES (?, ?)", key, json.dumps(value))

    def prune(self, limit: int = LIMIT) -> None:
        """Drop the SR images that were not used for longest, until the rest fits."""
        total = self._ask("SELECT COALESCE(SUM(bytes), 0) FROM pixels")
        excess = (total[0][0] if total else 0) - limit
        if excess <= 0:
            return
        for sha256, size in self._ask("SELECT sha256, bytes FROM pixels ORDER BY used"):
            if excess <= 0:
                break
            with self._tolerant():
                self._file(sha256).unlink(missing_ok=True)
            self._ask("DELETE FROM pixels WHERE sha256 = ?", sha256)
            excess -= size

    def info(self) -> Info:
        """Return what is kept."""
        assert self.folder is not None
        images = self._ask("SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM pixels") or [(0, 0)]
        scores = self._ask("SELECT COUNT(*) FROM value") or [(0,)]
        return Info(self.folder, images[0][0], images[0][1], scores[0][0])

    def clear(self) -> None:
        """Forget everything.

        Raises:
            OutputError: a file cannot be removed.
        """
        assert self.folder is not None
        self.close()
        try:
            for path in self.folder.glob("index.sqlite*"):
                path.unlink(missing_ok=True)
            if (self.folder / "pixels").is_dir():
                shutil.rmtree(self.folder / "pixels")
        except OSError as error:
            raise OutputError(f"Cannot clear the cache '{self.folder}': {error}.") from None

    def close(self) -> None:
        """Let go of the index; the cache keeps nothing afterwards."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _file(self, sha256: str) -> Path:
        assert self.folder is not None
        return self.folder / "pixels" / sha256[:2] / f"{sha256}.npy"

    def _ask(self, question: str, *values: Any) -> list[Any]:
        answer: list[Any] = []
        if self._connection is not None:
            with self._tolerant():
                answer = self._connection.execute(question, values).fetchall()
        return answer

    @contextlib.contextmanager
    def _tolerant(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, OutputError) as error:
            self.close()
            detail = str(error).rstrip(".")
            print(
                f"The cache '{self.folder}' is not used any more: {detail}. Remove the folder, or "
                f"name another by SRTK_CACHE.",
                file=sys.stderr,
            )


def array_hash(image: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's type, shape and values."""
    total = hashlib.sha256(f"{image.dtype.str}{image.shape}".encode())
    total.update(np.ascontiguousarray(image).data.cast("B"))
    return total.hexdigest()


def readable_size(count: int) -> str:
    """Return bytes in words, as `3.1 MB`."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
