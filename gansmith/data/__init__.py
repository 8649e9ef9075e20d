"""The data room: a source of pictures or vectors becomes a memory-mapped store, which is read in a seeded order.

    sources (what there is)  ->  store (prepared once, then mapped)  ->  order (the rows of each turn)

    formats        folders, archives, IDX, NumPy, Hugging Face        toys        computed data with a known truth
    preparation    decoding and resizing on all cores                 clusters    of similar items, by k-means
    fetch, survey  downloads; a survey of a source before training

Importing this room, or any module of it, imports neither torch nor scikit-learn nor Pillow.
"""
