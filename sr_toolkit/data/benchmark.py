"""The test sets of the literature, and DIV2K, found below the data roots.

Either layout is known, `Set5/HR/*.png` or `Set5/*.png`; folder names are compared without case. A
set's own LR lies in `Set5/LR_bicubic/X4/`, its files named as the HR or with `x4` behind the stem.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sr_toolkit.data.config import BenchmarkConfig, PartConfig
from sr_toolkit.data.files import FileDataset, list_images
from sr_toolkit.errors import DataError
from sr_toolkit.images.io import read_image
from sr_toolkit.interfaces import Dataset, Pixels


class BenchmarkSet(FileDataset):
    """A set found by one of its folder names below the data roots.

    Attributes:
        folders: the folder names that the set goes by.
        count: the number of images of the whole set; other counts are refused, since a score on a
            part of a test set would pass for the whole.
    """

    folders: tuple[str, ...]
    count: int
    kind = "paired"

    def __init__(self, config: BenchmarkConfig) -> None:
        super().__init__(type(self).__name__.lower())

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find the set.

        Raises:
            DataError: absent, or not all there; says where it looked and what to do.
        """
        for folder in _named(roots, self.folders):
            hr = _child(folder, "HR")
            self.root = hr or folder
            self.files = list_images(self.root, recursive=False)
            if self.files:
                self._folder = folder
                break
        else:
            places = ", ".join(f"'{root}'" for root in roots)
            raise DataError(
                f"The dataset '{self.name}' was not found; looked for a folder "
                f"{' or '.join(self.folders)} in {places}. Put it there, or name the folder that "
                f"holds it by --data-root or SRTK_DATA."
            )
        if len(self.files) != self.count:
            raise DataError(
                f"The dataset '{self.name}' has {self.count} images, but '{self.root}' holds "
                f"{len(self.files)}; complete it, or use folder:{self.root}."
            )

    def lr(self, index: int, scale: int) -> Pixels:
        """Read the set's own LR of image `index`.

        Raises:
            DataError: there is none for this scale.
        """
        bicubic = _child(self._folder, "LR_bicubic")
        folder = _child(bicubic, f"X{scale}") if bicubic else None
        stem = self.files[index].stem
        for path in list_images(folder, recursive=False) if folder else ():
            if path.stem.lower() in (stem.lower(), f"{stem}x{scale}".lower()):
                pixels: Pixels = read_image(path).pixels
                return pixels
        raise DataError(
            f"The dataset '{self.name}' has no LR of its own for '{stem}' at ×{scale} "
            f"(looked in '{self._folder / 'LR_bicubic' / f'X{scale}'}'); leave --lr at 'made'."
        )


class Set5(BenchmarkSet):
    """Bevilacqua et al.: Low-Complexity Single-Image Super-Resolution, BMVC 2012."""

    folders, count = ("Set5",), 5


class Set14(BenchmarkSet):
    """Zeyde, Elad, Protter: On Single Image Scale-Up Using Sparse-Representations, 2010."""

    folders, count = ("Set14",), 14


class B100(BenchmarkSet):
    """Martin et al.: A Database of Human Segmented Natural Images, ICCV 2001 (its val part)."""

    folders, count = ("B100", "BSD100", "BSDS100"), 100


class Urban100(BenchmarkSet):
    """Huang, Singh, Ahuja: Single Image Super-Resolution from Transformed Self-Exemplars, 2015."""

    folders, count = ("Urban100",), 100


class DIV2K(FileDataset):
    """Agustsson, Timofte: NTIRE 2017 Challenge, `DIV2K_train_HR` and `DIV2K_valid_HR`.

    Without a part named it stands for both: its images are the validation part's, and either part
    may be absent until it is used.
    """

    def __init__(self, config: PartConfig) -> None:
        self.part = config.part or "valid"
        self._asked = config.part
        super().__init__("div2k" if not config.part else f"div2k:{config.part}")
        self._roots: Sequence[Path] = ()

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find the part, `DIV2K_train_HR` beside others or inside a folder `DIV2K`.

        Raises:
            DataError: absent, or without a part named both are; says where it looked and what to
                do.
        """
        self._roots = roots
        self.root, self.files = self._found(self.part)
        if not self.files and (self._asked or not self._found("train")[1]):
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

    def _found(self, part: str) -> tuple[Path | None, tuple[Path, ...]]:
        inside = [*self._roots, *_named(self._roots, ("DIV2K",))]
        for folder in _named(inside, (f"DIV2K_{part}_HR",)):
            if files := list_images(folder, recursive=False):
                return folder, files
        return None, ()

    def _absent(self) -> DataError:
        places = ", ".join(f"'{root}'" for root in self._roots)
        return DataError(
            f"The dataset 'div2k' was not found; looked for a folder DIV2K_{self.part}_HR in "
            f"{places}. Put it there, or name the folder that holds it by --data-root or SRTK_DATA."
        )

    def _other(self, config: PartConfig) -> Dataset:
        if self._asked:
            return self
        other = DIV2K(config)
        other.prepare(self._roots)
        return other


def _child(folder: Path, name: str) -> Path | None:
    """Return the subfolder `name` of `folder`, compared without case."""
    for path in sorted(folder.iterdir()):
        if path.name.lower() == name.lower() and path.is_dir():
            return path
    return None


def _named(roots: Iterable[Path], names: tuple[str, ...]) -> list[Path]:
    found = [_child(root, name) for root in roots if root.is_dir() for name in names]
    return [path for path in found if path is not None]
