"""Typed configuration: frozen dataclasses, validated, overridden by key, written as YAML."""

from sr_toolkit.config.overrides import override
from sr_toolkit.config.schema import Field, describe, option, plain, validate

__all__ = ["Field", "describe", "option", "override", "plain", "validate"]
