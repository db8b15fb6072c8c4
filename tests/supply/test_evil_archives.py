"""Archives that would harm: refused whole, even where the catalog's hash vouches for them."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from lying import NAMES, images, tarred, zipped
from shop import GOOD, Shop

from sr_toolkit.errors import DataError
from sr_toolkit.fetching.archives import Bounds, open_archive

HALF = len(GOOD) // 2


def link(name: str, kind: bytes, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link() -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo("Set5/link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, b"/etc/passwd"


def crc_broken() -> bytes:
    data = bytearray(GOOD)
    data[data.index(b"IDAT") + 20] ^= 1
    return bytes(data)


EVIL: dict[str, tuple[str, bytes, str]] = {
    "zip: up": ("e.zip", zipped({**images(), "../evil.png": b"x"}), "leads out of its folder"),
    "zip: absolute": ("e.zip", zipped({**images(), "/tmp/evil.png": b"x"}), "leads out"),
    "zip: drive": ("e.zip", zipped({**images(), "C:/evil.png": b"x"}), "leads out"),
    "zip: backslash": ("e.zip", zipped({**images(), "a\\..\\..\\e.png": b"x"}), "leads out"),
    "zip: link": ("e.zip", zipped(images(), zip_link()), "holds a link"),
    "zip: case": ("e.zip", zipped({**images(), "Set5/BABY.png": b"x"}), "case alone"),
    "zip: bomb": ("e.zip", b"", "would fill more than"),
    "zip: CRC": ("e.zip", crc_broken(), r"damaged .*CRC-32"),
    "zip: cut": ("e.zip", GOOD[:HALF], "is damaged"),
    "zip: too few": ("e.zip", zipped(images(names=NAMES[:4])), "holds 4 images"),
    "zip: too many": ("e.zip", zipped(images(names=(*NAMES, "x"))), "holds 6 images"),
    "zip: elsewhere": ("e.zip", zipped(images("Other")), "holds 0 images in 'Set5'"),
    "tar: up": ("e.tar", tarred({**images(), "../evil.png": b"x"}), "leads out"),
    "tar: absolute": ("e.tar", tarred({**images(), "/tmp/evil.png": b"x"}), "leads out"),
    "tar: symlink": (
        "e.tar",
        tarred(images(), link("Set5/l.png", tarfile.SYMTYPE, "/etc/passwd")),
        "a link",
    ),
    "tar: hard link": (
        "e.tar",
        tarred(images(), link("Set5/l.png", tarfile.LNKTYPE, "Set5/baby.png")),
        "a link",
    ),
    "tar: device": ("e.tar", tarred(images(), link("Set5/d.png", tarfile.CHRTYPE, "")), "a device"),
    "tar: pipe": ("e.tar", tarred(images(), link("Set5/d.png", tarfile.FIFOTYPE, "")), "a device"),
    "tar: folder up": ("e.tar", tarred(images(), link("../up", tarfile.DIRTYPE, "")), "leads out"),
    "tar: case": ("e.tar", tarred({**images(), "Set5/BABY.png": b"x"}), "case alone"),
    "tar.gz: cut": ("e.tar.gz", tarred(images(), mode="w:gz")[:-900], "is damaged"),
    "tar.gz: bomb": ("e.tar.gz", b"", "would fill more than"),
    "no archive": ("e.tar", b"not an archive" * 999, "is damaged"),
    "empty": ("e.tar", b"", "is damaged"),
}


def bomb(name: str) -> bytes:
    big = {"Set5/bomb.png": bytes(80_000_000)}
    if name.endswith(".zip"):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("Set5/bomb.png", big["Set5/bomb.png"])
        return stream.getvalue()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as tar:
        info = tarfile.TarInfo("Set5/bomb.png")
        info.size = 80_000_000
        tar.addfile(info, io.BytesIO(big["Set5/bomb.png"]))
    return stream.getvalue()


@pytest.mark.parametrize("case", EVIL)
def test_an_evil_archive_is_not_unpacked(shop: Shop, tmp_path: Path, case: str) -> None:
    """Even one that the catalog's hash vouches for."""
    name, data, message = EVIL[case]
    shop.offer(bomb(name) if "bomb" in case else data, name)
    with pytest.raises(DataError, match=message):
        shop.pull()
    shop.assert_absent()
    assert {path.name for path in tmp_path.iterdir()} == {"root"}
    assert not Path("/tmp/evil.png").exists()
    shop.offer(GOOD)
    shop.pull()
    shop.assert_whole()


def test_too_many_members(shop: Shop) -> None:
    shop.patch.setattr(
        "sr_toolkit.supply.pulling.bounds_of", lambda archive: Bounds(total=10**9, members=50)
    )
    shop.offer(tarred({**images(), **{f"x/{n}": b"" for n in range(50)}}), "many.tar")
    with pytest.raises(DataError, match="holds more than 50 files"):
        shop.pull()
    shop.assert_absent()
    shop.offer(GOOD)
    shop.pull()
    shop.assert_whole()


def test_a_forged_header_does_not_take_all_memory(shop: Shop) -> None:
    """A PAX header says how long it is, and is read in one go."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 8 << 30
    shop.offer(info.tobuf() + bytes(4096), "forged.tar")
    with pytest.raises(DataError, match=r"forged header|damaged"):
        shop.pull()
    shop.assert_absent()


def test_headers_that_unpack_without_end(tmp_path: Path) -> None:
    """They are no members, so that only what comes out of the gzip bounds them."""
    path = tmp_path / "headers.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("Set5/baby.png")
        info.pax_headers = {"comment": "x" * 50_000}
        tar.addfile(info)
    with (
        pytest.raises(DataError, match="unpacks to more than its catalog entry allows"),
        open_archive(path, path.name, Bounds(total=1000, members=10)),
    ):
        raise AssertionError("it was opened")
    with open_archive(path, path.name, Bounds(total=100_000, members=10)) as opened:
        assert [str(member.path) for member in opened.members] == ["Set5/baby.png"]
