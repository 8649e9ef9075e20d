"""Pictures from linear measurements of them: compressed sensing, upscaling, and baselines without a generator."""
