"""Trackers: programs that collect the curves and pictures of many trainings, TensorBoard among them."""
