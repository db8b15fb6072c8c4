"""Results and pictures made up, of any number: reports of sets that would take long to bench."""

from __future__ import annotations

import numpy as np

from sr_toolkit.benching.result import Column, Cost, ImageFacts, Result, Results, Row

SCALE = 4
PSNR = Column(name="psnr", head="PSNR", higher_is_better=True, digits=4)
SSIM = Column(name="ssim", head="SSIM", higher_is_better=True, digits=4)
LPIPS = Column(name="lpips", head="LPIPS", higher_is_better=False, digits=4, note="net alex")


def made_up(
    images: int = 6,
    models: tuple[str, ...] = ("bicubic", "first", "second"),
    *,
    columns: tuple[Column, ...] = (PSNR, SSIM, LPIPS),
    side: int = 64,
    labels: tuple[str, ...] = (),
) -> Results:
    """Return results of one table, every figure drawn."""
    rng = np.random.default_rng(0)
    facts = [
        ImageFacts(label=labels[i] if i < len(labels) else f"image{i:03}", width=side, height=side)
        for i in range(images)
    ]
    rows = []
    for number, model in enumerate(models):
        scores = {c.name: list(map(float, rng.uniform(0.2, 0.9, images))) for c in columns}
        if "psnr" in scores:
            scores["psnr"] = [25 + number + 3 * value for value in scores["psnr"]]
        cost = Cost(
            image="image000",
            width=side,
            height=side,
            seconds=(0.1 * 4**number, 0.11 * 4**number),
            multiply_adds=10**9 * number,
            peak_memory=10**7,
        )
        rows.append(
            Row(
                model=model,
                source="made up",
                model_name="bicubic" if model == "bicubic" else "srgan",
                parameters=1000 * 8**number if number else 0,
                scores=scores,
                sr_sha256=["0" * 64] * images,
                cost=cost,
            )
        )
    result = Result(
        dataset="made-up",
        dataset_fingerprint="f" * 64,
        scale=SCALE,
        protocol="y",
        protocol_text="protocol y: in words",
        lr="made",
        images=facts,
        columns=list(columns),
        rows=rows,
    )
    environment = {"hardware": "cpu, made up", "sr_toolkit": "0", "code": {"sr_toolkit": "c" * 64}}
    return Results(
        request={}, environment=environment, created="2026-01-02T03:04:05+00:00", results=[result]
    )


class MadeUpPictures:
    """Textures with the spectrum of photographs; the models' are blurred and noisy ones."""

    def __init__(self, side: int, *, roughness: float = 1.0, models: int = 8) -> None:
        rng = np.random.default_rng(1)
        self.side = side
        frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
        frequency[0, 0] = np.inf
        planes = []
        for _ in range(3):
            spectrum = np.fft.rfft2(rng.standard_normal((side, side))) / frequency**roughness
            plane = np.fft.irfft2(spectrum, (side, side))
            planes.append(128 + 48 * plane / plane.std())
        texture = np.stack(planes, axis=2)
        gray = texture.mean(axis=2, keepdims=True)
        self._hr = _uint8(0.7 * gray + 0.3 * texture)
        small = self._hr[::SCALE, ::SCALE].astype(float)
        smooth = small.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        weights = np.linspace(0.2, 0.8, models)
        self._sr = [_uint8(w * self._hr + (1 - w) * smooth) for w in weights]

    def hr(self, result: Result, index: int) -> np.ndarray:
        return np.roll(self._hr, 37 * index, axis=1)

    def lr(self, result: Result, index: int) -> np.ndarray:
        return np.ascontiguousarray(self.hr(result, index)[::SCALE, ::SCALE])

    def sr(self, result: Result, row: Row, index: int) -> np.ndarray:
        return np.roll(self._sr[result.rows.index(row)], 37 * index, axis=1)


def _uint8(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
