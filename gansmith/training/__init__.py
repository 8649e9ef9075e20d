"""Training: the loop, its clock, and checkpoints. It knows the `Game` protocol, and neither engine."""
