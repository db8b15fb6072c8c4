"""The test sets of the literature, found below the data roots.

Either layout is known, `Set5/HR/*.png` or `Set5/*.png`; folder names are compared without case. A
set's own LR lies in `Set5/LR_bicubic/X4/`, its files named as the HR or with `x4` behind the stem.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sr_toolkit.catalog.entries import find_entry
from sr_toolkit.data.config import BenchmarkConfig
from sr_toolkit.data.files import FileDataset
from sr_toolkit.errors import DataError
from sr_toolkit.images.io import read_image
from sr_toolkit.images.listing import list_images
from sr_toolkit.interfaces import Pixels
from sr_toolkit.supply.shelf import child, find_whole


class BenchmarkSet(FileDataset):
    """A set of the catalog without parts, found by one of its folder names below the data roots.

    Other counts of images than the catalog's are refused, since a score on a part of a test set
    would pass for the whole.
    """

    kind = "paired"

    def __init__(self, config: BenchmarkConfig) -> None:
        self.entry = find_entry(type(self).__name__.lower())
        super().__init__(self.entry.name)

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find the set.

        Raises:
            DataError: absent, or not all there; says where it looked and what to do.
        """
        found = find_whole(self.name, self.entry, roots)
        self.root, self.files = found.folder, found.files
        inside = found.folder.name.lower() == "hr"
        self._folder = found.folder.parent if inside else found.folder

    def lr(self, index: int, scale: int) -> Pixels:
        """Read the set's own LR of image `index`.

        Raises:
            DataError: there is none for this scale.
        """
        bicubic = child(self._folder, "LR_bicubic")
        folder = child(bicubic, f"X{scale}") if bicubic else None
        stem = self.files[index].stem
        for path in list_images(folder, recursive=False) if folder else ():
            if path.stem.lower() in (stem.lower(), f"{stem}x{scale}".lower()):
                pixels: Pixels = read_image(path).pixels
                return pixels
        pull = f"fetch it by 'srtk data pull {self.name} --scales {scale}', or "
        raise DataError(
            f"The dataset '{self.name}' has no LR of its own for '{stem}' at ×{scale} "
            f"(looked in '{self._folder / 'LR_bicubic' / f'X{scale}'}'); "
            f"{pull if scale in self.entry.scales else ''}leave --lr at 'made'."
        )


class Set5(BenchmarkSet):
    """Bevilacqua et al.: Low-Complexity Single-Image Super-Resolution, BMVC 2012."""


class Set14(BenchmarkSet):
    """Zeyde, Elad, Protter: On Single Image Scale-Up Using Sparse-Representations, 2010."""


class B100(BenchmarkSet):
    """Martin et al.: A Database of Human Segmented Natural Images, ICCV 2001 (its val part)."""


class Urban100(BenchmarkSet):
    """Huang, Singh, Ahuja: Single Image Super-Resolution from Transformed Self-Exemplars, 2015."""


class Manga109(BenchmarkSet):
    """Matsui et al.: Sketch-based Manga Retrieval using Manga109 Dataset, 2017."""
