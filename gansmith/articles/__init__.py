"""Experiments on the articles' claims: trainings over seeds, one verdict per claim, one page per article.

studies      the trainings: grids for `compare`
probes       what else is measured of a trained cell
evidence     the figures, seed by seed
seeds        what rules ask of them one by one
rules        from figures to verdicts; feedback_rules: those of article 000
claims       the table that joins them
experiments  trains what is missing and writes the pages
"""

from __future__ import annotations
