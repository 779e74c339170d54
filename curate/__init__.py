"""Raw domain text in, a corpus that can be defended out.

`curate.run("pipelines/legal.yaml", workers=2)` is the same as the command `curate run`.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def run(pipeline: str, **options: Any) -> dict[str, Any]:
    """Build what is missing or out of date in `pipeline`; see `curate.runner.run`."""
    from curate.runner import run as _run

    return _run(pipeline, **options)
