"""A server, a data root, and a set that the server offers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from lying import NAMES, PATIENCE, Answer, Server, archive_of, honest, images, set5_of, zipped

from sr_toolkit.catalog.entries import CATALOG
from sr_toolkit.catalog.records import Archive
from sr_toolkit.data.opening import open_dataset
from sr_toolkit.errors import DataError
from sr_toolkit.supply.placing import WORKSHOP
from sr_toolkit.supply.pulling import Pull, Wish
from sr_toolkit.supply.verifying import verify

GOOD = zipped(images())


class Told:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.amounts: list[tuple[str, int]] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def amount(self, label: str, done: int, total: int | None) -> None:
        self.amounts.append((label, done))


class Shop:
    """A server, a data root, and `set5` whose one archive the server offers."""

    def __init__(self, root: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.server, self.patch = root, server, monkeypatch
        self.told = Told()
        self.archive = self.offer(GOOD)

    def offer(self, data: bytes, name: str = "toy.zip", **words: bool) -> Archive:
        self.archive = archive_of(data, f"{self.server.base}/{name}", name=name, **words)
        self.patch.setitem(CATALOG, "set5", set5_of(self.archive))
        self.server.script[f"/{name}"] = [honest(data)]
        return self.archive

    def answer(self, *answers: Answer) -> None:
        self.server.script[f"/{self.archive.name}"] = list(answers)

    def pull(self, **words: object) -> list[Path]:
        pull = Pull(root=self.root, patience=PATIENCE, reporter=self.told)
        pull = dataclasses.replace(pull, **words)  # type: ignore[arg-type]
        return pull.run([Wish(entry=CATALOG["set5"])])

    def assert_absent(self, *, part: bool = False) -> None:
        """Nothing is there but the workshop, and in it, at most, the beginning of a download."""
        with pytest.raises(DataError, match="was not found"):
            open_dataset("set5", [self.root])
        assert {path.name for path in self.root.iterdir()} <= {WORKSHOP}
        left = {path.suffix for path in (self.root / WORKSHOP).iterdir()} - {".lock"}
        assert left == ({".part", ".json"} if part else set())

    def assert_whole(self) -> None:
        dataset = open_dataset("set5", [self.root])
        assert [dataset.label(i) for i in range(5)] == list(NAMES)
        for name, data in images().items():
            assert (self.root / "Set5" / "HR" / Path(name).name).read_bytes() == data
        assert all(v.ok and v.hashes_known for v in verify(CATALOG["set5"], [self.root], Told()))
        left = {path.suffix for path in (self.root / WORKSHOP).iterdir()}
        assert left <= {".lock"}
        assert [path.name for path in (self.root / "Set5").iterdir()] == ["HR"]
