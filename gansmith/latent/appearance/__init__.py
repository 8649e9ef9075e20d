"""Traits: numbers that say what a picture looks like, measured, or learned from examples."""
