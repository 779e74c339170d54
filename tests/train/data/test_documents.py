"""What a source is: artefacts, folders, globs and formats; what is wrong is said with its file and a remedy."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest
import zstandard

from curate import manifest
from curate.errors import ConfigError
from train.data.documents import Source, documents
from train.data.rows import listed


def texts(source: Source) -> list[str]:
    return [text for batch in source.batches(["text"]) for text in listed(batch.columns["text"])]


def artefact(folder: Path, rows: list[dict[str, Any]], kind: str = "curate") -> Path:
    (folder / "data").mkdir(parents=True)
    pl.DataFrame(rows).write_parquet(folder / "data" / "00000.parquet")
    pl.DataFrame(rows).write_parquet(folder / "data" / "not-listed.parquet")
    entry = {"path": "00000.parquet", "rows": len(rows), "bytes": 1, "sha256": "abc"}
    manifest.write(str(folder), {"kind": kind, "fingerprint": "f00d", "outputs": {"data": [entry]}})
    return folder


ROWS = [
    {"id": "a/1", "text": "one", "source": "a", "license": "CC0-1.0", "split": "train"},
    {"id": "a/2", "text": "two", "source": "a", "license": None, "split": "test"},
    {"id": "b/1", "text": "three", "source": "b", "license": "MIT", "split": "train"},
]


def test_an_artefact_is_read_by_its_manifest(tmp_path: Path) -> None:
    source = documents(str(artefact(tmp_path / "corpus-1", ROWS)))
    assert texts(source) == ["one", "two", "three"]
    assert source.forms == ["text"]
    assert source.licenses == ["CC0-1.0", "MIT"]
    assert source.artefact is not None and source.artefact["fingerprint"] == "f00d"


def test_rows_made_of_others_have_their_licences(tmp_path: Path) -> None:
    artefact(tmp_path / "corpus-aaaaaaaa", ROWS)
    artefact(tmp_path / "news-bbbbbbbb", [{"id": "1", "text": "one"}])
    made = artefact(tmp_path / "questions-1", [{"id": "q", "text": "what"}], kind="synth")
    told = manifest.read(str(made)) or {}
    for upstream, wanted in (
        ({"corpus": "a" * 64}, ["CC0-1.0", "MIT"]),
        ({"corpus": "a" * 64, "news": "b" * 64}, []),  # of a part none is known
        ({"gone": "c" * 64}, []),
    ):
        manifest.write(str(made), told | {"parts": {"upstream": upstream}})
        assert documents(str(made)).licenses == wanted


def test_an_output_folder_with_one_stage_is_that_stage(tmp_path: Path) -> None:
    artefact(tmp_path / "corpus-1", ROWS)
    manifest.point(str(tmp_path), "corpus", "corpus-1")
    assert texts(documents(str(tmp_path))) == ["one", "two", "three"]
    artefact(tmp_path / "other-1", ROWS)
    manifest.point(str(tmp_path), "other", "other-1")
    with pytest.raises(ConfigError, match="several stages"):
        documents(str(tmp_path))


def test_a_split_is_a_column_or_a_word_in_files_names(tmp_path: Path, jsonl: Any) -> None:
    folder = artefact(tmp_path / "corpus-1", ROWS)
    assert texts(documents(str(folder), split="train")) == ["one", "three"]
    jsonl("x/train-00000-of-00001.jsonl", [{"text": "t"}])
    jsonl("x/constrain.jsonl", [{"text": "u"}])
    jsonl("x/test-00000-of-00001.jsonl", [{"text": "v"}])
    assert texts(documents(str(tmp_path / "x"), split="train")) == ["t"]
    with pytest.raises(ConfigError, match="no column 'split' and no file named after the split 'validation'"):
        documents(str(tmp_path / "x"), split="validation")


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_compression_is_sniffed(tmp_path: Path, packed: Any, name: str) -> None:
    lines = b"".join(json.dumps({"text": f"t{n}", "more": n}).encode() + b"\n" for n in range(5000))
    (tmp_path / name).write_bytes(packed(lines))
    source = documents(str(tmp_path / name))
    assert texts(source) == [f"t{n}" for n in range(5000)]
    assert set(source.found) == {"text", "more"}


def test_batches_are_bounded(tmp_path: Path) -> None:
    big = "x" * 1_000_000
    pl.DataFrame({"text": [big] * 40}).write_parquet(tmp_path / "a.parquet", compression="uncompressed")
    (tmp_path / "b.jsonl").write_text("".join(json.dumps({"text": big}) + "\n" for _ in range(40)))
    for name in ("a.parquet", "b.jsonl"):
        sizes = [len(batch.numbers) for batch in documents(str(tmp_path / name)).batches(["text"])]
        assert sum(sizes) == 40
        assert name == "a.parquet" or max(sizes) <= 9


def test_text_files_are_a_document_each(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("first\nof two lines")
    (tmp_path / "b.txt").write_text("second")
    assert texts(documents(f"{tmp_path}/*.txt")) == ["first\nof two lines", "second"]
    (tmp_path / "b.txt").write_bytes(b"caf\xe9")
    with pytest.raises(ConfigError, match=r"b\.txt is not UTF-8"):
        texts(documents(f"{tmp_path}/*.txt"))


def test_files_may_be_anywhere_that_fsspec_reaches() -> None:
    with fsspec.open("memory://train-data/a.jsonl", "wb") as file:
        file.write(b'{"text": "far away"}\n')
    assert texts(documents("memory://train-data/*.jsonl")) == ["far away"]


def test_columns_may_have_other_names(tmp_path: Path, jsonl: Any) -> None:
    source = documents(jsonl("a.jsonl", [{"content": "one"}]), columns={"text": "content"})
    assert texts(source) == ["one"]
    with pytest.raises(ConfigError, match=r"has no column 'body'.*it has content.*columns"):
        documents(str(tmp_path / "a.jsonl"), columns={"text": "body"})


def test_forms_are_told_by_columns(jsonl: Any) -> None:
    rows = {
        "ids": {"input_ids": [1], "text": "x"},
        "messages": {"messages": [], "text": "x"},
        "prompt_completion": {"prompt": "x", "completion": "y"},
        "text": {"text": "x", "prompt": "y"},
    }
    for form, row in rows.items():
        assert documents(jsonl(f"{form}.jsonl", [row])).forms[0] == form
    assert documents(jsonl("none.jsonl", [{"label": 1}])).forms == []


def test_a_fingerprint_follows_what_is_read(tmp_path: Path, jsonl: Any) -> None:
    path = jsonl("a.jsonl", [{"text": "one", "other": "x", "split": "train"}])
    first = documents(path).fingerprint
    assert documents(path).fingerprint == first
    assert documents(path, split="train").fingerprint != first
    assert documents(path, columns={"text": "other"}).fingerprint != first
    jsonl("a.jsonl", [{"text": "another", "other": "x", "split": "train"}])
    assert documents(path).fingerprint != first


def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path, jsonl: Any) -> None:
    with pytest.raises(ConfigError, match="no file matches"):
        documents(f"{tmp_path}/nothing/*.parquet")
    (tmp_path / "x.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(ConfigError, match=r"x\.parquet is no Parquet file"):
        documents(f"{tmp_path}/x.parquet")
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    with pytest.raises(ConfigError, match="no file that can be read"):
        documents(f"{tmp_path}/x.pdf")
    jsonl("empty.jsonl", [])
    with pytest.raises(ConfigError, match=r"no rows in 1 files, such as .*empty\.jsonl"):
        documents(f"{tmp_path}/empty.jsonl")
    (tmp_path / "bad.jsonl").write_text('{"text": "x"}\n{"text": \n')
    with pytest.raises(ConfigError, match=r"bad\.jsonl, line 2, is no JSON"):
        texts(documents(f"{tmp_path}/bad.jsonl"))
    (tmp_path / "list.jsonl").write_text("[1]\n")
    with pytest.raises(ConfigError, match=r"list\.jsonl, line 1, is no JSON object"):
        documents(f"{tmp_path}/list.jsonl")
    with pytest.raises(ConfigError, match="several kinds"):
        documents(str(tmp_path))


def test_a_later_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    pl.DataFrame({"text": ["x"]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"body": ["x"]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(ConfigError, match=r"b\.parquet has no column 'text'"):
        texts(documents(f"{tmp_path}/*.parquet"))


def test_a_data_set_of_the_hub_in_another_form_is_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub is stood in for: no files that are read here, so `datasets` is asked, with the revision."""
    datasets = pytest.importorskip("datasets")
    import train.data.documents as module

    asked: list[Any] = []

    def load(name: str, **how: Any) -> Any:
        asked.append((name, how["revision"], how["split"], how["streaming"]))
        return datasets.Dataset.from_dict({"text": [f"t{n}" for n in range(600)]}).to_iterable_dataset()

    def none(name: str, paths: list[str]) -> Any:
        raise module._NoFiles

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(module, "_listed", none)
    monkeypatch.setattr(module, "_pinned", lambda name, revision: (name, "5ha"))
    source = documents("hf://datasets/org/name@main", split="test")
    assert texts(source) == [f"t{n}" for n in range(600)]
    assert asked == [("org/name", "main", "test", True), ("org/name", "5ha", "test", True)]
