"""CSV and TSV."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def rows(found):
    return [(r.position, r.fields) for r in found.records]


def test_rows_by_the_header(read):
    found = read(b'id,text\r\n1,"a, ""b""\nc"\r\n\r\n2,d\r\n', "a.csv")
    assert rows(found) == [
        ("row 1", {"id": "1", "text": 'a, "b"\nc'}),
        ("row 2", {"id": "2", "text": "d"}),
    ]


def test_rows_without_a_header(read):
    assert rows(read(b"1,a\n", "a.csv", names=["id", "text"])) == [("row 1", {"id": "1", "text": "a"})]


def test_names_that_are_no_keys(read):
    (record,) = read(b"a,,a\n1,2,3\n", "a.csv").records
    assert record.fields == {"a": "1", "column_2": "2", "a_3": "3"}


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t"), ("a.csv", "|")]
)
def test_the_delimiter_is_found(read, name, delimiter):
    data = f'id{delimiter}text\n1{delimiter}"a, b"\n'.encode()
    assert read(data, name).texts == ["a, b"]


def test_an_unbalanced_quote_costs_its_own_line(read):
    found = read(b'id,text\n1,"a\n2,"b\nc"\n3,d\n', "a.csv")
    assert rows(found) == [("row 2", {"id": "2", "text": "b\nc"}), ("row 3", {"id": "3", "text": "d"})]
    assert found.failed == [("row 1", "malformed CSV")]
    assert found.failures[0].error.startswith("line 2: ")


def test_an_unbalanced_quote_without_a_second_swallows_nothing(read):
    found = read(b'id,text\n1,"a\n' + b"2,b\n" * 50, "a.csv")
    assert (found.texts, found.failed) == (["b"] * 50, [("row 1", "malformed CSV")])


def test_too_many_and_too_few_fields_fail_alone(read):
    found = read(b"id,text\n1,a,b\n2\n3,c\n", "a.csv")
    assert (found.texts, found.failed) == (["c"], [("row 1", "malformed CSV"), ("row 2", "malformed CSV")])


def test_a_row_above_the_limit_fails_alone(read):
    found = read(b'id,text\n1,"' + b"x\n" * 50 + b'"\n2,b\n', "a.csv", record_bytes=60)
    assert "b" in found.texts
    assert found.failures


def test_quotes_in_tsv_are_text_where_they_do_not_balance(read):
    assert read(b'id\ttext\n1\t"\n2\t"quoted" word\n3\tc\n', "a.tsv").texts == ['"', '"quoted" word', "c"]


def test_a_legacy_encoding_is_read_and_recorded(read):
    (record,) = read("id,text\n1,§ 5 gilt für Bürger\n".encode("cp1252"), "a.csv").records
    assert record.fields == {"id": "1", "text": "§ 5 gilt für Bürger", "encoding": "cp1252"}


def test_utf16_with_its_mark(read):
    assert read("id,text\n1,ü\n2,b\n".encode("utf-16"), "a.csv").texts == ["ü", "b"]


FIELD = st.text(st.sampled_from('ab ,"\nü'), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table=st.lists(st.tuples(FIELD, FIELD, FIELD), max_size=6))
def test_what_csv_wrote_is_read_back(read, table):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b", "c"), *table])
    found = read(out.getvalue().encode(), "a.csv")
    assert [tuple(r.fields.values()) for r in found.records] == table
