"""Data sets that are computed, with a known truth: mixtures of gaussians, drawn digits, stacked pictures, sounds, a table, words."""
