"""Zip and tar files that nobody vouches for: all names are judged before anything is read out."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sr_toolkit.errors import DataError

MOST_AT_ONCE = 1 << 26
"""Bytes that reading a header may ask for: a forged one could ask for all memory."""
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,  # a zip's unknown compression
    RuntimeError,  # a zip's password
    struct.error,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What an archive may hold at most, unpacked."""

    total: int
    members: int = 500_000


@dataclass(frozen=True)
class Member:
    """A regular file in an archive; its path has been judged."""

    path: PurePosixPath
    size: int
    key: Any


class OpenArchive:
    """An archive whose members can be read.

    Attributes:
        members: its regular files.
    """

    def __init__(self, name: str, archive: zipfile.ZipFile | tarfile.TarFile, bounds: Bounds):
        self.name = name
        self._archive = archive
        with damaged(name):
            self.members = tuple(_judged(name, _entries(archive), bounds))

    @contextlib.contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        """Yield the content of a member; a zip's CRC-32 is checked at its end.

        Raises:
            DataError: the archive is damaged.
        """
        if isinstance(self._archive, zipfile.ZipFile):
            with damaged(self.name):
                stream: IO[bytes] | None = self._archive.open(member.key)
        else:
            stream = self._archive.extractfile(member.key)
        assert stream is not None
        with stream:
            yield stream


@contextlib.contextmanager
def open_archive(source: Path | io.RawIOBase, name: str, bounds: Bounds) -> Iterator[OpenArchive]:
    """Yield an archive, zip or tar by its content.

    Raises:
        DataError: damaged, or it holds a name that leads out of a folder, a link, a device, two
            names that differ in case alone, or more than `bounds`.
    """
    with contextlib.ExitStack() as stack:
        stream: Any = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
        magic = stream.read(4)
        stream.seek(0)
        opened: zipfile.ZipFile | tarfile.TarFile
        with damaged(name):
            if magic[:2] == b"PK":
                guarded: Any = _Guarded(stream, None, name)
                opened = stack.enter_context(zipfile.ZipFile(guarded))
            else:
                if magic[:2] == b"\x1f\x8b":
                    plain: Any = stack.enter_context(gzip.GzipFile(fileobj=stream))
                    # Headers and padding come on top of what the members hold.
                    most = 2 * bounds.total + 1024 * bounds.members
                    guarded = _Guarded(plain, most, name)
                else:
                    guarded = _Guarded(stream, None, name)
                opened = stack.enter_context(tarfile.open(fileobj=guarded, mode="r:"))
        yield OpenArchive(name, opened, bounds)


@contextlib.contextmanager
def damaged(name: str) -> Iterator[None]:
    """Turn what the standard library raises over a damaged archive into one sentence."""
    try:
        yield
    except DAMAGED as error:
        raise DataError(
            f"The archive '{name}' is damaged ({str(error) or type(error).__name__}); fetch it "
            f"again."
        ) from None


def safe_path(name: str, archive: str) -> PurePosixPath:
    """Return the path of a member.

    Raises:
        DataError: it could lead out of the folder that it is unpacked into, on any system.
    """
    path = PurePosixPath(name)
    if (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or any(letter in name for letter in "\\:\0")
    ):
        raise DataError(
            f"The archive '{archive}' holds the name '{name}', which leads out of its folder; "
            f"nothing was unpacked."
        )
    return path


def _entries(
    archive: zipfile.ZipFile | tarfile.TarFile,
) -> Iterator[tuple[str, int, str, Any]]:
    """Yield (name, size, fault, key) of all members, directories left out."""
    if isinstance(archive, zipfile.ZipFile):
        for info in archive.infolist():
            mode = info.external_attr >> 16
            kind = stat.S_IFMT(mode)
            fault = "" if kind in (0, stat.S_IFREG, stat.S_IFDIR) else _KINDS.get(kind, "a device")
            if not info.is_dir() or fault:
                yield info.orig_filename, info.file_size, fault, info
        return
    for member in archive:
        fault = ""
        if member.issym() or member.islnk():
            fault = "a link"
        elif member.issparse() or not (member.isreg() or member.isdir()):
            fault = "a device" if member.isdev() else "no plain file"
        if member.isdir():
            safe_path(member.name, archive=str(archive.name or "tar"))
        else:
            yield member.name, member.size, fault, member


_KINDS = {stat.S_IFLNK: "a link"}


def _judged(
    name: str, entries: Iterable[tuple[str, int, str, Any]], bounds: Bounds
) -> Iterator[Member]:
    total = 0
    seen: set[str] = set()
    for count, (member, size, fault, key) in enumerate(entries, 1):
        if fault:
            raise DataError(
                f"The archive '{name}' holds {fault}, '{member}', which no set of images needs; "
                f"nothing was unpacked."
            )
        path = safe_path(member, name)
        folded = str(path).casefold()
        if folded in seen:
            raise DataError(
                f"The archive '{name}' holds '{member}' twice, or in two spellings that differ in "
                f"case alone; nothing was unpacked."
            )
        seen.add(folded)
        total += max(0, size)
        if count > bounds.members:
            raise DataError(
                f"The archive '{name}' holds more than {bounds.members:,} files; nothing was "
                f"unpacked."
            )
        if size < 0 or total > bounds.total:
            raise DataError(
                f"The archive '{name}' would fill more than {bounds.total:,} bytes; nothing was "
                f"unpacked."
            )
        yield Member(path, size, key)


class _Guarded(io.RawIOBase):
    """A file of which no reader takes too much: at once, or altogether out of a compressed one."""

    def __init__(self, stream: Any, most: int | None, name: str) -> None:
        super().__init__()
        self._stream, self._most, self._name = stream, most, name

    def read(self, size: int | None = -1) -> bytes:
        wanted = MOST_AT_ONCE + 1 if size is None or size < 0 else size
        data: bytes = self._stream.read(wanted) if wanted <= MOST_AT_ONCE + 1 else b""
        if wanted > MOST_AT_ONCE and not 0 < len(data) <= MOST_AT_ONCE:
            raise DataError(f"The archive '{self._name}' has a forged header; fetch it again.")
        self._check()
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if self._most is not None and whence == io.SEEK_SET and offset > self._most:
            raise self._too_much()
        place: int = self._stream.seek(offset, whence)
        self._check()
        return place

    def tell(self) -> int:
        place: int = self._stream.tell()
        return place

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def _check(self) -> None:
        if self._most is not None and self._stream.tell() > self._most:
            raise self._too_much()

    def _too_much(self) -> DataError:
        return DataError(
            f"The archive '{self._name}' unpacks to more than its catalog entry allows; nothing "
            f"was unpacked."
        )
