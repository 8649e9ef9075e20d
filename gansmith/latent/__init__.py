"""Steering a trained generator: pure functions on latents and a generator, with gradients through its `decode`.

    appearance      traits: numbers measured on pictures
    space           the latent distribution: its centre, its shell, gaussian coordinates
    steering        from latents to pictures: walks, styles, directions, control
    inversion       from pictures to latents: search, projection, inpainting
    measurements    pictures from linear measurements: sensing, upscaling, methods without a generator

Functions return arrays and numbers. `gansmith.explore` writes the files.
"""
