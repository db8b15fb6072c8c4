"""Photographs that come inside the scikit-image wheel, so that everything works offline.

The list was chosen by looking at them: natural scenes and textures, no diagrams, no microscopy.
The stereo pair stays on one side of the split; the test part is what figures are quoted on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from sr_toolkit.data.config import SampleConfig
from sr_toolkit.data.files import FileDataset
from sr_toolkit.errors import DataError

PARTS = {
    "train": (
        "motorcycle_left.png",
        "motorcycle_right.png",
        "rocket.jpg",
        "camera.png",
        "brick.png",
        "grass.png",
        "gravel.png",
        "coins.png",
        "hubble_deep_field.jpg",
    ),
    "test": ("astronaut.png", "chelsea.png", "coffee.png"),
}


class Sample(FileDataset):
    """The `sample` set; its test part unless told otherwise."""

    def __init__(self, config: SampleConfig) -> None:
        self.part = config.part or "test"
        super().__init__("sample" if not config.part else f"sample:{config.part}")
        self._asked = config.part

    def prepare(self, roots: Sequence[Path]) -> None:
        """Find the photographs in the installed scikit-image.

        Raises:
            DataError: the wheel lacks one; the message names it.
        """
        spec = importlib.util.find_spec("skimage")
        if spec is None or spec.origin is None:
            raise DataError("The 'sample' set comes with scikit-image, which is not installed.")
        self.root = Path(spec.origin).parent / "data"
        self.files = tuple(self.root / name for name in PARTS[self.part])
        for path in self.files:
            if not path.is_file():
                raise DataError(
                    f"The installed scikit-image lacks '{path.name}', which 'sample' needs; "
                    f"install scikit-image 0.24 or newer from its wheel."
                )

    def training_part(self) -> Sample:
        """Return the train part, unless one was asked for by name."""
        return self._other("train")

    def validation_part(self) -> Sample | None:
        """Return the test part, unless one was asked for by name."""
        return None if self._asked else self._other("test")

    def _other(self, part: str) -> Sample:
        if self._asked:
            return self
        other = Sample(SampleConfig(part="train" if part == "train" else "test"))
        other.prepare(())
        return other
