"""Containers of other programs: HDF5, MATLAB, LSUN's LMDB, Parquet, CIFAR's batches. Each needs little code beside a library."""
