"""What is told of a set that changed, and sets that travel as one file."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest
from lying import NAMES, images, png
from shop import Shop, Told

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.supply.manifest import NAME
from sr_toolkit.supply.packing import LIST, pack, unpack_file
from sr_toolkit.supply.verifying import Verdict, verify


def by_hand(root: Path, folder: str = "Set5", names: tuple[str, ...] = NAMES) -> Path:
    for name, data in images(folder, names).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root / folder


def check(root: Path) -> Verdict:
    (verdict,) = verify(CATALOG["set5"], [root], Told())
    return verdict


def test_damaged_missing_and_added_are_told_apart(shop: Shop) -> None:
    shop.pull()
    folder = shop.root / "Set5" / "HR"
    assert check(shop.root).ok
    (folder / "baby.png").write_bytes(png(99))  # a good image, but another one
    flipped = bytearray((folder / "bird.png").read_bytes())
    flipped[-1] ^= 1
    (folder / "bird.png").write_bytes(flipped)  # of the same length
    (folder / "head.png").unlink()
    (folder / "deep").mkdir()
    (folder / "deep" / "new.txt").write_text("new")
    verdict = check(shop.root)
    assert verdict.damaged == ("baby.png", "bird.png")
    assert verdict.missing == ("head.png",)
    assert verdict.added == ("deep/new.txt",)
    assert (verdict.ok, verdict.hashes_known) == (False, True)


def test_a_set_whose_images_are_all_gone(shop: Shop) -> None:
    shop.pull()
    for path in (shop.root / "Set5" / "HR").glob("*.png"):
        path.unlink()
    assert len(check(shop.root).missing) == 5


def test_a_set_placed_by_hand_is_counted_and_read(tmp_path: Path) -> None:
    folder = by_hand(tmp_path)
    verdict = check(tmp_path)
    assert (verdict.ok, verdict.hashes_known, verdict.files) == (True, False, 5)
    (folder / "bird.png").write_bytes(b"no image")
    assert check(tmp_path).damaged == ("bird.png",)
    (folder / "bird.png").unlink()
    verdict = check(tmp_path)
    assert (verdict.ok, verdict.fault) == (False, "holds 4 images, not 5")


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', '{"format": 1, "files": [1]}', "[1]"])
def test_a_damaged_manifest_is_said(shop: Shop, text: str) -> None:
    shop.pull()
    (shop.root / "Set5" / "HR" / NAME).write_text(text)
    verdict = check(shop.root)
    assert (verdict.ok, verdict.hashes_known) == (False, False)
    assert verdict.fault == "has no readable manifest"


def test_verifying_what_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'srtk data pull set5'"):
        check(tmp_path)
    with pytest.raises(DataError, match="has no part 'valid'; it has no parts"):
        verify(CATALOG["set5"], [tmp_path], Told(), part="valid")


@pytest.mark.parametrize("pulled", [True, False])
def test_a_packed_set_is_the_same_elsewhere(shop: Shop, tmp_path: Path, pulled: bool) -> None:
    if pulled:
        shop.pull()
    else:
        by_hand(shop.root)
    out, again = tmp_path / "set5.tar", tmp_path / "again.tar"
    for target in (out, again):
        pack(CATALOG["set5"], [shop.root], target, Told())
    assert out.read_bytes() == again.read_bytes()
    assert unpack_file(out, tmp_path / "new", Told()) == [tmp_path / "new" / "Set5" / "HR"]
    one, two = (open_dataset("set5", [root]) for root in (shop.root, tmp_path / "new"))
    assert one.fingerprint() == two.fingerprint()
    verdict = check(tmp_path / "new")
    assert (verdict.ok, verdict.hashes_known) == (True, True)


def test_any_tar_reads_a_packed_set(shop: Shop, tmp_path: Path) -> None:
    shop.pull()
    pack(CATALOG["set5"], [shop.root], tmp_path / "a.tar", Told())
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert tar.getnames() == [LIST, *(f"Set5/HR/{name}.png" for name in NAMES)]


def test_packing_what_is_damaged_incomplete_or_absent(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "a.tar"
    with pytest.raises(DataError, match="was not found"):
        pack(CATALOG["set5"], [tmp_path], out, Told())
    shop.pull()
    image = shop.root / "Set5" / "HR" / "baby.png"
    kept = image.read_bytes()
    image.write_bytes(png(99))
    with pytest.raises(DataError, match="is not as it was fetched; see 'srtk data verify set5'"):
        pack(CATALOG["set5"], [shop.root], out, Told())
    image.unlink()
    with pytest.raises(DataError, match=r"has 5 images.*holds 4"):
        pack(CATALOG["set5"], [shop.root], out, Told())
    assert not out.exists()
    image.write_bytes(kept)
    out.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        pack(CATALOG["set5"], [shop.root], out, Told())
    assert out.read_text() == "mine"


def repacked(path: Path, change: dict[str, bytes | None], *links: tarfile.TarInfo) -> Path:
    """Return a copy in which members are changed, left out (None) or added."""
    target = path.with_name("changed.tar")
    with tarfile.open(path) as old, tarfile.open(target, "w") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            data = change.pop(member.name, stream.read())
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
        for name, data in change.items():
            assert data is not None
            info = tarfile.TarInfo(name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
        for link in links:
            new.addfile(link)
    return target


def relisted(path: Path, change: dict[str, object]) -> bytes:
    with tarfile.open(path) as tar:
        stream = tar.extractfile(LIST)
        assert stream is not None
        listed = json.load(stream)
    listed["folders"][0].update(change)
    return json.dumps(listed).encode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Set5/HR/baby.png": png(99)}, "'baby.png' is not what was packed"),
        ({"Set5/HR/baby.png": None}, "does not hold what its list says"),
        ({"Set5/HR/more.png": b"x"}, "does not hold what its list says"),
        ({"../evil.png": b"x"}, "leads out of its folder"),
        ({"/tmp/evil.png": b"x"}, "leads out of its folder"),
        ({LIST: None}, "is no set that 'srtk data pack' wrote"),
        ({LIST: b"{}"}, "is no set that 'srtk data pack' wrote"),
        ({LIST: b"not json"}, "is no set that 'srtk data pack' wrote"),
        ({LIST: {"home": "../up"}}, "leads out of its folder"),
        ({LIST: {"home": "/tmp/up"}}, "leads out of its folder"),
        ({LIST: {"home": ".hidden"}}, "is no set that"),
        ({LIST: {"home": "Other"}}, "does not hold what its list says"),
        ({LIST: {"files": {}}}, "is no set that"),
    ],
)
def test_a_changed_pack_is_refused(
    shop: Shop, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    shop.pull()
    out = tmp_path / "a.tar"
    pack(CATALOG["set5"], [shop.root], out, Told())
    changes = {
        name: relisted(out, data) if isinstance(data, dict) else data
        for name, data in change.items()
    }
    root = tmp_path / "new"
    with pytest.raises(DataError, match=message):
        unpack_file(repacked(out, changes), root, Told())  # type: ignore[arg-type]
    assert not (root / "Set5").exists()
    assert not (tmp_path / "up").exists()
    unpack_file(out, root, Told())
    assert check(root).ok


def test_a_link_a_cut_and_a_stranger_are_refused(shop: Shop, tmp_path: Path) -> None:
    shop.pull()
    out, root = tmp_path / "a.tar", tmp_path / "new"
    pack(CATALOG["set5"], [shop.root], out, Told())
    link = tarfile.TarInfo("Set5/HR/link.png")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(DataError, match="holds a link"):
        unpack_file(repacked(out, {}, link), root, Told())
    cut = tmp_path / "cut.tar"
    cut.write_bytes(out.read_bytes()[:-12000])
    with pytest.raises(DataError, match="damaged|does not hold"):  # noqa: RUF043
        unpack_file(cut, root, Told())
    stranger = tmp_path / "photo.tar"
    stranger.write_bytes(png(1))
    with pytest.raises(DataError, match="is damaged"):
        unpack_file(stranger, root, Told())
    with pytest.raises(DataError, match="does not exist"):
        unpack_file(tmp_path / "none.tar", root, Told())
    assert not root.exists()


def test_unpacking_replaces_nothing_unasked(shop: Shop, tmp_path: Path) -> None:
    shop.pull()
    out = tmp_path / "a.tar"
    pack(CATALOG["set5"], [shop.root], out, Told())
    folder = shop.root / "Set5" / "HR"
    before = {path: path.stat().st_ino for path in folder.iterdir()}
    unpack_file(out, shop.root, Told())  # all is there: nothing to do
    assert {path: path.stat().st_ino for path in folder.iterdir()} == before
    extra = shop.root / "Set5" / "HR" / "more.png"
    extra.write_bytes(b"x")
    with pytest.raises(DataError, match="exists already"):
        unpack_file(out, shop.root, Told())
    shutil.rmtree(shop.root / "Set5" / "HR")
    by_hand(shop.root, "Set5/HR", ("stale",))
    unpack_file(out, shop.root, Told(), overwrite=True)
    shop.assert_whole()
