"""`mix` where earlier steps left nothing of a source."""

from __future__ import annotations

import pytest

from curate.steps.mix import mix
from tests.steps.test_mix import corpus


def test_a_source_of_which_nothing_is_left_gives_its_share_to_the_others() -> None:
    frame = corpus(a=[1] * 50, b=[1] * 50)
    weights = {"a": 1, "b": 1, "gone": 2}
    outcome = mix(frame, weights=weights, budget=60)
    shares = outcome.evidence["shares"]
    assert shares.select("group", "documents", "got_size", "unit").rows() == [
        ("a", 50, 30, "tokens"),
        ("b", 50, 30, "tokens"),
        ("gone", 0, 0, "tokens"),
    ]
    with pytest.raises(ValueError, match="all documents of the sources that have a weight went"):
        mix(frame, weights={"a": 0, "b": 0, "gone": 2})
