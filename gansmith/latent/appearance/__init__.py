"""Traits: numbers that say what an item is like, measured, or learned from examples."""
