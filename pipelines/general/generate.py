"""Writes the general sample: `python pipelines/general/generate.py [--out FOLDER]`.

Everything is invented, but for simple facts that are true. The same zlib gives the same bytes; the content is the
same everywhere.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from maker import safety  # noqa: E402
from maker.benchmarks import BENCHMARKS  # noqa: E402
from maker.chats import chats  # noqa: E402
from maker.readme import readme  # noqa: E402
from maker.texts import texts  # noqa: E402


def jsonl(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def packed(records: Iterable[dict[str, Any]]) -> bytes:
    return gzip.compress(jsonl(records), compresslevel=9, mtime=0)


def build() -> dict[str, bytes]:
    """Path -> bytes of everything that the sample consists of, but for the scripts."""
    documents = {f"texts/{kind}.jsonl.gz": found for kind, found in texts().items()}
    rows: dict[str, list[dict[str, Any]]] = {
        **documents,
        "chats.jsonl.gz": chats(),
        "safety/train.jsonl": safety.train(),
        "safety/test.jsonl": safety.test(),
        "safety/pairs.jsonl": safety.pairs(),
        **{f"benchmarks/{name}.jsonl": make() for name, make in BENCHMARKS.items()},
    }
    files = {name: packed(found) if name.endswith(".gz") else jsonl(found) for name, found in rows.items()}
    characters = {name: sum(len(row["text"]) for row in found) for name, found in documents.items()}
    files["README.md"] = readme({name: len(found) for name, found in rows.items()}, characters).encode()
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the general sample.")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder to write to (default: beside this script)"
    )
    out: Path = parser.parse_args().out
    files = build()
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes in {out}")


if __name__ == "__main__":
    main()
