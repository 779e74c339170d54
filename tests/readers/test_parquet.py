"""Parquet of any schema."""

from __future__ import annotations

import datetime
import decimal
import io

import orjson
import pyarrow as pa
import pyarrow.parquet as pq


def parquet(table: pa.Table, **options) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_rows_are_numbered_through_row_groups(read):
    data = parquet(pa.table({"text": [str(i) for i in range(7)]}), row_group_size=3)
    found = read(data, "a.parquet")
    assert [(r.position, r.fields["text"]) for r in found.records] == [(f"row {i}", str(i)) for i in range(7)]
    assert found.tally.bytes == len(data)


def test_every_type_becomes_what_json_can_say(read):
    at = datetime.datetime(2020, 1, 2, 3, 4, 5)
    table = pa.table(
        {
            "text": pa.array(["a"]).dictionary_encode(),
            "day": [at.date()],
            "at": pa.array([at], pa.timestamp("ns")),
            "price": [decimal.Decimal("1.50")],
            "raw": [b"\xff\x00"],
            "utf8": ["ü".encode()],
            "nested": [{"at": at, "list": [b"x", None]}],
            "pairs": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
            "none": pa.nulls(1),
        }
    )
    (record,) = read(parquet(table), "a.parquet").records
    assert orjson.loads(orjson.dumps(record.fields)) == {
        "text": "a",
        "day": "2020-01-02",
        "at": "2020-01-02 03:04:05.000000000",
        "price": "1.50",
        "raw": "/wA=",
        "utf8": "ü",
        "nested": {"at": "2020-01-02 03:04:05", "list": ["x", None]},
        "pairs": [["k", 1]],
        "none": None,
    }


def test_a_string_that_is_no_utf8_fails_alone(read):
    bad = pa.array([b"a", b"\xff", b"c"]).view(pa.string())
    found = read(parquet(pa.table({"text": bad})), "a.parquet")
    assert (found.texts, found.failed) == (["a", "c"], [("row 1", "invalid UTF-8")])


def test_a_row_above_the_limit_fails_alone(read):
    found = read(parquet(pa.table({"text": ["a", "x" * 500, "c"]})), "a.parquet", record_bytes=100)
    assert (found.texts, found.failed) == (["a", "c"], [("row 1", "too large")])


def test_a_cut_file_fails(read):
    data = parquet(pa.table({"text": ["a"] * 100}))
    assert read(data[:-20], "a.parquet").failed == [("", "damaged")]


def test_damage_in_a_later_row_group_keeps_those_before(read):
    table = pa.table({"text": [f"{i} and some text" for i in range(100)]})
    data = bytearray(parquet(table, row_group_size=50, compression="zstd", use_dictionary=False))
    second = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(1).column(0).data_page_offset
    data[second : second + 60] = b"\xff" * 60
    found = read(bytes(data), "a.parquet")
    assert (len(found.records), found.failed) == (50, [("row 50", "damaged")])
