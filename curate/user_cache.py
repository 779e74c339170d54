"""Where what takes seconds to make, and can be made again, is kept between processes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def cache_folder(*parts: str) -> Path:
    """`~/.cache/curate/…`, or below XDG_CACHE_HOME."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "curate", *parts)


def store(path: Path, data: bytes) -> None:
    """Write `path` at once, whole or not at all; a folder that cannot be written is no fault."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
