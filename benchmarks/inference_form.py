"""The forms in which our generators can run, in interleaved pairs: layout, and norms folded.

    python benchmarks/inference_form.py [--device cuda] [--markdown FILE] [--rounds N] [--side N]
                                        [--models srgan,esrgan] [--smoke]

Each form is compared with the plain one (contiguous, as trained): in every round the plain form
runs, then the other, and the next round begins with the other, so that a machine whose speed drifts
slows both. What is printed is the median of the rounds' ratios with their quartiles: above 1 the
form is quicker. `fused` is printed only where a network has something to fold. Figures are of one
forward pass at ×4, batch 1, weights of chance.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from sr_toolkit.checkpoint import build_generator
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Generator
from sr_toolkit.registry import registry

SCALE = 4
MODELS: dict[str, tuple[tuple[str, dict[str, object]], ...]] = {
    "srgan": (("msrresnet", {}), ("srresnet", {"variant": "srresnet"})),
    "esrgan": (("light", {"blocks": 6}), ("full", {})),
    "progressive": (("default", {}),),
}
SMALL = {
    "srgan": {"blocks": 1, "features": 8},
    "esrgan": {"blocks": 1, "features": 8, "growth": 4},
    "progressive": {},
}


@dataclass(frozen=True)
class Form:
    """A generator in one form, with an LR to run it on."""

    name: str
    generator: Generator
    lr: torch.Tensor
    hardware: Hardware

    def seconds(self) -> float:
        began = time.perf_counter()
        with torch.inference_mode(), self.hardware.autocast():
            self.generator(self.lr, SCALE)
        if self.hardware.kind == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began


def networks(names: list[str], *, smoke: bool) -> Iterator[tuple[str, Generator]]:
    installed = registry().names("model")
    for name in names:
        if name not in installed:
            print(f"{name}: not installed, left out", flush=True)
            continue
        spec = registry().model(name)
        offered = spec.scales or ()
        scales = tuple(s for s in offered if s <= SCALE) if spec.grows else (SCALE,)
        for variant, config in MODELS[name]:
            settings = {**config, **(SMALL[name] if smoke else {})}
            torch.manual_seed(0)
            yield f"{name} {variant}", build_generator(name, settings, scales).eval()


def forms(generator: Generator, lr: torch.Tensor, hardware: Hardware) -> list[Form]:
    """Return the plain form, and the others that this network has."""
    fused = generator.fused()
    made = [("contiguous", generator, False), ("channels_last", generator, True)]
    if fused is not generator:
        made += [("fused", fused, False), ("fused, channels_last", fused, True)]
    result = []
    for name, network, last in made:
        layout = torch.channels_last if last else torch.contiguous_format
        placed = copy.deepcopy(network).to(hardware.device).to(memory_format=layout)
        image = lr.to(hardware.device).contiguous(memory_format=layout)
        result.append(Form(name, placed, image, hardware))
    return result


def ratios(plain: Form, other: Form, rounds: int) -> list[float]:
    """Return the plain form's seconds over the other's, one for each round."""
    found = []
    for turn in range(rounds + 1):
        order = (plain, other) if turn % 2 else (other, plain)
        seconds = {form.name: form.seconds() for form in order}
        if turn:  # the first one warms up
            found.append(seconds[plain.name] / seconds[other.name])
    return found


def measure(arguments: argparse.Namespace) -> Iterator[tuple[str, str, str, str]]:
    """Yield (network, precision, form, ratio) as they are measured."""
    side = 16 if arguments.smoke else arguments.side
    lr = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    for label, generator in networks(arguments.models.split(","), smoke=arguments.smoke):
        for precision in ("fp32", "bf16"):
            hardware = Hardware.choose(arguments.device, precision)
            plain, *others = forms(generator, lr, hardware)
            for other in others:
                found = ratios(plain, other, arguments.rounds)
                low, median, high = statistics.quantiles(found, n=4)
                row = (label, precision, other.name, f"{median:.2f} ({low:.2f} to {high:.2f})")
                print("  ".join(cell.ljust(22) for cell in row).rstrip(), flush=True)
                yield row


def markdown(rows: list[tuple[str, str, str, str]], arguments: argparse.Namespace) -> str:
    hardware = Hardware.choose(arguments.device, "fp32").describe().removesuffix(", fp32")
    heads = ("network ×4", "precision", "form", "times as fast as contiguous (quartiles)")
    table = [heads, tuple("---" for _ in heads), *rows]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in table)
    return (
        f"# Forms of our generators at inference\n\n"
        f"`python benchmarks/inference_form.py --device {arguments.device} "
        f"--rounds {arguments.rounds} --side {arguments.side}` on {hardware}, torch "
        f"{torch.__version__}. LR of {arguments.side}×{arguments.side}, batch 1; ratios of "
        f"{arguments.rounds} interleaved pairs.\n\n{lines}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--models", default=",".join(MODELS), help="comma list")
    parser.add_argument("--rounds", type=int, default=11, help="timed pairs of each form")
    parser.add_argument("--side", type=int, default=96, help="side of the LR")
    parser.add_argument("--smoke", action="store_true", help="tiny networks: does the script run?")
    parser.add_argument(
        "--markdown",
        type=Path,
        help="write the table here; the default is benchmarks/results/inference_form.md, and "
        "nowhere with --smoke",
    )
    arguments = parser.parse_args()
    rows = list(measure(arguments))
    target = arguments.markdown
    if target is None and not arguments.smoke:
        target = Path(__file__).parent / "results" / "inference_form.md"
    if target is not None:
        target.write_text(markdown(rows, arguments), encoding="utf-8")


if __name__ == "__main__":
    main()
