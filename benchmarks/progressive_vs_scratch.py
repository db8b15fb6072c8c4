"""Growing ×2→×4→×8 against training ×4 and ×8 from scratch, and frozen against unfrozen steps.

    python benchmarks/progressive_vs_scratch.py [--times 4] [--data folder:…] [--out FOLDER]
        [--dataset set5] [--json FILE] [--only speed|quality] [--threads N]

Quality: the preset `quick` of the progressive model with `--times` as many steps in each phase, on
`SRTK_TRAIN` unless `--data` names something else; and the same network trained at ×4, and at ×8,
from scratch by one-cycle, for as many steps as cost the same arithmetic (counted by torch's counter
of operations over forward and backward) as all phases that led to that scale. Each is then scored
by `bench`. Both sides are given the seed, the batch, the crops, the loss and the highest rate of
their last phase.

Speed: steps of the full network at ×4 and ×8 with the old stages frozen and not, in turn in one
process, and the bytes that autograd keeps for the backward pass of each; and steps of every phase
of the quality part, in turn, from which its wall time follows, whatever else ran beside it.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

import sr_toolkit as sr
from sr_toolkit.api import Phase, Recipe, Schedule
from sr_toolkit.checkpoint import build_generator
from sr_toolkit.config import plain, yaml
from sr_toolkit.hardware import Hardware
from sr_toolkit.interfaces import Generator
from sr_toolkit.training.freezing import freeze
from sr_toolkit.training.memory import saved_bytes
from sr_toolkit.training.plan import preset_of

BATCH, SIDE = 16, {4: 24, 8: 16}  # crops and LR side of the timed steps


def losses(network: Generator, scales: tuple[int, ...], batch: int, side: int) -> Tensor:
    """Return the L1 of all trained scales on an LR of zeros; the sizes are all that counts."""
    device = next(network.parameters()).device
    lr = torch.zeros(batch, 3, side, side, device=device)
    terms = [F.l1_loss(sr, torch.zeros_like(sr)) for sr in (network(lr, s) for s in scales)]
    return torch.stack(terms).sum()


def flops(config: dict[str, Any], phase: Phase, network_scales: tuple[int, ...]) -> int:
    """Return the operations of one step of a phase, forward and backward."""
    with torch.device("meta"):
        network = build_generator("progressive", config, network_scales)
    freeze(network, phase.freeze)
    assert isinstance(phase.batch, int)
    with FlopCounterMode(display=False) as counter:
        losses(network, phase.scales, phase.batch, phase.crop // max(phase.scales)).backward()
    return int(counter.get_total_flops())


def lengthened(recipe: Recipe, times: int) -> Recipe:
    """Return the recipe with `times` as many steps in each phase."""
    phases = {
        name: dataclasses.replace(
            phase,
            steps=(phase.steps or 0) * times,
            fade=phase.fade * times,
            validate_every=phase.validate_every * times,
            save_every=phase.save_every * times,
        )
        for name, phase in recipe.phases.items()
    }
    return dataclasses.replace(recipe, phases=phases)


def scratch(recipe: Recipe, scale: int) -> tuple[Recipe, int]:
    """Return a recipe of one phase that costs what led to `scale`, and that cost in operations."""
    config = recipe.generator
    cost, reached = 0, set()
    for phase in recipe.phases.values():
        if max(phase.scales) <= scale:
            reached |= set(phase.scales)
            cost += (phase.steps or 0) * flops(config, phase, tuple(sorted(reached)))
    model = next(p for p in recipe.phases.values() if p.scales == (scale,))
    one = dataclasses.replace(model, freeze=(), fade=0, schedule=Schedule(name="one-cycle"))
    steps = round(cost / flops(config, one, (scale,)))
    every = max(steps // 4, 1)
    one = dataclasses.replace(one, steps=steps, validate_every=every, save_every=every)
    return dataclasses.replace(recipe, phases={f"x{scale}": one}), cost


def quality(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train all three, and score them."""
    out: Path = arguments.out
    grown = lengthened(preset_of("progressive", "quick"), arguments.times)
    arms: dict[str, Recipe] = {"progressive": grown}
    result: dict[str, Any] = {"times": arguments.times, "data": arguments.data, "arms": {}}
    costs = {}
    for scale in (4, 8):
        arms[f"scratch-x{scale}"], costs[scale] = scratch(grown, scale)
    for name, recipe in arms.items():
        folder = out / name
        if not (folder / "last.safetensors").is_file():
            out.mkdir(parents=True, exist_ok=True)
            yaml.save_file(out / f"{name}.yaml", plain(recipe))
            sr.train(
                "progressive",
                recipe=out / f"{name}.yaml",
                data=arguments.data,
                scale=tuple(sorted({s for p in recipe.phases.values() for s in p.scales})),
                out=folder,
                overwrite=True,
            )
        result["arms"][name] = {phase: part.steps for phase, part in recipe.phases.items()}
    result["tera_operations"] = {f"x{scale}": cost / 1e12 for scale, cost in costs.items()}
    result["scores"] = scored(out, arguments.dataset)
    return result


def scored(out: Path, datasets: str) -> list[dict[str, Any]]:
    """Return PSNR and SSIM of each arm at each scale that it serves."""
    rows = []
    for dataset in datasets.split(","):
        for scale in (2, 4, 8):
            # ×4 is compared at the end of the phases that cost what ×4 from scratch cost.
            files = {
                "progressive": out / "progressive" / {2: "x2", 4: "x4-all", 8: "x8-all"}[scale]
            }
            if scale > 2:
                files["scratch"] = out / f"scratch-x{scale}" / f"x{scale}"
            for arm, folder in files.items():
                table = sr.bench(
                    folder / "best.safetensors", dataset=dataset, scale=scale,
                    metrics=("psnr", "ssim"), quiet=True,
                )[0]  # fmt: skip
                for row in table.rows:
                    who = arm if row.model != "bicubic" else "bicubic"
                    rows.append(
                        {"dataset": dataset, "scale": scale, "arm": who,
                         "psnr": table.mean(row, "psnr"), "ssim": table.mean(row, "ssim")}
                    )  # fmt: skip
    return list({(r["dataset"], r["scale"], r["arm"]): r for r in rows}.values())


def speed(times: int, steps: int) -> dict[str, Any]:
    """Time steps with the old stages frozen and not, in turn."""
    hardware = Hardware.choose("auto", "auto")
    result: dict[str, Any] = {"hardware": hardware.describe(), "batch": BATCH}
    result["wall"] = wall(hardware, times, steps)
    for scale, old in ((4, ("x2",)), (8, ("x2", "x4"))):
        scales = tuple(s for s in (2, 4, 8) if s <= scale)
        network = hardware.place(build_generator("progressive", {}, scales)).train()
        sides = {"frozen": copy.deepcopy(network), "unfrozen": network}
        freeze(sides["frozen"], old)
        made = {
            name: torch.optim.Adam([p for p in one.parameters() if p.requires_grad], fused=True)
            for name, one in sides.items()
        }
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(steps + 2):
            for name, one in sides.items():
                seconds = timed_step(hardware, one, made[name], (scale,), BATCH, SIDE[scale])
                if number >= 2:
                    taken[name].append(seconds)
        kept = {}
        for name, one in sides.items():
            with hardware.autocast():
                kept[name] = saved_bytes(
                    lambda one=one, scale=scale: losses(one, (scale,), BATCH, SIDE[scale])
                )
        moments = {name: sum(p.numel() for p in optimizer_parameters(made[name])) for name in made}
        median = {name: statistics.median(values) for name, values in taken.items()}
        result[f"x{scale}"] = {
            "seconds": median,
            "times_as_fast": median["unfrozen"] / median["frozen"],
            "activation_bytes": kept,
            "activations": kept["frozen"] / kept["unfrozen"],
            "trained_parameters": moments,
        }
    return result


def timed_step(
    hardware: Hardware,
    network: Generator,
    optimizer: torch.optim.Optimizer,
    scales: tuple[int, ...],
    batch: int,
    side: int,
) -> float:
    """Return the seconds that a step takes."""
    began = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    with hardware.autocast():
        loss = losses(network, scales, batch, side)
    loss.backward()
    optimizer.step()
    if hardware.kind != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def wall(hardware: Hardware, times: int, steps: int) -> dict[str, float]:
    """Return the minutes that each arm of the quality part takes, from steps timed in turn."""
    grown = lengthened(preset_of("progressive", "quick"), times)
    arms = {"progressive": grown, **{f"scratch-x{s}": scratch(grown, s)[0] for s in (4, 8)}}
    timers: dict[tuple[str, str], Any] = {}
    for arm, recipe in arms.items():
        reached: set[int] = set()
        for name, phase in recipe.phases.items():
            reached |= set(phase.scales)
            network = build_generator("progressive", recipe.generator, tuple(sorted(reached)))
            network = hardware.place(network).train()
            freeze(network, phase.freeze)
            trained = [p for p in network.parameters() if p.requires_grad]
            optimizer = torch.optim.Adam(trained, fused=True)
            side = phase.crop // max(phase.scales)
            timers[arm, name] = (network, optimizer, phase.scales, phase.batch, side)
    taken: dict[tuple[str, str], list[float]] = {key: [] for key in timers}
    for number in range(steps + 2):
        for key, parts in timers.items():
            seconds = timed_step(hardware, *parts)
            if number >= 2:
                taken[key].append(seconds)
    minutes = dict.fromkeys(arms, 0.0)
    for (arm, name), values in taken.items():
        minutes[arm] += statistics.median(values) * (arms[arm].phases[name].steps or 0) / 60
    return minutes


def optimizer_parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=4, help="steps, times those of `quick`")
    parser.add_argument("--data", default="", help="training set; SRTK_TRAIN's folders by default")
    parser.add_argument("--dataset", default="set5", help="test sets, comma list")
    parser.add_argument("--out", type=Path, default=Path("training-runs/progressive-vs-scratch"))
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--only", choices=["speed", "quality"], help="one part alone")
    parser.add_argument("--steps", type=int, default=12, help="timed steps of each kind")
    arguments = parser.parse_args()
    arguments.data = arguments.data or f"folder:{os.environ['SRTK_TRAIN']}"
    result = {}
    if arguments.json and arguments.json.is_file():
        result = json.loads(arguments.json.read_text(encoding="utf-8"))
    if arguments.only != "quality":
        result["speed"] = speed(arguments.times, arguments.steps)
        for name in ("x4", "x8"):
            found = result["speed"][name]
            print(
                f"{name}: a frozen step is {found['times_as_fast']:.2f} times as fast as an "
                f"unfrozen one and keeps {found['activations']:.0%} of its activations"
            )
        for name, minutes in result["speed"]["wall"].items():
            print(f"{name}: {minutes:.1f} minutes of steps")
    if arguments.only != "speed":
        result["quality"] = quality(arguments)
        result["quality"]["data"] = "SRTK_TRAIN" if "SRTK_TRAIN" in os.environ else arguments.data
        for name, arm in result["quality"]["arms"].items():
            print(f"{name}: {sum(arm.values())} steps")
        for row in result["quality"]["scores"]:
            print(
                f"{row['dataset']} ×{row['scale']} {row['arm']:12} {row['psnr']:.3f} dB "
                f"{row['ssim']:.4f}"
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
