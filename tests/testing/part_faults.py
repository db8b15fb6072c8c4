"""Faults of losses, discriminators, metrics and datasets, and the checks that find them."""

from __future__ import annotations

from planted import fault

LAYERS = "        # more layers\n"

FAULTS = (
    # Losses.
    fault(
        "a loss that cuts the gradient",
        "loss",
        "loss_has_gradient",
        ("network", "return error.mean()", "return torch.tensor(error.mean().item())"),
    ),
    fault(
        "a loss that is no scalar",
        "loss",
        "loss_is_scalar",
        ("network", "error.mean()", "error.mean(dim=(1, 2, 3))"),
    ),
    fault(
        "a loss that changes with the batch's order",
        "loss",
        "loss_ignores_batch_order",
        ("network", "error.mean()", "error[0].mean()"),
    ),
    fault(
        "a loss whose gradient is infinite where images are equal",
        "loss",
        "loss_finite_where_equal",
        ("network", " + 1e-6)", ")"),
    ),
    fault(
        "a loss with the wrong sign",
        "loss",
        "loss_least_where_equal",
        ("network", "return error.mean()", "return -error.mean()"),
    ),
    fault(
        "a loss that changes its images",
        "loss",
        "loss_leaves_images",
        ("network", "        error =", "        hr += 0.1\n        error ="),
    ),
    # Adversarial losses.
    fault(
        "an adversarial loss with swapped signs",
        "game",
        "game_signs",
        ("network", "softplus(-fake).mean()\n", "softplus(fake).mean()\n"),
    ),
    fault(
        "a discriminator's side with swapped signs",
        "game",
        "game_signs",
        (
            "network",
            "softplus(-real).mean() + F.softplus(fake)",
            "softplus(real).mean() + F.softplus(-fake)",
        ),
    ),
    fault(
        "an adversarial loss of the first logit alone",
        "game",
        "game_ignores_batch_order",
        ("network", "softplus(-fake).mean()", "softplus(-fake)[0].mean()"),
    ),
    fault(
        "an adversarial loss without a gradient",
        "game",
        "game_is_scalar",
        ("network", "softplus(-fake)", "softplus(-fake.detach())"),
    ),
    fault(
        "an adversarial loss for one shape of logits",
        "game",
        "game_takes_any_shape",
        ("network", "softplus(-fake).mean()", "softplus(-fake).mean(dim=(2, 3)).mean()"),
    ),
    # Discriminators.
    fault(
        "a discriminator that ends with a sigmoid",
        "discriminator",
        "gives_logits",
        ("network", "return self.last(x)", "return self.last(x).sigmoid()"),
    ),
    fault(
        "a discriminator with an idle layer",
        "discriminator",
        "every_weight_learns",
        ("network", LAYERS, "        self.idle = nn.Conv2d(3, 3, 1)\n"),
    ),
    fault(
        "a discriminator that judges a batch as one",
        "discriminator",
        "judges",
        ("network", "self.last(x)", "self.last(x).mean(0, keepdim=True)"),
    ),
    fault(
        "a discriminator that changes the image",
        "discriminator",
        "image_unchanged",
        (
            "network",
            "        x = ",
            "        with torch.no_grad():\n            image.mul_(2)\n        x = ",
        ),
    ),
    fault(
        "a discriminator with a weight that is not saved",
        "discriminator",
        "weights_restore",
        ("network", LAYERS, "        self.shift = torch.rand(())\n"),
        ("network", "self.last(x)", "self.last(x) + self.shift"),
    ),
    fault(
        "a condition that is not looked at",
        "discriminator",
        "condition_counts",
        ("network", "    def __init__", "    conditional = True\n\n    def __init__"),
    ),
    # Metrics.
    fault(
        "a metric with the wrong direction",
        "metric",
        "metric_direction",
        ("network", "higher_is_better = False", "higher_is_better = True"),
    ),
    fault(
        "a metric that is not additive over images",
        "metric",
        "metric_has_no_memory",
        (
            "network",
            "        return float(np.abs(sr - hr).mean())",
            "        self.seen.append(float(np.abs(sr - hr).mean()))\n"
            "        return float(np.mean(self.seen))",
        ),
    ),
    fault(
        "a metric that prefers an error",
        "metric",
        "metric_best_where_equal",
        ("network", "np.abs(sr - hr).mean()", "abs(np.abs(sr - hr).mean() - 100)"),
    ),
    fault(
        "a metric that changes its images",
        "metric",
        "metric_leaves_images",
        ("network", "        sr, hr = sr", "        sr *= 0\n        sr, hr = sr"),
    ),
    fault(
        "a metric that is not concurrent though it says so",
        "metric",
        "metric_is_concurrent",
        (
            "network",
            "        sr, hr = sr",
            "        import time\n\n        self.seen = [hr.sum()]\n"
            "        time.sleep(0.002)\n        sr = sr + (self.seen[0] - hr.sum())\n"
            "        sr, hr = sr",
        ),
    ),
    # Datasets.
    fault(
        "a length that lies",
        "dataset",
        "dataset_length",
        ("network", "return len(self.names)", "return len(self.names) + 1"),
    ),
    fault(
        "an order that changes",
        "dataset",
        "dataset_order",
        ("network", "        self.names = ", "        self.names = list(set("),
        ("network", "in range(6)]\n", "in range(6)))\n"),
        ("network", "list(set([", "list(set("),
    ),
    fault(
        "images that change",
        "dataset",
        "dataset_order",
        ("network", "default_rng(index)", "default_rng()"),
    ),
    fault(
        "an LR of another size",
        "dataset",
        "dataset_lr_fits",
        ("network", "[::scale, ::scale]", "[: 64 // scale, ::scale]"),
    ),
    fault(
        "an LR of another image",
        "dataset",
        "dataset_lr_fits",
        ("network", "self.image(index)[::", "self.image((index + 1) % 6)[::"),
    ),
    fault(
        "a fingerprint that changes",
        "dataset",
        "dataset_fingerprint",
        ("network", 'hashlib.sha256(b"stripes").hexdigest()', 'str(hash("stripes"))'),
    ),
    fault(
        "images of another type",
        "dataset",
        "dataset_images",
        ("network", "        return small.repeat", "        return small.astype(float).repeat"),
    ),
    fault(
        "images that two threads spoil",
        "dataset",
        "dataset_threads",
        (
            "network",
            "        rng = ",
            "        import time\n\n        self.index = index\n"
            "        time.sleep(0.002)\n        index = self.index\n        rng = ",
        ),
    ),
    # Steps of degradations.
    fault(
        "a step that draws while it is applied",
        "degradation",
        "repeats_by_seed",
        ("network", "return y * gain", "return y * gain + torch.rand_like(y) / 9"),
    ),
    fault(
        "a step that draws more for some seeds",
        "degradation",
        "draws_by_count_alone",
        (
            "network",
            "        return Drawn",
            "        while rng.random() < 0.5:\n            pass\n        return Drawn",
        ),
    ),
    fault(
        "a step that gives all images the first one's draw",
        "degradation",
        "slices_agree",
        ("network", "return y * gain", "return y * gain[:1]"),
    ),
    fault(
        "a step that divides by nothing",
        "degradation",
        "gives_images",
        ("network", "return y * gain", "return y * gain / (y - y)"),
    ),
    fault(
        "a step that changes the HR",
        "degradation",
        "hr_unchanged",
        ("network", "        y = torch", "        x += 0.1\n        y = torch"),
    ),
    fault(
        "a step that cuts the gradient",
        "degradation",
        "gradient_passes",
        ("network", "return y * gain", "return (y * gain * 255).round() / 255"),
    ),
    fault(
        "a reach declared too small",
        "degradation",
        "reach_covers",
        ("network", "return 1 / span.low, span", "return 0.0, span"),
    ),
    fault(
        "a step that draws more once in a while",
        "degradation",
        "draws_by_count_alone",
        (
            "network",
            "        return Drawn({",
            "        if (rng.random(count) < 0.02).any():\n            rng.random(count)\n"
            "        return Drawn({",
        ),
    ),
    fault(
        "a reach declared too small for what lies above and below",
        "degradation",
        "reach_covers",
        ("network", "avg_pool2d(x, 3, stride=1, padding=1)", "avg_pool2d(x, (9, 1), 1, (4, 0))"),
    ),
)
