"""One measure a file: numbers about sets of items or of their features."""
