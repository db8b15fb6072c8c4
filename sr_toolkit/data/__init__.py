"""Datasets, and the way from their files to training batches."""
