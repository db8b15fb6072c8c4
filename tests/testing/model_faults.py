"""Faults of models: what to replace, and the check that finds it."""

from __future__ import annotations

from planted import fault

RETURN = "        return sr\n"
FORWARD = "        scale = scale or self.scales[-1]\n"
LAYERS = "        # more layers\n"

FAULTS = (
    # The spec and its import.
    fault(
        "torch imported in the spec",
        "model",
        "spec_without_torch",
        ("plugin", "from sr_toolkit", "import torch\n\nfrom sr_toolkit"),
    ),
    fault(
        "an entry point that points at nothing",
        "model",
        "loads",
        ("plugin", "SPEC = ", "OTHER = "),
    ),
    fault(
        "a generator that is not where the spec says",
        "model",
        "loads",
        ("plugin", "planted_network:build", "planted_network:built"),
    ),
    fault("a license missing", "model", "license_stated", ("plugin", '"MIT"', '""')),
    fault(
        "a license that nobody knows", "model", "license_stated", ("plugin", '"MIT"', '"My own"')
    ),
    fault(
        "a file read at import",
        "model",
        "import_is_quiet",
        ("network", "def build(", "open(__file__).read()\n\n\ndef build("),
    ),
    fault(
        "the network asked at import",
        "model",
        "import_is_quiet",
        (
            "network",
            "def build(",
            'import socket\n\nwith socket.socket() as s:\n    s.connect_ex(("127.0.0.1", 9))\n\n\n'
            "def build(",
        ),
    ),
    fault(
        "a process started at import",
        "model",
        "import_is_quiet",
        ("plugin", "SPEC = ", 'import subprocess\n\nsubprocess.run(["true"])\nSPEC = '),
    ),
    fault(
        "a summary of several lines",
        "model",
        "summary_stated",
        ("plugin", "A small network of the tests.", "A small network\\nof the tests."),
    ),
    # The config.
    fault(
        "**kwargs in the factory",
        "model",
        "takes_no_kwargs",
        ("network", "def build(config, scales)", "def build(config, scales, **kwargs)"),
    ),
    fault(
        "**kwargs in the config",
        "model",
        "takes_no_kwargs",
        (
            "config",
            "class Config:\n",
            "class Config:\n    def __init__(self, **kwargs):\n        "
            "object.__setattr__(self, 'width', 8)\n        "
            "object.__setattr__(self, 'factor', 1.0)\n\n",
        ),
        ("config", "kw_only=True)", "init=False)"),
    ),
    fault(
        "a config that does not come back",
        "model",
        "config_round_trips",
        (
            "config",
            "        if self.width < 1",
            "        object.__setattr__(self, 'width', self.width + 1)\n        if self.width < 1",
        ),
    ),
    fault(
        "a config that can be changed", "model", "config_is_frozen", ("config", "frozen=True, ", "")
    ),
    fault(
        "a setting without help",
        "model",
        "config_is_frozen",
        ("config", 'width: int = option(8, help="Feature channels.")', "width: int = 8"),
    ),
    # Sizes.
    fault(
        "a wrong size at one scale",
        "model",
        "output_size",
        ("network", RETURN, "        return sr[..., :-1] if scale == 3 else sr\n"),
    ),
    fault(
        "a wrong size at odd sizes",
        "model",
        "output_size_odd",
        ("network", RETURN, "        return sr[..., : lr.shape[3] // 2 * 2 * scale]\n"),
    ),
    fault(
        "an error at the smallest size",
        "model",
        "output_size_smallest",
        ("network", FORWARD, FORWARD + '        F.pad(lr, (2, 2, 2, 2), mode="reflect")\n'),
    ),
    fault(
        "a size_multiple that is not enough",
        "model",
        "size_multiple",
        (
            "network",
            FORWARD,
            FORWARD + "        lr = lr + 0 * F.pixel_shuffle(F.pixel_unshuffle(lr, 2), 2)\n",
        ),
    ),
    fault(
        "a generator that says another scale",
        "model",
        "builds",
        ("network", "config, scales\n        scale", "config, (4,)\n        scale"),
    ),
    # Values.
    fault(
        "an output that is clamped",
        "model",
        "output_not_clamped",
        ("network", RETURN, "        return sr.clamp(0, 1)\n"),
    ),
    fault(
        "an output in 0 to 255",
        "model",
        "output_range",
        ("network", RETURN, "        return sr * 255\n"),
    ),
    fault(
        "a type that is forced",
        "model",
        "dtype_kept",
        ("network", RETURN, "        return sr.float()\n"),
    ),
    fault(
        "a device that is forced",
        "model",
        "device_kept",
        ("network", RETURN, "        return sr + torch.zeros(sr.shape)\n"),
    ),
    fault(
        "a device that is moved to",
        "model",
        "device_kept",
        ("network", RETURN, "        return sr.cpu()\n"),
    ),
    fault(
        "random numbers in evaluation",
        "model",
        "deterministic",
        ("network", RETURN, "        return sr + 0.01 * torch.randn_like(sr)\n"),
    ),
    fault(
        "random numbers that a seed does not repeat",
        "model",
        "seed_repeats",
        ("network", "    stages =", "    deterministic = False\n    stages ="),
        ("network", "lr, scale=None", "lr, scale=None, seed=None"),
        ("network", RETURN, "        return sr + 0.01 * torch.randn_like(sr)\n"),
    ),
    fault(
        "an output that depends on the batch",
        "model",
        "batch_independent",
        ("network", RETURN, "        return sr - 0.1 * sr.mean()\n"),
    ),
    fault(
        "an input that is changed",
        "model",
        "input_unchanged",
        ("network", FORWARD, FORWARD + "        lr -= 0.5\n        lr = lr + 0.5\n"),
    ),
    fault(
        "weights that depend on numpy's random numbers",
        "model",
        "surroundings_ignored",
        ("network", LAYERS, "        self.shift = float(np.random.rand())\n"),
        ("network", RETURN, "        return sr + self.shift\n"),
    ),
    fault(
        "a generator that depends on the current folder",
        "model",
        "surroundings_ignored",
        ("network", LAYERS, "        self.shift = float(len(os.getcwd()))\n"),
        ("network", RETURN, "        return sr + self.shift\n"),
    ),
    fault(
        "a state_dict that does not restore",
        "model",
        "state_restores",
        (
            "network",
            LAYERS,
            '        self.register_buffer("shift", torch.rand(()), persistent=False)\n',
        ),
        ("network", RETURN, "        return sr + self.shift\n"),
    ),
    fault(
        "a fused form that differs",
        "model",
        "fused_equals",
        (
            "network",
            "    def receptive",
            "    def fused(self):\n        import copy\n\n        other "
            "= copy.deepcopy(self)\n        other.tail.bias.data += 0.1\n        return other\n\n"
            "    def receptive",
        ),
    ),
    fault(
        "all_scales that gives something else",
        "model",
        "scales_agree",
        (
            "network",
            "    def receptive",
            "    def all_scales(self, lr):\n        return {s: "
            "self(lr, s) * 1.1 for s in self.scales}\n\n    def receptive",
        ),
    ),
    fault(
        "infinite values in bf16",
        "model",
        "finite_in_bf16",
        (
            "network",
            RETURN,
            "        y = self.head(lr).mean()\n        y = (y + 100) - y.detach()\n"
            "        if y.dtype == torch.float32:\n            return sr\n"
            "        return sr + y / (y - y)\n",
        ),
    ),
    # Receptive field.
    fault(
        "a receptive field declared too small",
        "model",
        "receptive_field_covers",
        ("network", "return 3\n", "return 2\n"),
    ),
    fault(
        "a receptive field of a network that sees everything",
        "model",
        "receptive_field_covers",
        (
            "network",
            "        x = F.relu(self.head(lr))\n",
            "        x = F.relu(self.head(lr))\n        x = x * x.mean(dim=(2, 3), keepdim=True)\n",
        ),
    ),
    fault(
        "a receptive field declared too large by far",
        "model",
        "receptive_field_tight",
        ("network", "return 3\n", "return 60\n"),
    ),
    fault(
        "positions within the tile that matter",
        "model",
        "tiles_equal_whole",
        ("network", RETURN, "        return sr + torch.arange(sr.shape[3]).to(sr) / 100\n"),
    ),
    # What readers of the kit found it to miss.
    fault(
        "a generator that fuses itself in place, wrongly",
        "model",
        "fused_equals",
        (
            "network",
            "    def receptive",
            "    def fused(self):\n        self.tail.weight.data.mul_(3)\n        return self\n\n"
            "    def receptive",
        ),
    ),
    fault(
        "a receptive field of hundreds that is not enough",
        "model",
        "receptive_field_covers",
        ("network", "return 3\n", "return 401\n"),
        ("network", RETURN, "        return sr - lr.mean(dim=(2, 3), keepdim=True)\n"),
    ),
    fault(
        "an output that is squeezed behind a norm",
        "model",
        "output_not_clamped",
        (
            "network",
            RETURN,
            "        return (F.instance_norm(sr) + self.tail.bias.mean()).sigmoid()\n",
        ),
    ),
    fault(
        "an output that is clamped and not finite for large inputs",
        "model",
        "output_not_clamped",
        ("network", RETURN, "        return sr.clamp(0, 1) + 0 * sr.exp()\n"),
    ),
    fault(
        "a folder looked at during the import",
        "model",
        "import_is_quiet",
        ("plugin", "SPEC = ", 'import os\n\nos.listdir(".")\nSPEC = '),
    ),
    fault(
        "a pattern of a stage that matches nothing",
        "model",
        "stages_match",
        ("network", '("body.*",)', '("body.*", "trunk.*")'),
    ),
    fault(
        "a network that cannot be copied",
        "model",
        "can_be_copied",
        ("network", LAYERS, "        self.made = self.body.weight * 2\n"),
    ),
    fault(
        "words printed at import",
        "model",
        "import_is_quiet",
        ("plugin", "SPEC = ", 'print("hi")\nSPEC = '),
    ),
)
