"""Recipes: their typed settings, what each key means, and their TOML form."""
