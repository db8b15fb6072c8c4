"""The page of symptoms quotes what the code can say, and nothing else."""

from __future__ import annotations

import re

import pytest
from sentences import ROOT, sentences

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")


def symptoms() -> list[str]:
    """Return the quoted sentences: first cells of rows that hold one whole code span."""
    return re.findall(r"^\| `([^`]{25,})` \|", PAGE, re.MULTILINE)


def pattern(quote: str) -> str:
    """Return what finds a quote: its … stands for any text, a value or the middle of a sentence."""
    return ".*?".join(re.escape(part) for part in quote.split("…"))


@pytest.fixture(scope="module")
def said() -> str:
    return "\n".join(" ".join(text.split("\n")) for text in sentences())


@pytest.mark.parametrize("quote", symptoms())
def test_a_quoted_sentence_is_one_that_the_code_says(quote: str, said: str) -> None:
    assert re.search(pattern(quote), said), f"No string of the code reads: {quote}"


def test_there_are_many_and_each_stands_once() -> None:
    assert len(symptoms()) >= 25
    assert len(set(symptoms())) == len(symptoms())


def test_a_sentence_that_nobody_says_is_found_out(said: str) -> None:
    assert not re.search(pattern("The moon '…' is made of …; take another one."), said)
