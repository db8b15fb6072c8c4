"""A large image costs its SR and one tile, not the activations of the whole."""

import subprocess
import sys

import pytest
from made import generator, metadata

from sr_toolkit import checkpoint

SCRIPT = """
import resource, sys
import numpy as np
from sr_toolkit.upscaling.upscaler import load

upscaler = load(sys.argv[1])
image = np.full((3000, 4000, 3), 100, np.uint8)
sr = upscaler.upscale(image)
assert sr.shape == (12000, 16000, 3), sr.shape
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB
print(peak - sr.nbytes)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_memory_beside_the_output(tmp_path):
    module = generator(4, features=2)
    weights = tmp_path / "tiny.safetensors"
    checkpoint.save(weights, module, metadata(module))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(weights)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # The whole image at once holds several arrays of 192 million pixels × 2 or 3 × 4 bytes.
    assert int(done.stdout) < 4 << 30
