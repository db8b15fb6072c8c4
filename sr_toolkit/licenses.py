"""Licenses are SPDX expressions, here as in the metadata of packages."""

from __future__ import annotations

from sr_toolkit.errors import ConfigError


def canonical_license(text: str) -> str:
    """Return an SPDX license expression in its canonical spelling; `LicenseRef-…` is one too.

    Raises:
        ConfigError: the text is none.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        raise ConfigError(
            f"'{text}' is no SPDX license expression; take one such as MIT, Apache-2.0, "
            f"BSD-3-Clause or LicenseRef-Proprietary."
        ) from None
