"""A file on a server, read where it is needed: for a zip of which a few members are wanted."""

from __future__ import annotations

import io
from collections import OrderedDict

from sr_toolkit.catalog.records import Archive
from sr_toolkit.errors import DataError
from sr_toolkit.fetching.http import (
    BrokenError,
    Patience,
    UnfitError,
    content_range,
    get,
    host,
    pause,
    read_some,
    validator,
)
from sr_toolkit.fetching.reporting import Reporter
from sr_toolkit.fetching.transfer import addresses

KEPT = 8


def open_ranged(
    archive: Archive, patience: Patience, reporter: Reporter, *, block: int = 1 << 20
) -> RangeFile | None:
    """Return the archive as a file read by ranges; None: no address honors ranges.

    One that is busy is asked again: the whole archive may be a thousand times what is wanted.
    """
    for url in addresses(archive):
        for tried in range(1, patience.tries + 1):
            try:
                return RangeFile(archive, url, patience, reporter, block=block)
            except UnfitError as error:
                reporter.say(f"'{archive.name}' cannot be read in parts: {error}.")
                break
            except BrokenError as error:
                if tried < patience.tries:
                    pause(error, tried, patience, reporter)
    return None


class RangeFile(io.RawIOBase):
    """A seekable, read-only file over HTTP; blocks are asked for when they are touched.

    Attributes:
        fetched: bytes that came over the network.

    Raises:
        UnfitError, BrokenError: the server does not honor ranges, or holds another file.
    """

    def __init__(
        self, archive: Archive, url: str, patience: Patience, reporter: Reporter, *, block: int
    ) -> None:
        super().__init__()
        self.archive, self.url = archive, url
        self.patience, self.reporter = patience, reporter
        self.block = block
        self.fetched = 0
        self._place = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        with get(url, {"Range": "bytes=0-0"}, patience) as response:
            span = content_range(response) if response.status == 206 else None
            if span is None or span[:2] != (0, 0) or span[2] is None:
                raise UnfitError(f"{host(url)} does not honor ranges")
            self.size, self.version = span[2], validator(response)
        if (archive.size is not None and self.size != archive.size) or self.size > archive.ceiling:
            raise UnfitError(f"{host(url)} holds {self.size:,} bytes, not what the catalog states")

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, without asking the server."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative place {base + offset}")
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes, all that are left by default.

        Raises:
            DataError: the server fails, or holds another version by now.
        """
        left = max(0, self.size - self._place)
        wanted = left if size is None or size < 0 else min(size, left)
        pieces = []
        while wanted > 0:
            number, skip = divmod(self._place, self.block)
            piece = self._get(number)[skip : skip + wanted]
            pieces.append(piece)
            self._place += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _get(self, number: int) -> bytes:
        if number not in self._blocks:
            self._blocks[number] = self._fetch(number)
            if len(self._blocks) > KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _fetch(self, number: int) -> bytes:
        first = number * self.block
        last = min(first + self.block, self.size) - 1
        for tried in range(1, self.patience.tries + 1):
            try:
                data = self._ask(first, last)
                self.fetched += len(data)
                self.reporter.amount(f"{self.archive.name} (parts of it)", self.fetched, None)
                return data
            except UnfitError as error:
                cause = str(error)
                break
            except BrokenError as error:
                cause = str(error)
                if tried < self.patience.tries:
                    pause(error, tried, self.patience, self.reporter)
        raise DataError(f"Cannot read '{self.archive.name}' from the server: {cause}; try again.")

    def _ask(self, first: int, last: int) -> bytes:
        headers = {"Range": f"bytes={first}-{last}"}
        if self.version:
            headers["If-Range"] = self.version
        with get(self.url, headers, self.patience) as response:
            if response.status != 206 or content_range(response) != (first, last, self.size):
                raise UnfitError(f"the file on {host(self.url)} changed while it was read")
            data = bytearray()
            for piece in read_some(response, self.url, self.patience):
                data += piece
                if len(data) > last - first + 1:
                    raise UnfitError(f"{host(self.url)} sends more than was asked for")
        if len(data) != last - first + 1:
            raise BrokenError(f"{host(self.url)} broke off")
        return bytes(data)
