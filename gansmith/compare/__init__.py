"""Comparisons: a grid of trainings, variants by seeds, on this machine or on a Ray cluster."""
