"""From plain data to a frozen dataclass and back, with errors that name the key.

pydantic does the type checks behind the scenes; authors of parts write standard dataclasses and
never import it.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from sr_toolkit.errors import ConfigError, suggest

T = TypeVar("T")


def option(
    default: Any = dataclasses.MISSING, *, help: str, factory: Any = None, extensible: bool = False
) -> Any:
    """Declare a config field with its help text.

    Args:
        default: the default value; leave out where `factory` makes one.
        help: one line for people, with unit or range.
        factory: makes the default of a mutable field.
        extensible: for mappings: may an override add a key that is not there yet?
    """
    metadata = {"help": help, "extensible": extensible}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Field:
    """One configuration key, for help pages: dotted path, type, default and help."""

    path: str
    type: str
    default: Any
    help: str


def validate(cls: type[T], data: Mapping[str, Any], *, where: str = "") -> T:
    """Build `cls`, a dataclass, from plain data.

    Args:
        cls: a dataclass; fields may be dataclasses, tuples or mappings of them.
        data: what YAML or JSON would hold.
        where: dotted prefix for error messages, such as `generator`.

    Raises:
        ConfigError: an unknown key (the nearest is suggested), a wrong type, a value out of range.
    """
    import pydantic

    _refuse_unknown(cls, data, where or cls.__name__, f"{where}." if where else "")
    try:
        text = json.dumps(data)
    except (TypeError, ValueError) as error:  # a date, a set, a list that holds itself
        raise ConfigError(f"'{where or cls.__name__}' is not plain data: {error}.") from None
    try:
        # JSON mode in strict form: "8" is no int, but a list may fill a tuple.
        return typing.cast("T", _adapter(cls).validate_json(text, strict=True))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        path = ".".join([*filter(None, [where]), *_path(first["loc"])]) or cls.__name__
        problem = _uncapitalized(first["msg"].removeprefix("Value error, ")) or "does not fit"
        if first["type"] == "missing":
            raise ConfigError(f"'{path}' is missing.") from None
        received = "" if isinstance(first["input"], Mapping) else f" (received {first['input']!r})"
        raise ConfigError(f"'{path}': {problem}{received}.") from None
    except TypeError as error:
        raise ConfigError(f"'{where or cls.__name__}': {error}.") from error


def plain(value: Any) -> Any:
    """Return `value`, a config dataclass, as what YAML and JSON hold: dicts, lists, scalars."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def describe(cls: type, prefix: str = "") -> Iterator[Field]:
    """Yield every key that `cls`, a config dataclass, takes, nested ones with dotted paths."""
    hints = type_hints(cls)
    for field in dataclasses.fields(cls):
        hint, path = hints[field.name], f"{prefix}{field.name}"
        nested, infix = nested_dataclass(hint), ""
        if nested is not None and mapping_value(hint) is not None:
            infix = ".NAME"
        if field.default_factory is not dataclasses.MISSING:
            default = plain(field.default_factory())
        elif field.default is not dataclasses.MISSING:
            default = plain(field.default)
        else:
            default = None
        shown = None if nested is not None else default
        yield Field(path, type_name(hint), shown, field.metadata.get("help", ""))
        if nested is not None:
            yield from describe(nested, f"{path}{infix}.")


def type_hints(cls: type) -> dict[str, Any]:
    """Return the resolved annotations of a dataclass."""
    return typing.get_type_hints(cls)


def mapping_value(hint: Any) -> Any:
    """Return V for `dict[str, V]` or `Mapping[str, V]`, else None."""
    origin = typing.get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return typing.get_args(hint)[1]
    return None


def nested_dataclass(hint: Any) -> type | None:
    """Return the dataclass inside `X`, `X | None`, `dict[str, X]` or `tuple[X, ...]`, else None."""
    if dataclasses.is_dataclass(hint):
        return typing.cast("type", hint)
    value = mapping_value(hint)
    candidates = [value] if value is not None else typing.get_args(hint)
    for candidate in candidates:
        if dataclasses.is_dataclass(candidate):
            return typing.cast("type", candidate)
    return None


def takes_keys(hint: Any) -> bool:
    """Say whether a value of this type can be keys and values."""
    if hint is Any or dataclasses.is_dataclass(hint):
        return True
    origin = typing.get_origin(hint) or hint
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return True
    return _is_union(hint) and any(takes_keys(member) for member in typing.get_args(hint))


def type_name(hint: Any) -> str:
    """Return a type as people read it: `int`, `float | none`, `a or b`, `list of float`."""
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(str(arg) for arg in typing.get_args(hint))
    if _is_union(hint):
        return " | ".join(type_name(arg) for arg in typing.get_args(hint))
    if hint is type(None):
        return "none"
    if dataclasses.is_dataclass(hint):
        return hint.__name__ if isinstance(hint, type) else str(hint)
    if (value := mapping_value(hint)) is not None:
        return "settings" if value is Any else f"{type_name(value)} by name"
    if typing.get_origin(hint) in (tuple, list):
        items = typing.get_args(hint)
        if Ellipsis in items or typing.get_origin(hint) is list:
            return f"list of {type_name(items[0])}"
        return f"({', '.join(type_name(item) for item in items)})"
    return (
        hint.__name__
        if isinstance(hint, type) and not typing.get_args(hint)
        else (str(hint).replace("typing.", "").replace("collections.abc.", ""))
    )


def _adapter(cls: type) -> Any:
    import pydantic

    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = pydantic.TypeAdapter(cls)
    return _ADAPTERS[cls]


def _path(loc: tuple[int | str, ...]) -> list[str]:
    # pydantic adds the names of union members, such as 'int' in ('steps', 'int'), to the place.
    def named_by_user(part: int | str) -> bool:
        return not (isinstance(part, str) and (part in _UNION_MEMBERS or "[" in part))

    return [str(part) for part in loc if named_by_user(part)]


def _uncapitalized(sentence: str) -> str:
    """Fit a sentence in behind a colon; a first word such as RGB keeps its capitals."""
    sentence = sentence.rstrip(".")
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


_ADAPTERS: dict[type, Any] = {}
_UNION_MEMBERS = {"int", "float", "str", "bool", "constrained-int", "constrained-float"}


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _refuse_unknown(hint: Any, data: Any, name: str, prefix: str) -> None:
    """Refuse keys that the dataclasses in `hint` do not have; pydantic would drop them silently.

    `name` is what errors call `data`, `prefix` what they put before its keys.
    """
    if dataclasses.is_dataclass(hint):
        if not isinstance(data, Mapping):
            raise ConfigError(f"'{name}' takes keys and values (received {data!r}).")
        hints = type_hints(typing.cast("type", hint))
        known = [field.name for field in dataclasses.fields(hint)]
        for key, value in data.items():
            path = f"{prefix}{key}"
            if key not in known:
                raise ConfigError(f"Unknown key '{path}'.{suggest(str(key), known)}")
            _refuse_unknown(hints[key], value, path, f"{path}.")
    elif (value_hint := mapping_value(hint)) is not None:
        if not isinstance(data, Mapping):
            raise ConfigError(f"'{name}' takes names and their settings, not {data!r}.")
        for key, value in data.items():
            _refuse_unknown(value_hint, value, f"{prefix}{key}", f"{prefix}{key}.")
    elif _is_union(hint):
        # Of a dataclass or a plain value, keys and values can only mean the dataclass.
        members = [member for member in typing.get_args(hint) if takes_keys(member)]
        if isinstance(data, Mapping) and len(members) == 1:
            _refuse_unknown(members[0], data, name, prefix)
    elif isinstance(data, (list, tuple)):
        for index, item in enumerate(data):
            item_hint = _item_hint(hint, index)
            _refuse_unknown(item_hint, item, f"{prefix}{index}", f"{prefix}{index}.")


def _item_hint(hint: Any, index: int) -> Any:
    """Return the type of item `index` in `list[X]`, `tuple[X, ...]` or `tuple[X, Y]`."""
    hints = [item for item in typing.get_args(hint) if item is not Ellipsis]
    if not hints:
        return Any
    return hints[min(index, len(hints) - 1)]
