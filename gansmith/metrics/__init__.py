"""Metrics: one file per measure over shared features, listed in `table` and computed by `evaluation`.

    feature_networks          what describes an item: pixels, a classifier, a self-supervised network, Inception
    measures                  distances between real and generated items, modes, agreement, diversity, copies
    intervals, pictures       what several measures need
    real, reference           a data set, and everything that is measured of it once
    table                     METRICS: every metric as one function of (generated, real)
    evaluation                the metrics of generated items, of real ones (the floor) and of noise

Importing any of them imports NumPy only; torch is imported when a feature network runs.
"""
