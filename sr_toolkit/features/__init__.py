"""Pretrained feature networks, as modules that losses and metrics share."""
