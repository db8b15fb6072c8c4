"""What is known of a set of images, as frozen records; nothing is imported to build them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One file to be fetched.

    Attributes:
        name: its file name, unique in the catalog; mirrors offer it under this name.
        urls: where it is, tried in order.
        size: its bytes; None where that was not published.
        at_most: with no size known, the bytes at which a server is cut off.
        digest: `sha256:…` or `md5:…`, or '' where none was published.
    """

    name: str
    urls: tuple[str, ...]
    size: int | None = None
    at_most: int = 0
    digest: str = ""

    @property
    def ceiling(self) -> int:
        """The bytes at which a server is cut off."""
        return self.at_most if self.size is None else self.size

    @property
    def is_zip(self) -> bool:
        """Is it a zip? Else it is a tar, compressed or not."""
        return self.name.endswith(".zip")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a piece lies in an archive: the images below the folder `inside`."""

    archive: Archive
    inside: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A folder of images that is fetched, placed and verified as one.

    Attributes:
        folders: where it lies below a data root; pulls go to the first, the others are found too.
        count: its number of images; None where collections differ.
        part: `train` or `valid`, or '' in a set without parts.
        scale: of a folder of LR images; None: HR.
        nested: do its images lie in subfolders?
        sources: archives that hold it, tried in order.
    """

    folders: tuple[str, ...]
    count: int | None
    part: str = ""
    scale: int | None = None
    nested: bool = False
    sources: tuple[Source, ...] = ()

    @property
    def home(self) -> str:
        """Where pulls put it."""
        return self.folders[0]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A set of images.

    Attributes:
        name: what `--data` and `--dataset` call it.
        title: what its authors call it.
        pieces: its folders, HR and LR.
        terms: license or terms, in a phrase.
        citation: paper or authors.
        page: where it is published.
        refusal: why it is never fetched, and how one gets it; '' for a set that can be pulled.
    """

    name: str
    title: str
    pieces: tuple[Piece, ...]
    terms: str
    citation: str
    page: str
    refusal: str = ""

    @property
    def hr(self) -> tuple[Piece, ...]:
        """Its folders of HR images."""
        return tuple(piece for piece in self.pieces if piece.scale is None)

    @property
    def images(self) -> int | None:
        """The number of its HR images; None where collections differ."""
        counts = [piece.count for piece in self.hr]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its parts, if it has any."""
        return tuple(dict.fromkeys(piece.part for piece in self.hr if piece.part))

    @property
    def scales(self) -> tuple[int, ...]:
        """The scales at which it has LR images of its own."""
        return tuple(sorted({piece.scale for piece in self.pieces if piece.scale}))
