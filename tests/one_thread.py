"""One thread, said before NumPy and torch are imported: miniature matrices are no work for two, which would wait for one
another, and compute meanwhile only that they wait."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
