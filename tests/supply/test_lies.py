"""Servers that lie: the set is whole or absent, and the next honest pull works."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import shutil
import time
from pathlib import Path

import pytest
from lying import (
    PATIENCE,
    Answer,
    archive_of,
    broken_at,
    fixed,
    honest,
    images,
    rangeless,
    set5_of,
    zipped,
)
from shop import GOOD, Shop

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError, OutputError, SrtkError
from sr_toolkit.supply.placing import WORKSHOP

HALF = len(GOOD) // 2


def other(data: bytes) -> bytes:
    """Return other bytes of the same length."""
    return data[:-1] + bytes([data[-1] ^ 1])


LIES: dict[str, tuple[Answer, str, bool]] = {
    "wrong hash": (fixed(body=other(GOOD)), "has the sha256", False),
    "truncated": (broken_at(HALF, rangeless(GOOD)), r"broke off .* after 3 tries", True),
    "declares too little": (fixed(body=GOOD, length=HALF), "offers .* bytes where", False),
    "declares too much": (fixed(body=GOOD, length=len(GOOD) + 9), "offers .* bytes where", False),
    "sends more, undeclared": (fixed(body=GOOD + b"x" * 9, length=None), "sends more than", False),
    "sends less, undeclared": (fixed(body=GOOD[:HALF], length=None), "broke off", True),
    "endless": (fixed(body=b"x" * 50_000_000, length=None), "sends more than", False),
    "silent": (fixed(body=GOOD, pause=1.0), "not answer in time", False),
    "not there": (fixed(status=404), "answers with 404", False),
    "gone wrong": (fixed(status=500), "answers with 500 .* after 3 tries", False),
    "busy": (fixed(status=429, headers={"Retry-After": "3600"}), "answers with 429", False),
    "a web page": (
        fixed(body=b"<html>Log in</html>", headers={"Content-Type": "text/html"}),
        "sends a web page",
        False,
    ),
    "a status of its own": (fixed(status=204), "status 204", False),
    "in a circle": (fixed(status=302, headers={"Location": "/toy.zip"}), "answers with 302", False),
    "to a file": (fixed(status=302, headers={"Location": "file:///etc/passwd"}), "302", False),
    "a part that was not asked for": (
        fixed(body=GOOD[9:], status=206, headers={"Content-Range": f"bytes 9-{len(GOOD) - 1}/9"}),
        "another part",
        False,
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_leaves_nothing_that_looks_right(shop: Shop, lie: str) -> None:
    answer, message, part = LIES[lie]
    shop.answer(answer)
    began = time.monotonic()
    with pytest.raises(DataError, match=message) as error:
        shop.pull()
    assert time.monotonic() - began < 5
    assert "Cannot fetch 'toy.zip'" in str(error.value)
    shop.assert_absent(part=part)
    assert shop.server.sent < 20_000_000  # an endless one is cut off
    shop.answer(honest(GOOD))
    shop.pull()
    shop.assert_whole()


def test_a_trickle_is_a_stall(shop: Shop) -> None:
    shop.answer(fixed(body=GOOD, trickle=0.05))
    slow = dataclasses.replace(PATIENCE, least=100_000, tries=2)
    with pytest.raises(DataError, match="has stalled, after 2 tries"):
        shop.pull(patience=slow)
    shop.assert_absent(part=True)
    shop.answer(honest(GOOD))
    shop.pull()
    shop.assert_whole()


def test_a_refused_connection(shop: Shop) -> None:
    gone = archive_of(GOOD, "http://127.0.0.1:9/toy.zip")
    shop.patch.setitem(CATALOG, "set5", set5_of(gone))
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9 cannot be reached"):
        shop.pull()
    shop.assert_absent()


def test_500_and_then_fine(shop: Shop) -> None:
    shop.answer(fixed(status=500), honest(GOOD))
    shop.pull()
    shop.assert_whole()
    assert any("answers with 500" in line and "again in 0 s" in line for line in shop.told.lines)


def test_retry_after_is_heeded_and_capped(shop: Shop) -> None:
    shop.answer(fixed(status=429, headers={"Retry-After": "1"}), honest(GOOD))
    patience = dataclasses.replace(PATIENCE, longest_wait=0.3)
    began = time.monotonic()
    shop.pull(patience=patience)
    assert 0.3 <= time.monotonic() - began < 1.0
    shop.assert_whole()


def test_a_redirect_is_followed(shop: Shop) -> None:
    shop.answer(fixed(status=302, headers={"Location": "/elsewhere.zip"}))
    shop.server.script["/elsewhere.zip"] = [honest(GOOD)]
    shop.pull()
    shop.assert_whole()


def test_a_break_goes_on_where_it_was(shop: Shop) -> None:
    shop.answer(broken_at(HALF, honest(GOOD)), honest(GOOD))
    shop.pull()
    shop.assert_whole()
    assert shop.server.ranges("/toy.zip") == [None, f"bytes={HALF}-"]
    assert shop.server.log[1][1]["If-Range"] == '"one"'
    assert shop.server.sent == len(GOOD)


def test_a_failed_pull_goes_on_at_the_next(shop: Shop) -> None:
    shop.answer(broken_at(HALF, honest(GOOD)), fixed(status=500))
    with pytest.raises(DataError):
        shop.pull()
    shop.assert_absent(part=True)
    shop.server.log.clear()
    shop.answer(honest(GOOD))
    shop.pull()
    shop.assert_whole()
    assert shop.server.ranges("/toy.zip") == [f"bytes={HALF}-"]


def test_a_server_that_ignores_ranges_begins_anew(shop: Shop) -> None:
    shop.answer(broken_at(HALF, honest(GOOD)), rangeless(GOOD))
    shop.pull()
    shop.assert_whole()
    assert shop.server.sent == HALF + len(GOOD)


@pytest.mark.parametrize("hashed", [True, False])
def test_a_file_changed_between_two_parts(shop: Shop, hashed: bool) -> None:
    shop.offer(GOOD, hashed=hashed)
    before = honest(other(GOOD), '"zero"')
    shop.answer(broken_at(HALF, before), honest(GOOD))
    shop.pull()
    shop.assert_whole()
    assert shop.server.log[1][1]["If-Range"] == '"zero"'


def test_a_file_changed_behind_an_unchanged_tag(shop: Shop) -> None:
    """The parts do not fit: the hash says so, and the file is fetched again in one go."""
    shop.answer(broken_at(HALF, honest(bytes(len(GOOD)))), honest(GOOD))
    shop.pull()
    shop.assert_whole()
    assert any("do not fit" in line for line in shop.told.lines)
    assert shop.server.ranges("/toy.zip") == [None, f"bytes={HALF}-", None]


def test_parts_that_never_fit_end(shop: Shop) -> None:
    """Each attempt brings much, so that tries alone would never run out."""
    shop.patch.setattr("sr_toolkit.fetching.transfer.ENOUGH", 1)
    lies = [broken_at(HALF, honest(bytes(len(GOOD)))), honest(GOOD)] * 20
    shop.answer(*lies, fixed(status=404))
    with pytest.raises(DataError, match="has the sha256"):
        shop.pull()
    assert len(shop.server.log) == 2 * PATIENCE.tries
    shop.assert_absent()


def test_without_hash_or_version_nothing_is_put_together(shop: Shop) -> None:
    shop.offer(GOOD, hashed=False)
    shop.answer(broken_at(HALF, fixed(body=GOOD)), honest(GOOD, ""))
    shop.pull()
    shop.assert_whole()
    assert shop.server.ranges("/toy.zip") == [None, None]


def test_a_part_longer_than_the_file(shop: Shop) -> None:
    shop.offer(GOOD, sized=False)
    shop.answer(broken_at(HALF, honest(GOOD)), fixed(status=500))
    with pytest.raises(DataError):
        shop.pull()
    part = shop.root / WORKSHOP / "toy.zip.part"
    part.write_bytes(bytes(len(GOOD) + 5))
    shop.answer(honest(GOOD))
    shop.pull()
    shop.assert_whole()


def test_mirrors_are_asked_in_order(shop: Shop) -> None:
    base = shop.server.base
    archive = archive_of(GOOD, *(f"{base}/{name}/toy.zip" for name in ("a", "b", "c", "d")))
    shop.patch.setitem(CATALOG, "set5", set5_of(archive))
    shop.server.script["/b/toy.zip"] = [fixed(body=other(GOOD))]
    shop.server.script["/c/toy.zip"] = [honest(GOOD)]
    shop.pull()
    shop.assert_whole()
    assert [path for path, _ in shop.server.log] == ["/a/toy.zip", "/b/toy.zip", "/c/toy.zip"]


def test_the_mirror_of_the_environment_is_asked_alone(shop: Shop) -> None:
    archive = archive_of(GOOD, f"{shop.server.base}/own/toy.zip")
    shop.patch.setitem(CATALOG, "set5", set5_of(archive))
    shop.patch.setenv("SRTK_MIRROR", f"{shop.server.base}/mirror/")
    shop.server.script["/own/toy.zip"] = [honest(GOOD)]
    shop.server.script["/mirror/toy.zip"] = [fixed(body=other(GOOD)), honest(GOOD)]
    with pytest.raises(DataError, match="has the sha256"):
        shop.pull()
    shop.assert_absent()
    shop.pull()
    shop.assert_whole()
    assert {path for path, _ in shop.server.log} == {"/mirror/toy.zip"}


def test_the_page_of_a_drive_is_confirmed(shop: Shop) -> None:
    page = (
        '<html><form id="download-form" action="/really" method="get">'
        '<input type="hidden" name="id" value="a b"><input type="hidden" name="confirm" value="t">'
        '<input type="hidden" name="uuid" value="1-2"><input type="submit"></form></html>'
    )
    shop.answer(fixed(body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"}))
    shop.server.script["/really"] = [honest(GOOD)]
    shop.pull()
    shop.assert_whole()
    assert shop.server.log[-1][0] == "/really?id=a+b&confirm=t&uuid=1-2"
    # Without a hash nobody could tell what the form leads to.
    shutil.rmtree(shop.root)
    shop.offer(GOOD, hashed=False)
    shop.answer(fixed(body=page.encode(), headers={"Content-Type": "text/html"}))
    with pytest.raises(DataError, match="sends a web page"):
        shop.pull()


def test_what_is_no_image_of_the_set_stays_in_the_archive(shop: Shop) -> None:
    extra = {
        "Set5/notes.txt": b"x",
        "Set5/._baby.png": b"x",
        "Set5/deep/a.png": b"x",
        "b.png": b"x",
    }
    shop.offer(zipped({**images(), **extra}))
    shop.pull()
    shop.assert_whole()
    assert len([path for path in (shop.root / "Set5").rglob("*.*") if path.suffix != ".json"]) == 5


@pytest.mark.parametrize("full", ["wb", "xb"], ids=["downloading", "unpacking"])
def test_a_full_disk(shop: Shop, full: str) -> None:
    """`/dev/full` refuses as a full disk does."""
    true_open = Path.open

    def refusing(path: Path, mode: str = "r", *words: object, **named: object) -> object:
        if mode == full:
            return true_open(Path("/dev/full"), "wb")
        return true_open(path, mode, *words, **named)  # type: ignore[call-overload]

    with shop.patch.context() as patch:
        patch.setattr(Path, "open", refusing)
        with pytest.raises(OutputError, match="the disk is full") as error:
            shop.pull()
    assert isinstance(error.value.__cause__, OSError)
    assert error.value.__cause__.errno == errno.ENOSPC
    with pytest.raises(DataError):
        open_dataset("set5", [shop.root])
    assert {path.name for path in shop.root.iterdir()} == {WORKSHOP}
    shop.pull()
    shop.assert_whole()


def test_a_disk_too_small_is_seen_before(shop: Shop) -> None:
    with shop.patch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 0, 9))
        with pytest.raises(OutputError, match=r"9 B free, but fetching 'toy\.zip' takes"):
            shop.pull()
    assert shop.server.log == []
    shop.pull()
    shop.assert_whole()


def test_a_root_that_cannot_be_written_to(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Cannot write below"):
        shop.pull(root=tmp_path / "file" / "root")


def test_what_is_there_is_not_fetched_and_not_replaced(shop: Shop) -> None:
    shop.pull()
    asked = len(shop.server.log)
    shop.told.lines.clear()
    assert shop.pull() == [shop.root / "Set5" / "HR"]
    assert (len(shop.server.log), shop.told.lines) == (asked, [])
    (shop.root / "Set5" / "HR" / "baby.png").unlink()
    with pytest.raises(DataError, match="exists already with other files"):
        shop.pull()
    assert len(shop.server.log) == asked  # said before anything is fetched
    shop.pull(overwrite=True)
    shop.assert_whole()


def test_a_failed_overwrite_leaves_the_old_one(shop: Shop) -> None:
    shop.pull()
    shop.answer(fixed(body=other(GOOD)))
    with pytest.raises(SrtkError):
        shop.pull(overwrite=True)
    shop.assert_whole()


def test_another_source_where_the_first_fails(shop: Shop) -> None:
    bad = archive_of(GOOD, f"{shop.server.base}/gone.zip", name="gone.zip")
    shop.patch.setitem(CATALOG, "set5", set5_of(bad, shop.archive))
    shop.pull()
    shop.assert_whole()
    assert any("There is another source" in line for line in shop.told.lines)


def test_terms_come_before_the_first_request(shop: Shop) -> None:
    shop.pull()
    assert shop.told.lines[0].startswith("Set5: no license is stated")
    assert ("toy.zip", len(GOOD)) in shop.told.amounts
    assert hashlib.sha256(GOOD).hexdigest() in shop.archive.digest
