"""Sheets of pictures: of a run, and of a source."""
