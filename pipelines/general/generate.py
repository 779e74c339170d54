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
from maker.chats import chats  # noqa: E402
from maker.texts import texts  # noqa: E402


def jsonl(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def packed(records: Iterable[dict[str, Any]]) -> bytes:
    return gzip.compress(jsonl(records), compresslevel=9, mtime=0)


def build() -> dict[str, bytes]:
    """Path -> bytes of everything that the sample consists of, but for the scripts."""
    documents = texts()
    files = {f"texts/{kind}.jsonl.gz": packed(found) for kind, found in documents.items()}
    files["chats.jsonl.gz"] = packed(chats())
    for part, rows in {"train": safety.train(), "test": safety.test(), "pairs": safety.pairs()}.items():
        files[f"safety/{part}.jsonl"] = jsonl(rows)
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
