"""Bespoke curator's side of `saturation.py`: `python saturation_curator.py URL SLOTS REQUESTS`; prints a line of JSON.

Its limits per minute are set beyond reach, as a server of one's own has none; left alone it would send 200 a minute.
It counts tokens with an encoding that it downloads: one that costs next to nothing stands in, so that it runs offline.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time

os.environ |= {
    "TELEMETRY_ENABLED": "false",
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
    "CURATOR_CACHE_DIR": tempfile.mkdtemp(dir="."),
    "LITELLM_LOCAL_MODEL_COST_MAP": "true",
    "OPENAI_API_KEY": "none",
}

import tiktoken
from bespokelabs import curator


class Fours:
    """Four characters are a token."""

    def encode(self, text: str, **options: object) -> range:
        return range(len(text) // 4)


tiktoken.get_encoding = tiktoken.encoding_for_model = lambda name: Fours()

CLAUSE = "The Supplier shall deliver the goods within thirty days of the order, or the Buyer may rescind. "


def used() -> float:
    """Processor seconds of this process and of those it has ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, kinds))


def main() -> None:
    """Run once on an empty cache."""
    url, slots, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    llm = curator.LLM(
        model_name="m",
        backend="openai",
        backend_params={
            "base_url": url,
            "max_concurrent_requests": slots,
            "max_requests_per_minute": 10_000_000,
            "max_tokens_per_minute": 10_000_000_000,
            "request_timeout": 600,
        },
    )
    began, cpu = time.perf_counter(), used()
    made = llm([f"Question {n} about this contract: {CLAUSE * 12}" for n in range(requests)])
    rows = getattr(made, "dataset", made)
    assert len(rows) == requests
    print(json.dumps({"wall": time.perf_counter() - began, "cpu": used() - cpu}))


if __name__ == "__main__":
    main()
