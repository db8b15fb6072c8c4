"""Sets of the catalog that one trains on, found below the data roots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sr_toolkit.catalog.entries import find_entry
from sr_toolkit.catalog.records import Entry, Piece
from sr_toolkit.data.config import BenchmarkConfig, PartConfig
from sr_toolkit.data.files import FileDataset, Joined
from sr_toolkit.errors import DataError
from sr_toolkit.images.io import read_image
from sr_toolkit.interfaces import Dataset, Pixels
from sr_toolkit.supply.choosing import label_of
from sr_toolkit.supply.shelf import Found, absent, find_piece, find_whole, incomplete, is_whole


class WithLR(FileDataset):
    """A set whose own LR lies in folders beside its HR, found by the catalog when it is used."""

    kind = "paired"
    entry: Entry
    part = ""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._roots: Sequence[Path] = ()
        self._lr: dict[int, Mapping[str, Path]] = {}

    def lr(self, index: int, scale: int) -> Pixels:
        """Read the set's own LR of image `index`.

        Raises:
            DataError: there is none for this scale.
        """
        if scale not in self._lr:
            self._lr[scale] = self._listed(scale)
        stem = self.files[index].stem
        if stem in self._lr[scale]:
            pixels: Pixels = read_image(self._lr[scale][stem]).pixels
            return pixels
        known = scale in self.entry.scales
        pull = f"fetch it by 'srtk data pull {self.name} --scales {scale}', or " if known else ""
        raise DataError(
            f"The dataset '{self.name}' has no LR of its own for '{stem}' at ×{scale} here; "
            f"{pull}leave --lr at 'made'."
        )

    def _listed(self, scale: int) -> Mapping[str, Path]:
        """Return the LR files of a scale by the stems of their HR."""
        for piece in self.entry.pieces:
            if piece.scale == scale and self.part in ("", piece.part):
                found = find_piece(piece, self._roots)
                return {label_of(path.name, scale): path for path in found.files} if found else {}
        return {}


class Collection(WithLR):
    """A set without parts; the caller splits off what it validates on."""

    def __init__(self, config: BenchmarkConfig) -> None:
        self.entry = find_entry(type(self).__name__.lower())
        super().__init__(self.entry.name)

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find the set.

        Raises:
            DataError: absent, or not all there; says where it looked and what to do.
        """
        self._roots = roots
        found = find_whole(self.name, self.entry, roots)
        self.root, self.files = found.folder, found.files


class Flickr2K(Collection):
    """Lim et al.: Enhanced Deep Residual Networks, CVPRW 2017."""


class Dogs(Collection):
    """Khosla et al.: Novel Dataset for Fine-Grained Image Categorization, CVPRW 2011."""


class CelebA(Collection):
    """Liu et al.: Deep Learning Face Attributes in the Wild, ICCV 2015; aligned and cropped."""


class Flickr8k(Collection):
    """Hodosh, Young, Hockenmaier: Framing Image Description as a Ranking Task, 2013."""


class PartedCollection(WithLR):
    """A set with a training and a validation part.

    Without a part named it stands for both: its images are the validation part's, and either part
    may be absent until it is used.
    """

    counted = True
    """Are other counts of images than the catalog's refused?"""

    def __init__(self, config: PartConfig) -> None:
        self.entry = find_entry(type(self).__name__.lower())
        self.part = config.part or "valid"
        self._asked = config.part
        super().__init__(f"{self.entry.name}:{config.part}" if config.part else self.entry.name)

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find the part.

        Raises:
            DataError: absent, or without a part named both are; says where it looked and what to
                do.
        """
        self._roots = roots
        found = self._found(self.part)
        if found is not None:
            self.root, self.files = found.folder, found.files
        elif self._asked or self._found("train") is None:
            raise self._absent()

    def __len__(self) -> int:
        """Return the number of files.

        Raises:
            DataError: only the training part is there, which must not pass for the other.
        """
        if not self.files:
            raise self._absent()
        return len(self.files)

    def training_part(self) -> Dataset:
        """Return the training part, unless one was asked for by name.

        Raises:
            DataError: it is absent.
        """
        return self._other(PartConfig(part="train"))

    def validation_part(self) -> Dataset | None:
        """Return the validation part, unless a part was asked for by name or it is absent."""
        if self._asked or not self.files:
            return None
        return self._other(PartConfig(part="valid"))

    def _piece(self, part: str) -> Piece:
        return next(piece for piece in self.entry.hr if piece.part == part)

    def _found(self, part: str) -> Found | None:
        piece = self._piece(part)
        found = find_piece(piece, self._roots)
        if found is not None and self.counted and not is_whole(piece, found):
            raise incomplete(f"{self.entry.name}:{part}", piece, found)
        return found

    def _absent(self) -> DataError:
        return absent(
            self.entry.name, self.entry, [self._piece(self.part)], self._roots, self._asked
        )

    def _other(self, config: PartConfig) -> Dataset:
        if self._asked:
            return self
        other = type(self)(config)
        other.prepare(self._roots)
        return other


class DIV2K(PartedCollection):
    """Agustsson, Timofte: NTIRE 2017 Challenge, `DIV2K_train_HR` and `DIV2K_valid_HR`."""

    counted = False


class COCO(PartedCollection):
    """Lin et al.: Microsoft COCO, ECCV 2014; the parts of 2017."""


class ImageNet(PartedCollection):
    """Russakovsky et al.: ImageNet Large Scale Visual Recognition Challenge, 2015."""


class DF2K(Dataset):
    """DIV2K's training part and Flickr2K; validation is DIV2K's."""

    name = "df2k"

    def __init__(self, config: BenchmarkConfig) -> None:
        self._div2k = DIV2K(PartConfig(part="train"))
        self._flickr2k = Flickr2K(BenchmarkConfig())
        self._valid: Dataset | None = None

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find both.

        Raises:
            DataError: one of them is absent; says which, where it looked and what to do.
        """
        self._div2k.prepare(roots)
        self._flickr2k.prepare(roots)
        valid = DIV2K(PartConfig(part="valid"))
        if find_piece(find_entry("div2k").hr[1], roots) is not None:
            valid.prepare(roots)
            self._valid = valid
        self._both = Joined([self._div2k, self._flickr2k])

    def __len__(self) -> int:
        """Return the number of images of both."""
        return len(self._both)

    def image(self, index: int) -> Pixels:
        """Return image `index`: DIV2K's come first."""
        return self._both.image(index)

    def label(self, index: int) -> str:
        """Return its label, with its set's name before it."""
        return self._both.label(index)

    def fingerprint(self) -> str:
        """Return the hash of both."""
        return self._both.fingerprint()

    def validation_part(self) -> Dataset | None:
        """Return DIV2K's validation part, or None: it is absent."""
        return self._valid
