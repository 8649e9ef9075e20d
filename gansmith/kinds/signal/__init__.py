"""Sounds and series: reading, cutting, spectra, drawing, measuring, writing."""
