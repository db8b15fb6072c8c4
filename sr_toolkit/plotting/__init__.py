"""Plots of trainings, from their logs alone. Importing this imports no matplotlib."""
