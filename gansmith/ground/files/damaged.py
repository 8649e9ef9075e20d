"""What readers of other libraries raise for a damaged file."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib

DAMAGED = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError, RecursionError),
    *(SyntaxError, tokenize.TokenError, struct.error),  # NumPy reads a header as Python's words
    *(
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        RuntimeError,
    ),  # of an archive: also encrypted
)
"""Of NumPy's files, of archives and of JSON."""
