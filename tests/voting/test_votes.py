"""The file of votes: whole, checked, merged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from made import srtk
from voting_made import EVIL, MODELS, vote, votes_on

from sr_toolkit.errors import DataError
from sr_toolkit.voting.votes import SCHEMA, Votes, merge, read_votes

ADA = vote("b", "hr", "bicubic", "left", person="Ada")
BEN = vote("b", "bicubic", "hr", "none", person="Ben", when="2024-01-01T00:00:00.000+00:00")


def file_of(path: Path, *votes, **changes) -> Path:
    votes_on(votes=votes, **changes).save(path)
    return path


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    votes = votes_on(votes=(ADA, vote(EVIL, "hr", "bicubic", "right", repeat=True)))
    votes.save(tmp_path / "v.json")
    assert read_votes(tmp_path / "v.json") == votes
    assert json.loads((tmp_path / "v.json").read_text())["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: d.pop("votes"), "no votes.json"),
        (lambda d: d.update(schema=9), "form 9"),
        (lambda d: d.update(scale="4"), "scale"),
        (lambda d: d.update(colour=1), "colour"),
        (lambda d: d["votes"][0].update(answer="up"), "answer"),
        (lambda d: d["votes"][0].update(left="srgan"), "srgan"),
        (lambda d: d["votes"][0].update(left="bicubic", right="bicubic"), "bicubic"),
        (lambda d: d["votes"][0].update(image="z"), "'z'"),
        (lambda d: d["models"].append(d["models"][0]), "twice"),
        (lambda d: d["models"][0].update(sr_sha256=[]), "one hash"),
        (lambda d: d.update(votes=[3]), "votes"),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path, change, word: str) -> None:
    file = file_of(tmp_path / "v.json", ADA)
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    assert word in srtk("vote", "--report", file).sentence()


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "null", "[" * 100_000])
def test_what_is_no_file_of_votes_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "v.json"
    file.write_text(text)
    assert str(file) in srtk("vote", "--report", file).sentence()
    assert "no file of votes" in srtk("vote", "--report", tmp_path / "none.json").sentence()


def test_files_of_two_people_become_one(tmp_path: Path) -> None:
    one, other = file_of(tmp_path / "a.json", ADA), file_of(tmp_path / "b.json", ADA, BEN)
    ended = srtk("vote", "--merge", one, other, "-o", tmp_path / "all.json")
    assert (ended.code, ended.out) == (0, f"2 votes of 2 persons: {tmp_path / 'all.json'}\n")
    assert read_votes(tmp_path / "all.json").votes == (BEN, ADA)  # in the order of time
    again = srtk("vote", "--merge", one, other, "-o", tmp_path / "all.json")
    assert "exists already" in again.sentence()


def test_models_may_stand_in_another_order() -> None:
    turned = votes_on(models=MODELS[::-1], votes=(BEN,))
    assert merge([votes_on(votes=(ADA,)), turned], "ab").votes == (BEN, ADA)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (votes_on(dataset="set14"), "differ in the dataset, set5 and set14"),
        (votes_on(scale=2), "differ in the scale, 4 and 2"),
        (votes_on(lr="given"), "differ in the LR"),
        (votes_on(images=("b", "c")), "other images"),
        (votes_on(models=MODELS[:2]), "'hr' is in one alone"),
        (
            replace(
                votes_on(),
                models=(
                    replace(votes_on().models[0], sr_sha256=("1", "2", "3")),
                    *votes_on().models[1:],
                ),
            ),
            "other pictures of 'esrgan-secret'",
        ),
        (votes_on(votes=(replace(ADA, answer="right"),)), "'Ada' judged a pair of 'b' twice"),
    ],
)
def test_votes_on_other_pictures_do_not_merge(other: Votes, word: str) -> None:
    with pytest.raises(DataError) as refusal:
        merge([votes_on(votes=(ADA,)), other], ("a.json", "b.json"))
    assert word in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_nameless_people_are_not_taken_for_one() -> None:
    first = replace(ADA, person="")
    with pytest.raises(DataError, match="without a name"):
        merge([votes_on(votes=(first,)), votes_on(votes=(replace(first, milliseconds=1),))], "ab")
