"""How long `srtk --help` takes, against an interpreter that imports click and nothing else.

    python benchmarks/startup.py [--json FILE]

The two commands take turns, so that whatever else the machine does falls on both; medians are
compared. The console script beside this interpreter is run, as that is what people type.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROUNDS = 25
LIMIT = 2.5


def console_script() -> list[str]:
    script = Path(sys.executable).parent / ("srtk.exe" if os.name == "nt" else "srtk")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "sr_toolkit"]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    commands = {
        "import click": [sys.executable, "-c", "import click"],
        "srtk --help": [*console_script(), "--help"],
    }
    for command in commands.values():
        seconds(command)  # bytecode is written and files are in the page cache
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["srtk --help"] / medians["import click"]
    for name, median in medians.items():
        low, high = min(times[name]) * 1000, max(times[name]) * 1000
        print(f"{name:14}{median * 1000:7.1f} ms  ({low:.1f} to {high:.1f})")
    print(f"ratio {ratio:.2f}, at most {LIMIT}")
    if arguments.json:
        result = {
            "seconds": {name: round(median, 4) for name, median in medians.items()},
            "ratio": round(ratio, 3),
            "limit": LIMIT,
            "rounds": arguments.rounds,
            "python": platform.python_version(),
            "click": version("click"),
            "sr-toolkit": version("sr-toolkit"),
        }
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
