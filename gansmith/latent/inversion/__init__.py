"""From pictures back to latents: search, projection, inpainting."""
