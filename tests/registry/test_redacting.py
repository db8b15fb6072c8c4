"""What would tell of a person is cut, whatever it looks like."""

from __future__ import annotations

from sr_toolkit.diagnosis.redacting import Redactor


def test_a_long_secret_is_cut_like_any_other() -> None:
    secret = "a1" * 400
    assert secret not in Redactor({"LONG_TOKEN": secret}).text(f"x {secret} y")
