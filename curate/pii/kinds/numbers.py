"""Numbers."""

from __future__ import annotations

import re

_DOCKET_WORDS = re.compile(r"^(?:[^\d\s]+\.?\s+)+(?=\S*\d)|[^\w]+", re.IGNORECASE)


def docket(text: str) -> str:
    """A docket number by its digits and letters, without the words before it: "No. 12-345" is "12345"."""
    return _DOCKET_WORDS.sub("", text).upper()
