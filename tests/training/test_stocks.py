"""A run's images: mixed by weight, reused, and never both trained on and validated on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from arrays import Arrays
from PIL import Image
from tiny import TINY

from sr_toolkit.data.files import Joined, seeded_split
from sr_toolkit.data.opening import open_training
from sr_toolkit.data.pixel_cache import open_store
from sr_toolkit.data.store import PixelStore
from sr_toolkit.data.streamed import StreamedStore
from sr_toolkit.errors import DataError
from sr_toolkit.hardware import Hardware
from sr_toolkit.training.materials import Materials
from sr_toolkit.training.plan import Request, make_plan
from sr_toolkit.training.reporter import Reporter
from sr_toolkit.training.stocks import image_odds, refuse_overlap
from sr_toolkit.training.team import Team


class Said(Reporter):
    """Keeps what was said."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def gather(photos: Path) -> Callable[..., Materials]:
    """Return a function that gathers the materials of a tiny run."""

    def run(*data: Path, reporter: Reporter | None = None, **arguments: object) -> Materials:
        request = Request(
            model="srgan",
            preset="quick",
            settings=(*TINY, *arguments.pop("settings", ())),  # type: ignore[misc]
            data=tuple(f"folder:{folder}" for folder in data or (photos,)),
            **arguments,  # type: ignore[arg-type]
        )
        plan, _ = make_plan(request)
        hardware = Hardware.choose("cpu", "fp32")
        return Materials(plan, hardware, 3, reporter or Said(), Team())

    return run


def noise(count: int, seed: int, side: int = 40) -> Arrays:
    rng = np.random.default_rng(seed)
    return Arrays([rng.integers(0, 256, (side, side, 3), dtype=np.uint8) for _ in range(count)])


def test_a_second_run_reuses_the_images(gather: Callable[..., Materials]) -> None:
    first, second = Said(), Said()
    gather(reporter=first)
    gather(reporter=second, settings=("phases.gan.crop=64",))
    assert any(line.startswith("Decoded 5 images in") for line in first.lines)
    assert "Reusing 5 decoded images" in second.lines[0]


def test_a_stream_feeds_every_kind_of_run(gather: Callable[..., Materials]) -> None:
    for settings in ((), ("unpaired=true",)):
        materials = gather(cache_limit=0.0, settings=settings)
        assert isinstance(materials.store, StreamedStore)
        phase = materials.plan.recipe.phases["psnr"]
        batch = materials.feed(phase, (0, 0), 4).draw(3)
        again = gather(cache_limit=0.0, settings=settings).feed(phase, (0, 0), 4).draw(3)
        assert batch.hr.shape == (2, 3, 32, 32)
        assert (batch.lr == again.lr).all()
        assert (batch.hr == again.hr).all()


def test_weights_count_for_sets_whatever_their_sizes() -> None:
    joined = Joined([noise(3, 0), noise(1, 1), noise(4, 2, side=20)])
    store = PixelStore.build(joined)
    odds = image_odds(store, joined, (3, 1, 2))
    assert odds is not None
    np.testing.assert_allclose(odds, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5])
    assert image_odds(store, joined, ()) is None
    part, _ = seeded_split(joined, 0.25, 0)
    odds = image_odds(PixelStore.build(part), part, (3, 1, 2))
    assert odds is not None
    assert sum(odds) == pytest.approx(6)
    with pytest.raises(DataError, match="training set 3 the weight 2, but none"):
        image_odds(PixelStore.build(joined, crop=30), joined, (3, 1, 2))


def test_a_run_mixes_its_sets(gather: Callable[..., Materials], tmp_path: Path) -> None:
    for name, value, count in (("black", 0, 2), ("white", 255, 9)):
        (tmp_path / name).mkdir()
        for number in range(count):
            shade = abs(value - number)
            Image.new("RGB", (40, 40), (shade,) * 3).save(tmp_path / name / f"{number}.png")
    for limit in (50.0, 0.0):
        materials = gather(
            tmp_path / "black",
            tmp_path / "white",
            mix=(3.0, 1.0),
            cache_limit=limit,
            val=("sample:test",),
            settings=("phases.psnr.batch=400",),
        )
        feed = materials.feed(materials.plan.recipe.phases["psnr"], (0, 0), 4)
        dark = [(feed.draw(step).hr[:, 0, 0, 0] < 0.5).float().mean().item() for step in range(4)]
        assert np.mean(dark) == pytest.approx(0.75, abs=0.05 if limit else 0.25)


def test_a_set_named_twice_counts_twice(photos: Path) -> None:
    folder = f"folder:{photos}"
    train, val = open_training([folder, folder], (), (), 0)
    alone, same = open_training([folder], (), (), 0)
    assert len(train) == 2 * len(alone) == 10
    assert {val.label(0).rpartition("/")[2]} == {same.label(0)}
    store = open_store(train)
    refuse_overlap(dict(zip(store.hashes, store.labels, strict=True)), val, 9, 3)


def test_what_is_trained_on_is_not_validated_on(
    gather: Callable[..., Materials], photos: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos, tmp_path / "again")
    Image.open(photos / "cat1.png").save(tmp_path / "again" / "cat1.bmp")  # other bytes
    (tmp_path / "again" / "cat1.png").unlink()
    val = (f"folder:{tmp_path / 'again'}",)
    with pytest.raises(DataError, match=r"also trained on: 'cat0' \(in training: 'cat0'\)"):
        gather(val=val)
    with pytest.raises(DataError, match=r"6 validation image\(s\) of 'folder:again'.*and 3 more"):
        gather(val=val, settings=("validation_images=10",))


def test_duplicates_on_both_sides_of_a_split_are_named(
    gather: Callable[..., Materials], photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copies"
    shutil.copytree(photos, folder)
    for path in photos.iterdir():
        shutil.copy(path, folder / f"copy of {path.name}")
    with pytest.raises(DataError, match=r"'(copy of )?(\w+)' \(in training: '(copy of )?\2'\)"):
        gather(folder)
