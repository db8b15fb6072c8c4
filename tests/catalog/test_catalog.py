"""The catalog is consistent with itself and with the registered datasets."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from sr_toolkit.catalog.entries import CATALOG, find_entry
from sr_toolkit.catalog.records import Archive, Piece
from sr_toolkit.errors import UnknownNameError
from sr_toolkit.registry import registry

PIECES = [piece for entry in CATALOG.values() for piece in entry.pieces]
ARCHIVES = {source.archive.name: source.archive for p in PIECES for source in p.sources}
PLAIN_HTTP = {"images.cocodataset.org", "vision.stanford.edu"}  # they speak no https


@pytest.mark.parametrize("archive", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_is_bounded_and_its_hash_is_one(archive: Archive) -> None:
    assert 0 < archive.ceiling < 30_000_000_000
    assert re.fullmatch(r"|md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", archive.digest)
    assert archive.name.endswith((".zip", ".tar", ".tar.gz"))
    for url in archive.urls:
        parts = urlsplit(url)
        assert parts.scheme == ("http" if parts.netloc in PLAIN_HTTP else "https")
        assert archive.digest or parts.scheme == "https"
        assert parts.path.endswith(archive.name) or parts.netloc.startswith("drive.")


def test_one_name_means_one_archive() -> None:
    for piece in PIECES:
        for source in piece.sources:
            assert source.archive == ARCHIVES[source.archive.name]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.home)
def test_a_piece_can_be_placed(piece: Piece) -> None:
    assert piece.folders
    for folder in piece.folders:
        assert not PurePosixPath(folder).is_absolute()
        assert ".." not in PurePosixPath(folder).parts
    assert piece.part in ("", "train", "valid")
    if piece.scale is not None:
        assert piece.home.endswith(f"/X{piece.scale}")


def test_a_set_can_be_pulled_or_says_why_not() -> None:
    for entry in CATALOG.values():
        assert bool(entry.refusal) != all(piece.sources for piece in entry.pieces)
        assert entry.terms
        assert entry.citation
        assert entry.page.startswith("http")
    refused = {name for name, entry in CATALOG.items() if entry.refusal}
    assert refused == {"manga109", "flickr8k", "imagenet"}


def test_every_set_is_a_dataset() -> None:
    names = set(registry().names("dataset"))
    assert names >= set(CATALOG)
    assert names - set(CATALOG) >= {"sample", "folder"}


def test_numbers_of_the_literature() -> None:
    counts = {name: entry.images for name, entry in CATALOG.items()}
    assert counts["set5"] == 5
    assert counts["set14"] == 14
    assert counts["b100"] == counts["urban100"] == 100
    assert counts["div2k"] == 900
    assert counts["df2k"] == counts["div2k"] + 2650  # type: ignore[operator]
    assert counts["coco"] == 118_287 + 5_000
    assert CATALOG["div2k"].scales == (2, 3, 4)
    assert CATALOG["div2k"].parts == ("train", "valid")


def test_an_unknown_set_suggests() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'div2k'"):
        find_entry("div2")
