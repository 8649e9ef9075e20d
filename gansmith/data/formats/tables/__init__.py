"""Tables of names and classes, and pictures as rows of numbers."""
