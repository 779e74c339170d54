"""JSON Lines, arrays and single objects."""

from __future__ import annotations

import json
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.readers import jsonl
from curate.readers.stream import Stream


def test_each_line_at_its_byte_offset(read):
    found = read('{"text": "é"}\r\n\n  \n{"text": "b", "n": [1, null]}'.encode(), "a.jsonl")
    assert [(r.position, r.fields) for r in found.records] == [
        ("0", {"text": "é"}),
        ("20", {"text": "b", "n": [1, None]}),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_line(read):
    assert read(b'\xef\xbb\xbf{"text": "a"}\n{"text": "b"}\n', "a.jsonl").texts == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "kind", "says"),
    [
        (b'{"text": NaN}', "malformed JSON", "write null"),
        (b"{'text': 1}", "malformed JSON", "double quotes"),
        (b'{"a": 1} {"b": 2}', "malformed JSON", "one object a line"),
        (b'{"a": 1},', "malformed JSON", "comma"),
        (b'{"a": "\\ud83d"}', "malformed JSON", "byte 21"),
        (b'{"a": "cut', "malformed JSON", "byte"),
        (b'{"a": "\xff"}', "invalid UTF-8", "at byte 21"),
        (b"[1]", "not an object", "an array"),
        (b"12", "not an object", "a number"),
        (b"null", "not an object", "null"),
    ],
)
def test_a_bad_line_fails_alone_and_says_where_and_why(read, line, kind, says):
    found = read(b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n', "a.jsonl")
    assert found.texts == ["a", "b"]
    assert found.failed == [("14", kind)]
    assert says in found.failures[0].error


def test_a_line_above_the_limit_fails_alone(read):
    found = read(b'{"text": "a"}\n{"text": "%s"}\n{"text": "b"}\n' % (b"x" * 50), "a.jsonl", record_bytes=40)
    assert (found.texts, found.failed) == (["a", "b"], [("14", "too large")])


def test_an_array_is_read_as_its_elements(read):
    data = b'\n[ {"text": "a]\\"}"},\n {"text": "b", "n": {"x": [1, 2]}} ]\n'
    found = read(data, "a.json")
    assert found.texts == ['a]"}', "b"]
    assert [json.loads(data[int(r.position) :].split(b"}")[0].strip()[:1] + b"}") for r in found.records]


def test_a_bad_element_fails_alone(read):
    found = read(b'[{"text": "a"}, {\'x\': 1}, 7, {"text": "b"}]', "a.json")
    assert found.texts == ["a", "b"]
    assert [kind for _, kind in found.failed] == ["malformed JSON", "not an object"]


@pytest.mark.parametrize(
    "data", [b'[{"text": "a"}, {"text": "b', b'[{"text": "a"}, {"te', b'[{"text": "a"},']
)
def test_an_array_that_is_cut_keeps_what_was_whole(read, data):
    found = read(data, "a.json")
    assert found.texts == ["a"]
    assert [kind for _, kind in found.failed] == ["malformed JSON"]
    assert "no end" in found.failures[0].error


def test_something_after_an_array_fails(read):
    found = read(b'[{"text": "a"}] {"text": "b"}', "a.json")
    assert (found.texts, [kind for _, kind in found.failed]) == (["a"], ["malformed JSON"])


def test_an_element_above_the_limit_ends_the_array(read):
    found = read(b'[{"text": "a"}, {"text": "%s"}]' % (b"x" * 200_000), "a.json", record_bytes=1000)
    assert (found.texts, [kind for _, kind in found.failed]) == (["a"], ["too large"])


def test_nesting_beyond_bounds_fails_in_a_controlled_way(read):
    assert [k for _, k in read(b"[" * 3000 + b"]" * 3000, "deep.json").failed] == ["malformed JSON"]


def test_an_object_over_several_lines_is_one_record(read):
    found = read(b'{\n  "text": "a",\n  "n": 1\n}\n', "a.json")
    assert [(r.position, r.fields) for r in found.records] == [("", {"text": "a", "n": 1})]
    assert read(b'{\n  "text": NaN\n}\n', "a.json").failed == [("", "malformed JSON")]


def test_a_broken_first_line_does_not_make_a_file_one_object(read):
    found = read(b'{"text": "a"},\n{"text": "b"}\n', "a.json")
    assert (found.texts, found.failed) == (["b"], [("0", "malformed JSON")])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    elements=st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), max_size=6),
    chunk=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
)
def test_an_array_in_any_chunks_is_what_json_says(elements, chunk, indent):
    data = json.dumps(elements, indent=indent).encode()
    with mock.patch.object(jsonl, "HEAD_BYTES", chunk):
        found = [span for span in jsonl._spans(Stream(iter([data]), 1 << 20), 1 << 20) if span[1].strip()]
    assert [json.loads(span) for _, span in found] == elements
    assert all(data[at : at + len(span)] == span for at, span in found)
