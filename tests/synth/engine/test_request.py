"""The key of a request: everything that shapes an answer is in it, nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from synth.engine.request import Request
from synth.engine.settings import Sampling

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
EXTRA = st.dictionaries(st.sampled_from(["top_k", "min_p", "template", "x"]), JSON, max_size=3)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user"]), "content": TEXT}),
    min_size=1,
    max_size=3,
).map(tuple)
SAMPLING = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.5, 1.0]),
    top_p=st.sampled_from([0.5, 1.0]),
    max_tokens=st.integers(1, 3),
    seed=st.none() | st.integers(0, 2),
    stop=st.lists(TEXT, max_size=2),
    frequency_penalty=st.none() | st.sampled_from([0.0, 1.0]),
    presence_penalty=st.none() | st.sampled_from([0.0, 1.0]),
    extra=EXTRA,
)
REQUESTS = st.builds(
    Request,
    model=TEXT,
    revision=st.none() | TEXT,
    messages=MESSAGES,
    sampling=SAMPLING,
    schema=st.dictionaries(TEXT, JSON, max_size=2),
    structured=st.sampled_from(["auto", "never"]),
    sample=st.integers(0, 3),
)


def turned(value: Any) -> Any:
    """The same value with every mapping's keys in the other order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(item) for item in value] if isinstance(value, list | tuple) else value


@given(REQUESTS, REQUESTS)
def test_requests_have_one_key_exactly_when_they_are_equal(one: Request, other: Request) -> None:
    assert (one.key == other.key) == (one == other)


@given(REQUESTS, REQUESTS, st.data())
def test_any_changed_field_is_another_key(one: Request, other: Request, data: st.DataObject) -> None:
    field = data.draw(
        st.sampled_from(["model", "revision", "messages", "schema", "structured", "sample"])
        | st.sampled_from(sorted(Sampling.model_fields))
    )
    if field in Sampling.model_fields:
        value = getattr(other.sampling, field)
        assume(value != getattr(one.sampling, field))
        changed = replace(one, sampling=one.sampling.model_copy(update={field: value}))
        # A copy keeps what was worked out for the original.
        changed = replace(changed, sampling=Sampling(**changed.sampling.model_dump()))
    else:
        assume(getattr(other, field) != getattr(one, field))
        changed = replace(one, **{field: getattr(other, field)})
    assert changed.key != one.key


@given(REQUESTS)
def test_the_order_of_keys_is_not_part_of_it(one: Request) -> None:
    other = replace(
        one,
        messages=tuple(turned(list(one.messages))),
        schema=turned(one.schema),
        sampling=Sampling(**turned(one.sampling.model_dump())),
    )
    assert other.key == one.key


def test_a_default_that_is_spelled_out_is_the_same_request() -> None:
    turns = ({"role": "user", "content": "x"},)
    spelled = Sampling(temperature=0.7, top_p=1, max_tokens=1024, stop=[], seed=None)
    assert Request("m", None, turns, spelled).key == Request("m", None, turns, Sampling()).key


def test_what_json_cannot_say_is_an_error_not_a_key() -> None:
    for wrong in (float("nan"), float("inf"), [{"a": float("nan")}]):
        with pytest.raises(ValidationError, match="finite number"):
            Sampling(extra={"x": wrong})
    with pytest.raises(ValueError, match="no JSON"):
        _ = Request("m", None, ({"role": "user", "content": "\ud800"},), Sampling()).key


def test_a_seed_is_the_samples_own() -> None:
    one = Request(
        "m", None, ({"role": "user", "content": "x"},), Sampling(seed=5, extra={"top_k": 3}), sample=2
    )
    assert one.parameters() == {
        "temperature": 0.7,
        "top_p": 1.0,
        "max_tokens": 1024,
        "seed": 7,
        "top_k": 3,
    }
