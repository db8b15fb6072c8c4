"""YAML: numbers as people write them, order kept, no code run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_schema import unhurried

from sr_toolkit.config.yaml import dump, load_file, parse, parse_scalar, save_file
from sr_toolkit.errors import ConfigError


@pytest.mark.parametrize("text", ["1e-4", "1E5", "+1e-4", "-2e3", "1.5e-4", ".5e1", "2.e0", "1e+7"])
def test_exponents_are_floats_as_in_python(text: str) -> None:
    value = parse_scalar(text)
    assert isinstance(value, float)
    assert value == float(text)


@pytest.mark.parametrize("text", ["e5", "1e", "1e5x", "x1e5", "1-e5", "2024-01-31", "2024-13-99"])
def test_what_is_no_number_stays_text(text: str) -> None:
    assert parse_scalar(text) == text


def test_scalars_and_lists() -> None:
    assert parse_scalar("8") == 8
    assert parse_scalar("true") is True
    assert parse_scalar("[50000, 8e4]") == [50000, 80000.0]
    assert parse_scalar("") is None


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.from_regex(r"[-+]?[0-9.]{1,3}[eE][-+]?[0-9]{1,2}", fullmatch=True)
    | st.dates().map(str)
    | st.text("\x85\u2028\u2029\ufeff\t\n\r '\"#:-")
)


@unhurried
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), scalars))
def test_what_is_written_is_read_back(data: dict[str, object]) -> None:
    again = parse(dump(data), source="a test")
    assert again == data
    assert list(again) == list(data)
    assert [type(value) for value in again.values()] == [type(value) for value in data.values()]


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [exit]",
        "!!python/name:os.system",
        "x: !!python/object/new:sr_toolkit.errors.SrtkError []",
        "!unheard-of 1",
        "!!int word",
        "!!float word",
        "a: [1",
        "a: b: c",
        "\x00",
        "[" * 5000,
    ],
)
def test_what_is_not_plain_yaml_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, source="'config.yaml'")
    assert str(caught.value).startswith("'config.yaml' is not valid YAML: ")
    assert "\n" not in str(caught.value)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    data = {"zebra": 1e-4, "apple": {"ü": [1, 2]}, "mango": "1e-4"}
    save_file(path, data)
    assert load_file(path) == data
    assert list(load_file(path)) == ["zebra", "apple", "mango"]
    assert [p.name for p in tmp_path.iterdir()] == ["config.yaml"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("absent", "binary", "."):
        expected = "does not exist; check the path" if name == "absent" else "Cannot read"
        with pytest.raises(ConfigError, match=expected):
            load_file(tmp_path / name)
