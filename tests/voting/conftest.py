"""A session, and its page until the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from voting_made import EVIL, MODELS, PLACE, Client, Noise, hashes, votes_on

from sr_toolkit.voting.pairs import make_pairs
from sr_toolkit.voting.server import Server
from sr_toolkit.voting.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Nine pairs and a repeat, nothing judged."""
    votes = votes_on()
    images = hashes(MODELS, (EVIL, "b", "c"))
    pairs = make_pairs(images, lambda image: PLACE, seed=3, person="Ada")
    return Session(votes, tmp_path / "votes.json", pairs, person="Ada", seed=3)


@pytest.fixture
def serve() -> Iterator[Callable[[Session], Client]]:
    """Give a session's page until the test ends."""
    servers = []

    def start(session: Session) -> Client:
        servers.append(Server(session, Noise()).__enter__())
        return Client(servers[-1])

    yield start
    for server in servers:
        server.__exit__()
