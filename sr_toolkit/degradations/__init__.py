"""From HR to LR: batches degraded on the device that trains, the same way every time."""
