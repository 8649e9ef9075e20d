"""Runs: a training from its recipe to its report, resumed, rolled back, diagnosed and measured."""
