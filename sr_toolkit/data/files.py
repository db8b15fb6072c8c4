"""Datasets whose images are files: listing, reading, hashing."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sr_toolkit.data.decoding import in_order
from sr_toolkit.errors import DataError
from sr_toolkit.images.io import read_image
from sr_toolkit.interfaces import Dataset, Pixels


class FileDataset(Dataset):
    """A dataset over a list of image files; alpha is left out, orientation applied."""

    def __init__(self, name: str, files: Sequence[Path] = (), root: Path | None = None) -> None:
        self.name = name
        self.files = tuple(files)
        self.root = root
        self._labeled: tuple[tuple[Path, ...], list[str]] | None = None
        self._hashed: tuple[list[tuple[Path, int, int]], str] | None = None

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.files)

    def image(self, index: int) -> Pixels:
        """Read file `index`; raises ImageError if it cannot be read."""
        pixels: Pixels = read_image(self.files[index]).pixels
        return pixels

    def label(self, index: int) -> str:
        """Return the file's path below the set's root, without its suffix if none has the same."""
        if self._labeled is None or self._labeled[0] is not self.files:
            self._labeled = self.files, self._labels()
        return self._labeled[1][index]

    def _labels(self) -> list[str]:
        root = self.root
        paths = [
            path.relative_to(root) if root is not None and path.is_relative_to(root) else path
            for path in self.files
        ]
        stems = Counter(path.with_suffix("") for path in paths)
        told = [path if stems[path.with_suffix("")] > 1 else path.with_suffix("") for path in paths]
        # A name that is not UTF-8 is shown with its bytes: it has to be written into records.
        return [os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace") for path in told]

    def fingerprint(self) -> str:
        """Return a SHA-256 over the files' labels and bytes; files left as they are, read once."""
        states = [path.stat() for path in self.files]
        state = [
            (path, s.st_size, s.st_mtime_ns) for path, s in zip(self.files, states, strict=True)
        ]
        if self._hashed is None or self._hashed[0] != state:
            total = hashlib.sha256()
            for index, digest in enumerate(in_order(self._digest, range(len(self.files)))):
                total.update(self.label(index).encode())
                total.update(digest)
            self._hashed = state, total.hexdigest()
        return self._hashed[1]

    def _digest(self, index: int) -> bytes:
        with self.files[index].open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()


class Subset(Dataset):
    """Some images of another dataset, in the order given."""

    def __init__(self, parent: Dataset, indices: Sequence[int], name: str) -> None:
        self.parent = parent
        self.indices = tuple(indices)
        self.name = name
        self.kind = parent.kind

    def __len__(self) -> int:
        """Return the number of chosen images."""
        return len(self.indices)

    def image(self, index: int) -> Pixels:
        """Return the chosen image `index`."""
        return self.parent.image(self.indices[index])

    def lr(self, index: int, scale: int) -> Pixels:
        """Return its LR, where the parent has one."""
        return self.parent.lr(self.indices[index], scale)

    def label(self, index: int) -> str:
        """Return its label in the parent."""
        return self.parent.label(self.indices[index])

    def fingerprint(self) -> str:
        """Return a hash of the parent's fingerprint and the choice."""
        choice = ",".join(map(str, self.indices))
        return hashlib.sha256(f"{self.parent.fingerprint()}:{choice}".encode()).hexdigest()


class Joined(Dataset):
    """Several datasets one after another."""

    def __init__(self, parts: Sequence[Dataset]) -> None:
        self.parts = tuple(parts)
        self.name = "+".join(part.name for part in parts)
        self._places = [(part, i) for part in self.parts for i in range(len(part))]

    def __len__(self) -> int:
        """Return the number of images of all parts."""
        return len(self._places)

    def image(self, index: int) -> Pixels:
        """Return image `index`, counted over the parts in order."""
        part, place = self._places[index]
        return part.image(place)

    def label(self, index: int) -> str:
        """Return its label, with the part's name before it."""
        part, place = self._places[index]
        return f"{part.name}/{part.label(place)}"

    def fingerprint(self) -> str:
        """Return a hash of the parts' fingerprints."""
        joined = "+".join(part.fingerprint() for part in self.parts)
        return hashlib.sha256(joined.encode()).hexdigest()


def origins(dataset: Dataset) -> list[int]:
    """Return for each image of a joined dataset, or of a part of one, which set it came from."""
    if isinstance(dataset, Joined):
        return [number for number, part in enumerate(dataset.parts) for _ in range(len(part))]
    if isinstance(dataset, Subset):
        parent = origins(dataset.parent)
        return [parent[index] for index in dataset.indices]
    return [0] * len(dataset)


def seeded_split(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """Split into (training, validation) by a seeded draw; at least one image for validation.

    Raises:
        DataError: fewer than two images.
    """
    count = len(dataset)
    if count < 2:
        raise DataError(
            f"The dataset '{dataset.name}' has {count} image(s), too few to set some apart for "
            f"validation; give --val another set."
        )
    held = min(count - 1, max(1, round(count * share)))
    order = np.random.default_rng(seed).permutation(count)
    train, val = sorted(order[held:].tolist()), sorted(order[:held].tolist())
    return (
        Subset(dataset, train, f"{dataset.name} (training split)"),
        Subset(dataset, val, f"{dataset.name} (validation split)"),
    )
