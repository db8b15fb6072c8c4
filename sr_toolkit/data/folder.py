"""Any folder of images: `folder:PATH`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sr_toolkit.data.config import FolderConfig
from sr_toolkit.data.files import FileDataset
from sr_toolkit.errors import DataError
from sr_toolkit.images.io import READABLE_SUFFIXES
from sr_toolkit.images.listing import list_images


class Folder(FileDataset):
    """Every image below a folder, sorted by path."""

    def __init__(self, config: FolderConfig) -> None:
        if not config.path:
            raise DataError("The dataset 'folder' needs a path: folder:PATH.")
        self.path = Path(config.path).expanduser()
        # The last part alone: results and checkpoints travel, the rest is this machine's affair.
        super().__init__(f"folder:{self.path.resolve().name}", root=self.path)

    def prepare(self, roots: Sequence[Path]) -> None:
        """List the images.

        Raises:
            DataError: no such folder, or no image in it.
        """
        if not self.path.is_dir():
            raise DataError(f"The folder '{self.path}' does not exist; check the path.")
        self.files = list_images(self.path)
        if not self.files:
            known = ", ".join(sorted(READABLE_SUFFIXES))
            raise DataError(f"The folder '{self.path}' holds no image ({known}).")
