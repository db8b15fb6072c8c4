"""Answers are kept one by one, taken back, and gone on from."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from made import srtk
from voting_made import EVIL, MODELS, PLACE, hashes

from sr_toolkit.errors import DataError, OutputError
from sr_toolkit.voting.pairs import make_pairs
from sr_toolkit.voting.session import Session, held
from sr_toolkit.voting.votes import read_votes


def answer_all(session: Session, count: int) -> None:
    for _ in range(count):
        assert session.answer(session.ahead()[0].id, "left", 5)


def again(session: Session, file: Path, person: str = "Ada", seed: int = 3) -> Session:
    pairs = make_pairs(
        hashes(MODELS, (EVIL, "b", "c")), lambda image: PLACE, seed=seed, person=person
    )
    return Session(read_votes(file), file, pairs, person=person, seed=seed)


def test_every_answer_is_in_the_file_at_once(session: Session, tmp_path: Path) -> None:
    for done in range(1, 4):
        pair = session.ahead()[0].pair
        answer_all(session, 1)
        kept = read_votes(tmp_path / "votes.json").votes
        assert len(kept) == session.done == done
        assert kept[-1].pair == pair
        assert (kept[-1].person, kept[-1].seed, kept[-1].milliseconds) == ("Ada", 3, 5)


def test_a_second_start_goes_on(session: Session, tmp_path: Path) -> None:
    everything = [one.pair for one in session.questions]
    answer_all(session, 4)
    second = again(session, tmp_path / "votes.json")
    assert (second.done, second.total) == (4, len(everything))
    assert [one.pair for one in second.questions] == everything[4:]
    assert not second.can_undo
    assert not second.undo()
    answer_all(second, len(everything) - 4)
    assert again(session, tmp_path / "votes.json").ahead() == []
    other = again(session, tmp_path / "votes.json", person="Ben")
    assert other.done == 0
    assert again(session, tmp_path / "votes.json", seed=4).done < len(everything)


def test_an_answer_to_another_question_is_none(session: Session) -> None:
    first, second = session.ahead()
    assert not session.answer(second.id, "left", 5)
    assert session.answer(first.id, "right", 5)
    assert not session.answer(first.id, "right", 5)  # pressed twice
    assert session.done == 1
    with pytest.raises(ValueError, match="left, right or none"):
        session.answer(second.id, "up", 5)


def test_undo_asks_the_same_again(session: Session, tmp_path: Path) -> None:
    first = session.ahead()[0]
    answer_all(session, 2)
    assert session.undo()
    assert session.undo()
    assert not session.undo()
    assert session.ahead()[0] == first
    assert read_votes(tmp_path / "votes.json").votes == ()


def test_a_disk_that_refuses_costs_no_answer(session: Session) -> None:
    question = session.ahead()[0].id
    with (
        mock.patch("sr_toolkit.files.os.fsync", side_effect=OSError(28, "No space left")),
        pytest.raises(OutputError, match="No space left"),
    ):
        session.answer(question, "left", 5)
    assert session.done == 0
    assert session.answer(question, "left", 5)


def test_the_session_ends_a_while_after_the_last_answer(session: Session) -> None:
    answer_all(session, session.total)
    session.wait(grace=0.0)
    session.undo()
    session.finish(DataError("The image is gone."))
    with pytest.raises(DataError, match="gone"):
        session.wait(grace=1000)


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "votes.json"
    command = ("vote", "--models", "bicubic,nearest", "--votes", file, "--no-browser")
    with held(file):
        assert "Another 'srtk vote' is writing" in srtk(*command).sentence()
    (tmp_path / "plain").write_text("")
    refused = srtk(*command[:-2], tmp_path / "plain" / "votes.json", "--no-browser")
    assert "give another --votes" in refused.sentence()
