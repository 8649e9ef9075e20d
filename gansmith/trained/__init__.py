"""What a run left: its generator and its discriminator, loaded for use."""
