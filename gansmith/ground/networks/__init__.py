"""Networks without torch: a plan of layers, its padding, its cost."""
