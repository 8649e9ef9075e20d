"""Where a training begins: with the weights of another run."""
