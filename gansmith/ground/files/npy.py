"""Files of NumPy's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def headings_of_python_2() -> Iterator[None]:
    """While the context is open, files that Python 2 wrote are read without NumPy's advice to save them again, and damaged
    headings, which are read as Python's text, without Python's advice on that."""
    with warnings.catch_warnings():
        for advice in ("Reading `.npy` or `.npz` file required additional header parsing", ".*invalid escape sequence"):
            warnings.filterwarnings("ignore", advice)
        yield
