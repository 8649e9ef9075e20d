"""The data room: a source of pictures or vectors becomes a memory-mapped store, and a store is read in a seeded order.

    sources (what there is)  ->  store (prepared once, mapped for ever)  ->  order (which rows, when, for whom)

    synthetic, idx, arrays, files    kinds of sources        decode, resize    one picture
    prepare                          all pictures, by all processors
    fetch, survey                    download; look at a source before training on it

Importing this room, or any module of it, imports neither torch nor scikit-learn nor Pillow.
"""
