"""Image files in a folder, known by their suffix. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

READABLE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")


def list_images(folder: Path, *, recursive: bool = True) -> tuple[Path, ...]:
    """Return the image files below `folder`, sorted by their path in it."""
    found = folder.rglob("*") if recursive else folder.iterdir()
    images = [
        path
        for path in found
        if path.suffix.lower() in READABLE_SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return tuple(sorted(images, key=lambda path: path.relative_to(folder).as_posix()))
