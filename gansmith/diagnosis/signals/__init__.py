"""Numbers without thresholds, of samples, of the discriminator's outputs and of series. All in NumPy."""
