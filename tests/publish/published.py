"""What is published in tests."""

from __future__ import annotations

from typing import Any

#: Steps that a publishable artefact needs.
PLAIN: list[Any] = [{"pii": {"names": False, "audit": 50}}]


def records(n: int, changed: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    """Documents with keys and dates; those of `changed` have
    another text of the same length."""
    return [
        {
            "id": f"d{i}",
            "text": " ".join(
                f"{'term' if i in changed and j % 9 == 0 else 'word'}{(i * 31 + j * 17) % 4999}"
                for j in range(120)
            ),
            "date": f"20{10 + i % 10}-01-02",
        }
        for i in range(n)
    ]
