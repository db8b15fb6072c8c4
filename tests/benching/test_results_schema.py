"""docs/results.schema.json is fresh, and says of real results.json what is true."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import jsonschema
import numpy as np
import pytest
from made import picture, save_checkpoint, srtk
from PIL import Image

from sr_toolkit.benching.published import add_published
from sr_toolkit.benching.result import from_plain, read_results
from sr_toolkit.upscaling.upscaler import Upscaler

DOCS = Path(__file__).parents[2] / "docs"
FILE = DOCS / "results.schema.json"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two sets, a failure, an infinity and published rows, as results.json."""
    folder = tmp_path_factory.mktemp("schema")
    for name, width in (("a.png", 48), ("b.png", 44)):
        picture(folder / "photos" / name, 40, width)
    (folder / "more").mkdir()
    for name, shade in (("flat.png", 90), ("other.png", 20)):
        Image.fromarray(np.full((48, 48, 3), shade, np.uint8)).save(folder / "more" / name)
    weights = save_checkpoint(folder / "tiny.safetensors")
    real = Upscaler.array

    def array(self, image, **options):
        if self.parameters() and image.shape[1] * 4 == 44:
            raise RuntimeError("boom")
        return real(self, image, **options)

    sets = f"folder:{folder / 'photos'},folder:{folder / 'more'}"
    command = ("bench", "--models", weights, "--dataset", sets, "--metrics", "psnr,ssim")
    with mock.patch.object(Upscaler, "array", array):
        outcome = srtk(*command, "--device", "cpu", "--no-cache", "-o", folder / "out")
    assert outcome.code == 1, outcome.err
    found = read_results(folder / "out")
    found[0].dataset = "set5"
    add_published(found[0])
    return found.to_json()


@pytest.fixture
def results(text: str) -> Any:
    return json.loads(text)


def test_the_file_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("building", DOCS / "build_schema.py")
    assert spec is not None
    assert spec.loader is not None
    building = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(building)
    stale = building.build() != FILE.read_text(encoding="utf-8")
    assert not stale, "docs/results.schema.json is stale; run: python docs/build_schema.py"


def test_everything_is_described(validator: jsonschema.Draft202012Validator) -> None:
    schema = validator.schema
    for name, record in {"": schema, **schema["$defs"]}.items():
        assert record["description"], name
        for field, entry in record.get("properties", {}).items():
            assert entry["description"], (name, field)


def test_real_results_fit(results: Any, validator: jsonschema.Draft202012Validator) -> None:
    rows = [row for result in results["results"] for row in result["rows"]]
    assert len(results["results"]) == 2
    assert {row["kind"] for row in rows} == {"model", "published"}
    assert any(row["failed"] for row in rows)
    assert any("inf" in row["scores"].get("psnr", []) for row in rows)
    assert any(row["statistics"] for row in rows)
    assert any(row["cost"] for row in rows)
    validator.validate(results)
    validator.validate(json.loads(from_plain(results, "results").to_json()))


def test_results_without_hr_fit(photos: Path, validator: jsonschema.Draft202012Validator) -> None:
    picture(photos / "large.png", 200, 200)
    command = ("bench", "--models", "nearest", "--dataset", f"folder:{photos}", "--no-reference")
    outcome = srtk(*command, "--device", "cpu", "--scale", "2", "--json")
    validator.validate(json.loads(outcome.out))


def first_row(data: Any) -> Any:
    return data["results"][0]["rows"][0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("environment"),
        lambda d: d.update(schema=1),
        lambda d: d.update(more=1),
        lambda d: d.update(results={}),
        lambda d: d["request"].update(models="srgan"),
        lambda d: d["request"].pop("lr"),
        lambda d: d["results"][0].update(scale="4"),
        lambda d: d["results"][0].update(scale=True),
        lambda d: d["results"][0].pop("protocol_text"),
        lambda d: d["results"][0]["images"][0].update(hr_sha256="abc"),
        lambda d: d["results"][0]["columns"][0].update(higher_is_better=1),
        lambda d: d["results"][0]["columns"][0].update(refused={"a": 1}),
        lambda d: first_row(d).update(kind="guess"),
        lambda d: first_row(d).update(weights_sha256="A" * 64),
        lambda d: first_row(d)["scores"].update(psnr=["Infinity"]),
        lambda d: first_row(d)["scores"].update(psnr=30.0),
        lambda d: first_row(d)["sr_sha256"].append(None),
        lambda d: first_row(d)["mean"].update(psnr="high"),
        lambda d: first_row(d).pop("statistics"),
        lambda d: first_row(d)["statistics"]["psnr"]["summary"].update(interval=[1.0]),
        lambda d: first_row(d)["statistics"]["psnr"]["summary"].update(interval=[1, 2, 3]),
        lambda d: first_row(d)["statistics"]["psnr"].update(against=[]),
        lambda d: first_row(d)["cost"].pop("seconds"),
    ],
)
def test_damaged_results_do_not(
    results: Any, validator: jsonschema.Draft202012Validator, damage: Callable[[Any], Any]
) -> None:
    damage(results)
    assert not validator.is_valid(results)
