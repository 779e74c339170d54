"""Compiled loops over UTF-8 bytes; each has a plain-Python twin in `tests/kernels`.

Compiled code is cached on disk under a name that hashes the sources of all kernels: numba's own cache follows only
a function's own file, and would keep code that was compiled against another file's older constants.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from curate.user_cache import cache_folder


def _cache_folder() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    name = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    return str(cache_folder("kernels", name))


if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = _cache_folder()
    if "numba" in sys.modules:  # it has read its settings already
        sys.modules["numba"].config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
