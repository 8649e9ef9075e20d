"""Numbers that can be trusted: one metric per file over shared features, joined in `table` and run by `evaluation`.

    features, yardstick       what an item is described by: pixels, a classifier, a self-supervised network, Inception
    network, classifier, self_supervised, inception          the networks behind that
    frechet, kid, manifold, wasserstein, memorisation        how far generated items are from real ones
    modes, confidence, agreement, diversity                  what they show, and how differently
    intervals, distances, pictures                           what several of them need
    real, reference           a data set, and all that is measured of it once
    table                     METRICS: every metric as one function of (generated, real)
    evaluation                the same metrics on generated items, on real ones (the floor) and on noise

Importing any of them imports NumPy only; torch comes in when a feature network runs.
"""
