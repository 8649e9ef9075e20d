"""Steering a trained generator: pure functions on latents and a generator, with gradients through its `decode`.

    traits (glyph_traits, colour_traits, learned)     what a style is, measured on pictures
    space                                             the law of the latents: shell, gaussian coordinates
    walks   styles   directions   control             from latents to pictures
    search -> project, inpaint, sense, upscale        from pictures back to latents; baselines without a generator

Arrays and numbers come back; files, animations and words are made above.
"""
