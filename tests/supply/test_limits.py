"""A fixed choice of images, and as little of an archive as that takes."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import pytest
from lying import PATIENCE, archive_of, broken_at, fixed, honest, images, rangeless, tarred, zipped
from shop import Shop, Told

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.catalog.records import Piece, Source
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError
from sr_toolkit.fetching.archives import Bounds, open_archive
from sr_toolkit.fetching.ranged import open_ranged
from sr_toolkit.supply.choosing import choose_pieces, label_of, limited_home, ranked
from sr_toolkit.supply.manifest import read_manifest
from sr_toolkit.supply.pulling import Pull, Wish
from sr_toolkit.supply.verifying import verify

MANY = tuple(f"{number:04d}" for number in range(1, 41))
LARGE = images("DIV2K_train_HR", MANY, size=160)  # some 77 kB each
SMALL = {
    f"DIV2K_train_LR_bicubic/X2/{name}x2.png": data
    for name, data in zip(MANY, images("", MANY, 8).values(), strict=True)
}


def offer_div2k(shop: Shop) -> None:
    """Offer a DIV2K of 40 images with LR at ×2."""
    pieces = []
    for files, folder, scale in (
        (LARGE, "DIV2K_train_HR", None),
        (SMALL, "DIV2K_train_LR_bicubic/X2", 2),
    ):
        data, name = zipped(files), f"{folder.replace('/', '_')}.zip"
        archive = archive_of(data, f"{shop.server.base}/{name}", name=name)
        shop.server.script[f"/{name}"] = [honest(data)]
        pieces.append(
            Piece(
                folders=(f"DIV2K/{folder}", folder),
                count=40,
                part="train",
                scale=scale,
                sources=(Source(archive=archive, inside=folder),),
            )
        )
    entry = dataclasses.replace(CATALOG["div2k"], pieces=tuple(pieces))
    shop.patch.setitem(CATALOG, "div2k", entry)


def pull(shop: Shop, limit: int | None, *, scales: tuple[int, ...] = ()) -> list[Path]:
    puller = Pull(root=shop.root, patience=PATIENCE, reporter=shop.told, limit=limit)
    return puller.run([Wish(entry=CATALOG["div2k"], scales=scales)])


def test_the_choice_is_the_same_everywhere_and_nested() -> None:
    labels = [f"{number:04d}" for number in range(1, 801)]
    order = ranked(reversed(labels))
    assert order == ranked(labels)
    assert sorted(order) == labels
    # As `printf 0:LABEL | sha256sum` sorts them; another choice would be another set.
    assert order[:5] == ["0175", "0764", "0719", "0724", "0490"]
    assert order[:20] != sorted(order)[:20]


def test_labels_of_hr_and_lr_are_the_same() -> None:
    assert label_of("0001.png", None) == label_of("0001x2.png", 2) == "0001"
    assert label_of("n02/a.x2.jpg", None) == "n02/a.x2"


@pytest.mark.parametrize(
    ("home", "limited"),
    [
        ("Set5/HR", "Set5-limit3/HR"),
        ("Set5/LR_bicubic/X2", "Set5-limit3/LR_bicubic/X2"),
        ("DIV2K/DIV2K_train_HR", "DIV2K/DIV2K_train_HR-limit3"),
        ("DIV2K/DIV2K_train_LR_bicubic/X2", "DIV2K/DIV2K_train_LR_bicubic-limit3/X2"),
    ],
)
def test_the_name_of_a_limited_folder(home: str, limited: str) -> None:
    assert limited_home(home, 3) == limited


def test_no_limited_folder_passes_for_a_whole_one(tmp_path: Path) -> None:
    """Whichever folder of the way to it is taken for a data root."""
    fetched = [entry for entry in CATALOG.values() if not entry.refusal]
    for entry in fetched:
        homes = [piece.home for piece in choose_pieces(entry, limit=1)]
        for home in homes:
            image = tmp_path / home / "a.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            image.write_bytes(b"")
    roots = [path for path in (tmp_path, *tmp_path.rglob("*")) if path.is_dir()]
    for entry in fetched:
        with pytest.raises(DataError, match="was not found"):
            open_dataset(entry.name, roots)


def test_a_few_members_are_read_out_of_a_zip_by_ranges(shop: Shop) -> None:
    offer_div2k(shop)
    folders = pull(shop, 3, scales=(2,))
    assert [str(folder.relative_to(shop.root)) for folder in folders] == [
        "DIV2K/DIV2K_train_HR-limit3",
        "DIV2K/DIV2K_train_LR_bicubic-limit3/X2",
    ]
    hr, lr = (sorted(path.stem for path in folder.glob("*.png")) for folder in folders)
    assert hr == sorted(ranked(MANY)[:3])
    assert lr == [f"{name}x2" for name in hr]
    for name in hr:
        assert (folders[0] / f"{name}.png").read_bytes() == LARGE[f"DIV2K_train_HR/{name}.png"]
    manifest = read_manifest(folders[0])
    assert manifest is not None
    assert (manifest.limit, "CRC-32" in manifest.checked) == (3, True)
    assert any("hash cannot be checked on a part" in line for line in shop.told.lines)
    assert len(open_dataset(f"folder:{folders[0]}", [])) == 3
    with pytest.raises(DataError, match="was not found"):
        open_dataset("div2k:train", [shop.root])
    verdicts = verify(CATALOG["div2k"], [shop.root], Told(), limit=3)
    assert [(v.ok, v.files) for v in verdicts] == [(True, 3), (True, 3)]


def test_little_more_than_the_members_comes_over_the_network(shop: Shop) -> None:
    data = zipped(LARGE)
    archive = archive_of(data, f"{shop.server.base}/x.zip", name="x.zip")
    shop.server.script["/x.zip"] = [honest(data)]
    ranged = open_ranged(archive, PATIENCE, Told(), block=1 << 14)
    assert ranged is not None
    with open_archive(ranged, "x.zip", Bounds(total=10**9)) as opened:
        assert {str(member.path): member.size for member in opened.members} == {
            name: len(content) for name, content in LARGE.items()
        }
        with opened.open(opened.members[20]) as stream:
            content = stream.read()
    assert content == LARGE[f"DIV2K_train_HR/{MANY[20]}.png"]
    assert shop.server.sent == ranged.fetched + 1
    assert ranged.fetched < len(content) + 5 * (1 << 14) < len(data) / 10


def test_a_ranged_file_reads_as_a_file_does(shop: Shop) -> None:
    data = bytes(range(256)) * 40
    archive = archive_of(data, f"{shop.server.base}/x.zip", name="x.zip")
    shop.server.script["/x.zip"] = [honest(data)]
    ranged, plain = open_ranged(archive, PATIENCE, Told(), block=1000), io.BytesIO(data)
    assert ranged is not None
    for place, whence, size in ((0, 0, 10), (-7, 2, -1), (995, 0, 2010), (3, 1, 0), (99999, 0, 5)):
        assert ranged.seek(place, whence) == plain.seek(place, whence)
        assert ranged.read(size) == plain.read(size)
        assert ranged.tell() == plain.tell()
    with pytest.raises(ValueError, match="negative"):
        ranged.seek(-1)


def test_without_ranges_the_whole_is_fetched(shop: Shop) -> None:
    offer_div2k(shop)
    data = zipped(LARGE)
    shop.server.script["/DIV2K_train_HR.zip"] = [rangeless(data)]
    (folder,) = pull(shop, 3)
    assert any("does not honor ranges" in line for line in shop.told.lines)
    assert sorted(path.stem for path in folder.glob("*.png")) == sorted(ranked(MANY)[:3])
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.checked == "the archive's sha256"


def test_a_subset_of_a_tar_takes_the_whole_tar(shop: Shop) -> None:
    data = tarred(images(), mode="w:gz")
    shop.offer(data, "toy.tar.gz")
    (folder,) = shop.pull(limit=2)
    assert folder == shop.root / "Set5-limit2" / "HR"
    chosen = {path.stem for path in folder.glob("*.png")}
    assert chosen == set(ranked(["baby", "bird", "butterfly", "head", "woman"])[:2])
    assert shop.server.ranges("/toy.tar.gz") == [None]


def test_a_larger_limit_holds_the_smaller(shop: Shop) -> None:
    offer_div2k(shop)
    few, more = ({p.name for p in pull(shop, n)[0].glob("*.png")} for n in (3, 7))
    assert few < more
    assert len(more) == 7


@pytest.mark.parametrize("limit", [0, -1, 40, 41])
def test_a_limit_that_limits_nothing(shop: Shop, limit: int) -> None:
    offer_div2k(shop)
    with pytest.raises(DataError, match="--limit"):
        pull(shop, limit)
    assert shop.server.log == []


def assert_nothing_limited(shop: Shop) -> None:
    assert not (shop.root / "DIV2K").exists()
    offer_div2k(shop)
    assert len(list(pull(shop, 3)[0].glob("*.png"))) == 3


def test_a_damaged_member_is_seen_by_its_crc(shop: Shop) -> None:
    offer_div2k(shop)
    data = bytearray(zipped(LARGE))
    first = ranked(MANY)[0]
    data[data.index(f"{first}.png".encode()) + 5000] ^= 1
    shop.server.script["/DIV2K_train_HR.zip"] = [honest(bytes(data))]
    with pytest.raises(DataError, match="CRC-32"):
        pull(shop, 3)
    assert_nothing_limited(shop)


def test_a_zip_that_changes_while_it_is_read(shop: Shop) -> None:
    offer_div2k(shop)
    data = zipped(LARGE)
    shop.server.script["/DIV2K_train_HR.zip"] = [honest(data), honest(data), honest(data, '"two"')]
    with pytest.raises(DataError, match="changed while it was read"):
        pull(shop, 3)
    assert_nothing_limited(shop)


def test_a_block_that_breaks_off_is_asked_for_again(shop: Shop) -> None:
    offer_div2k(shop)
    data = zipped(LARGE)
    flaky = broken_at(100, honest(data))
    shop.server.script["/DIV2K_train_HR.zip"] = [
        fixed(status=503),
        honest(data),
        flaky,
        fixed(status=503),
        honest(data),
    ]
    assert len(list(pull(shop, 3)[0].glob("*.png"))) == 3
    assert None not in shop.server.ranges("/DIV2K_train_HR.zip")  # never the whole
    assert len([line for line in shop.told.lines if "trying again" in line]) == 3


def test_a_block_that_never_comes(shop: Shop) -> None:
    offer_div2k(shop)
    data = zipped(LARGE)
    shop.server.script["/DIV2K_train_HR.zip"] = [honest(data), fixed(status=503)]
    with pytest.raises(DataError, match="answers with 503"):
        pull(shop, 3)
    assert len(shop.server.log) == 1 + PATIENCE.tries
    assert_nothing_limited(shop)


def test_a_zip_of_another_size_is_not_read(shop: Shop) -> None:
    offer_div2k(shop)
    longer = zipped({**LARGE, "more.txt": b"x"})
    shop.server.script["/DIV2K_train_HR.zip"] = [honest(longer)]
    with pytest.raises(DataError, match=r"offers .* bytes where the catalog states"):
        pull(shop, 3)
    assert_nothing_limited(shop)


def test_zip64_is_read_by_ranges(shop: Shop) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in LARGE.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    data = stream.getvalue()
    archive_record = archive_of(data, f"{shop.server.base}/x.zip", name="x.zip")
    shop.server.script["/x.zip"] = [honest(data)]
    ranged = open_ranged(archive_record, PATIENCE, Told())
    assert ranged is not None
    with (
        open_archive(ranged, "x.zip", Bounds(total=10**9)) as opened,
        opened.open(opened.members[-1]) as member_stream,
    ):
        assert member_stream.read() == LARGE[f"DIV2K_train_HR/{MANY[-1]}.png"]
