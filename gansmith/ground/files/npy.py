"""Files of NumPy's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def headings_of_python_2() -> Iterator[None]:
    """While the context is open, files that Python 2 wrote are read without NumPy's advice to save them again."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Reading `.npy` or `.npz` file required additional header parsing", UserWarning
        )
        yield
