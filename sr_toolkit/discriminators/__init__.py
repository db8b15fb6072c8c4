"""Discriminators that go with any generator."""
