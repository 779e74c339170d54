"""What a server says about waiting."""

from __future__ import annotations

import pytest

from curate.errors import RunError
from curate.publish import retry
from curate.publish.retry import Again, Progress, asked, passing, patiently


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 60),
        ({"retry-after": "Wed, 21 Oct 2015 07:20:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"ratelimit": '"api";r=0;t=55'}, 55),
        ({"ratelimit": '"api";r=3;t=55'}, None),
        ({}, None),
    ],
)
def test_what_a_response_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked(headers, now=1445412420.0) == seconds


def test_progress_renews_patience(naps: list[float]) -> None:
    progress, calls = Progress(), [0]

    def attempt() -> str:
        calls[0] += 1
        if calls[0] % 3 == 0:
            progress.saw("PUT", "/upload/x", 200)
        if calls[0] < 40:
            raise Again("503")
        return "done"

    assert patiently(attempt, progress, lambda text: None) == "done"
    assert max(naps) <= 4 and len(naps) == 39


def test_what_does_not_pass_is_raised_at_once(naps: list[float]) -> None:
    def attempt() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        patiently(attempt, Progress(), lambda text: None)
    assert naps == []


def test_a_cause_that_passes_is_found_and_patience_ends(naps: list[float]) -> None:
    def attempt() -> None:
        try:
            raise ConnectionResetError("gone")
        except ConnectionResetError as error:
            raise RuntimeError("while uploading") from error

    with pytest.raises(RunError, match="gave up after 8 tries"):
        patiently(attempt, Progress(), lambda text: None)
    assert len(naps) == retry.TRIES
    assert passing(ValueError("x")) is None
