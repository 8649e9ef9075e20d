"""The names of all files of a run and of a comparison."""
