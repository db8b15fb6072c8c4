"""Losses: pixel, perceptual and adversarial."""
