"""What the two players do to one another, in PyTorch: losses, regularizers, feedback, and the game itself."""
