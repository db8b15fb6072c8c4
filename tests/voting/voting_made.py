"""Votes without models: contestants by name, pictures of noise, a page to send to."""

from __future__ import annotations

import http.client
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from sr_toolkit.benching.result import ImageFacts
from sr_toolkit.voting.pairs import Pair, Place
from sr_toolkit.voting.server import Server
from sr_toolkit.voting.votes import Contestant, Vote, Votes

EVIL = "<img src=x onerror=alert(1)>.png"
MODELS = ("esrgan-secret", "bicubic", "hr")
PLACE = Place(4, 8, 48, 40)


def hashes(models: tuple[str, ...], images: tuple[str, ...]) -> dict[str, dict[str, str]]:
    return {image: {model: f"{model} {image}" for model in models} for image in images}


def votes_on(
    models: tuple[str, ...] = MODELS, images: tuple[str, ...] = (EVIL, "b", "c"), **changes: Any
) -> Votes:
    values = {
        "dataset": "set5",
        "dataset_fingerprint": "f",
        "scale": 4,
        "lr": "made",
        "images": tuple(ImageFacts(label=label, width=64, height=64) for label in images),
        "models": tuple(
            Contestant(label=model, sr_sha256=tuple(f"{model} {image}" for image in images))
            for model in models
        ),
    }
    return Votes(**{**values, **changes})


def vote(image: str, left: str, right: str, answer: str, **changes: Any) -> Vote:
    values = {
        "x": PLACE.x,
        "y": PLACE.y,
        "width": PLACE.width,
        "height": PLACE.height,
        "milliseconds": 900,
        "when": "2025-01-01T00:00:00.000+00:00",
    }
    return Vote(image=image, left=left, right=right, answer=answer, **{**values, **changes})


class Noise:
    """Crops of noise, another for each model."""

    def png(self, pair: Pair, model: str) -> bytes:
        rng = np.random.default_rng(MODELS.index(model) if model in MODELS else 9)
        shape = (pair.place.height, pair.place.width, 3)
        stream = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(stream, "PNG")
        return stream.getvalue()


@dataclass
class Client:
    """Sends as the page does, or as a test says."""

    server: Server

    def get(self, path: str, *, token: str | None = None, **headers: str) -> tuple[int, bytes, Any]:
        return self._send("GET", path, None, token, headers)

    def post(
        self, path: str, body: Any, *, token: str | None = None, **headers: str
    ) -> tuple[int, bytes, Any]:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Origin": self.server.origin, "Content-Type": "application/json", **headers}
        return self._send("POST", path, text, token, sent)

    def state(self) -> Any:
        return json.loads(self.get("state")[1])

    def vote(self, answer: str, question: str | None = None, milliseconds: Any = 5) -> Any:
        question = question or self.state()["questions"][0]["id"]
        body = {"question": question, "answer": answer, "milliseconds": milliseconds}
        return self.post("vote", body)

    def _send(
        self, method: str, path: str, body: bytes | None, token: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes, Any]:
        token = self.server.token if token is None else token
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, f"/{token}/{path}", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()
