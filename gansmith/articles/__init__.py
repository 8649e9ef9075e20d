"""The articles' claims, tried out: trainings over seeds, one verdict per claim, one page per article.

studies   the trainings: grids for `compare`
probes    what else is measured of a trained cell
evidence  the figures, seed by seed
rules     from figures to verdicts
claims    the table that joins them
tried     runs what is missing and writes the pages
"""

from __future__ import annotations
