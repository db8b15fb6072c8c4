"""An archive from a server into a file: resumed, bounded, checked, from one mirror or the next."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from sr_toolkit.catalog.records import Archive
from sr_toolkit.errors import DataError
from sr_toolkit.fetching.drive import MOST, confirmed_address
from sr_toolkit.fetching.http import (
    BrokenError,
    Patience,
    UnfitError,
    content_range,
    declared_length,
    get,
    host,
    pause,
    read_some,
    validator,
)
from sr_toolkit.fetching.reporting import Reporter, bytes_text

ENOUGH = 1 << 20
"""An attempt that brings so many bytes has not been in vain: the count of tries begins again."""


def addresses(archive: Archive) -> tuple[str, ...]:
    """Return where to ask for an archive: its own addresses, or `SRTK_MIRROR` alone."""
    mirror = os.environ.get("SRTK_MIRROR")
    return (f"{mirror.rstrip('/')}/{archive.name}",) if mirror else archive.urls


def download(archive: Archive, folder: Path, patience: Patience, reporter: Reporter) -> Path:
    """Return the archive as a file in `folder`, its hash checked; what is there already is kept on.

    One process at a time may do this for a folder and an archive.

    Raises:
        DataError: no address gave the right bytes; nothing wrong is left in the folder.
        OSError: the disk is full, or the folder cannot be written to.
    """
    problems: list[str] = []
    for url in addresses(archive):
        try:
            return _Download(archive, url, folder, patience, reporter).run()
        except UnfitError as error:
            problems.append(str(error))
    raise DataError(
        f"Cannot fetch '{archive.name}': {'; '.join(problems)}. Try again later, or name a mirror "
        f"of these files by SRTK_MIRROR."
    )


@dataclass(frozen=True)
class _State:
    """What is known of a part on disk: where it came from, which version of the file, how long."""

    url: str
    version: str
    total: int | None


class _Download:
    def __init__(
        self, archive: Archive, url: str, folder: Path, patience: Patience, reporter: Reporter
    ) -> None:
        self.archive, self.url = archive, url
        self.patience, self.reporter = patience, reporter
        self.part = folder / f"{archive.name}.part"
        self.notes = folder / f"{archive.name}.json"
        self.resumed = False
        self.misfits = 0

    def run(self) -> Path:
        """Try until the file is whole and right.

        Raises:
            UnfitError: this address does not give it.
        """
        tries = 0
        while True:
            before = self._have()
            try:
                self._continue()
                if self._is_right():
                    return self.part
            except BrokenError as error:
                tries = 1 if self._have() - before >= ENOUGH else tries + 1
                if tries >= self.patience.tries:
                    raise UnfitError(f"{error}, after {tries} tries") from None
                pause(error, tries, self.patience, self.reporter)
            except UnfitError:
                self._forget()
                raise

    def _continue(self) -> None:
        """Fetch what is missing."""
        self.resumed = False
        state, have = self._state(), self._have()
        if state is None:
            self._forget()
            have = 0
        elif have and have == self._total(state.total):
            self.resumed = True
            return
        headers = {}
        if state is not None and have:
            headers["Range"] = f"bytes={have}-"
            if state.version:
                headers["If-Range"] = state.version
        try:
            self._ask(self.url, headers, have, state)
        except UnfitError:
            if not have:
                raise
            self._forget()  # perhaps 416: what is there is longer than the file is now
            self._ask(self.url, {}, 0, None)

    def _ask(self, url: str, headers: dict[str, str], have: int, state: _State | None) -> None:
        with get(url, headers, self.patience) as response:
            if response.headers.get_content_type() != "text/html":
                self._take(response, have, state)
                return
            confirmed = confirmed_address(response.read(MOST), url)
        if confirmed is None or not self.archive.digest or url != self.url:
            raise UnfitError(f"{host(url)} sends a web page in place of the file")
        self._ask(confirmed, headers, have, state)

    def _take(self, response: http.client.HTTPResponse, have: int, state: _State | None) -> None:
        """Write the body behind what is there, or from the start, as the server answers."""
        length = declared_length(response)
        if response.status == 206:
            span = content_range(response)
            known = state.total if state is not None else None
            if span is None or span[0] != have or (known and span[2] and span[2] != known):
                self._forget()
                raise BrokenError(f"{host(self.url)} sends another part than was asked for")
            self.resumed, total = have > 0, span[2]
        else:
            have, total = 0, length
        stated = self.archive.size
        if stated is not None and total is not None and total != stated:
            raise UnfitError(
                f"{host(self.url)} offers {total:,} bytes where the catalog states {stated:,}"
            )
        if not have:  # first, so that a kill leaves no old bytes beside a new note
            self._forget()
        self._note(_State(self.url, validator(response), total))
        with self.part.open("r+b" if have else "wb") as stream:
            stream.seek(have)
            for piece in read_some(response, self.url, self.patience):
                have += len(piece)
                if have > self.archive.ceiling:
                    raise UnfitError(
                        f"{host(self.url)} sends more than the {self.archive.ceiling:,} bytes that "
                        f"the catalog allows"
                    )
                stream.write(piece)
                self.reporter.amount(self.archive.name, have, self._total(total))
        whole = self._total(total)
        if whole is not None and have < whole:
            raise BrokenError(
                f"{host(self.url)} broke off after {bytes_text(have)} of {bytes_text(whole)}"
            )

    def _is_right(self) -> bool:
        """Check the hash; False: what was put together of two parts is begun again.

        Raises:
            UnfitError: the file, fetched in one go or again and again, is another one.
        """
        method, _, digest = self.archive.digest.partition(":")
        if not method:
            return True
        with self.part.open("rb") as stream:
            found = hashlib.file_digest(stream, method).hexdigest()
        if found == digest:
            return True
        self._forget()
        self.misfits += 1
        if self.resumed and self.misfits < self.patience.tries:
            self.reporter.say(f"The parts of '{self.archive.name}' do not fit; fetching it anew.")
            return False
        raise UnfitError(
            f"what {host(self.url)} sends has the {method} {found}, not {digest} as it should"
        )

    def _total(self, stated: int | None) -> int | None:
        return self.archive.size if self.archive.size is not None else stated

    def _have(self) -> int:
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0

    def _state(self) -> _State | None:
        """Return what is known of the part, if going on with it is safe.

        Without a hash only the server can tell that the file has not changed in between.
        """
        try:
            state = _State(**json.loads(self.notes.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        safe = bool(state.version or self.archive.digest) and state.url == self.url
        return state if safe else None

    def _note(self, state: _State) -> None:
        self.notes.write_text(json.dumps(asdict(state)), encoding="utf-8")

    def _forget(self) -> None:
        forget(self.archive, self.part.parent)


def forget(archive: Archive, folder: Path) -> None:
    """Remove what `download` left in `folder`."""
    for suffix in ("part", "json"):
        with contextlib.suppress(FileNotFoundError):
            (folder / f"{archive.name}.{suffix}").unlink()
