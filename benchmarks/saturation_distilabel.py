"""distilabel's side of `saturation.py`: `python saturation_distilabel.py URL SLOTS REQUESTS`; prints a line of JSON.

One step, batches of as many as there are slots: it sends a batch at once and waits for all of it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

CLAUSE = "The Supplier shall deliver the goods within thirty days of the order, or the Buyer may rescind. "


def used() -> float:
    """Processor seconds of this process and of those it has ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, kinds))


def main() -> None:
    """Run the pipeline once, without its cache."""
    url, slots, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rows = [{"instruction": f"Question {n} about this contract: {CLAUSE * 12}"} for n in range(requests)]
    with Pipeline(name="saturation") as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=slots)
        llm = OpenAILLM(model="m", base_url=url, api_key="none", timeout=600)
        load >> TextGeneration(llm=llm, input_batch_size=slots)
    began, cpu = time.perf_counter(), used()
    made = pipeline.run(use_cache=False)["default"]["train"]
    assert made.num_rows == requests and all(made["generation"])
    print(json.dumps({"wall": time.perf_counter() - began, "cpu": used() - cpu}))


if __name__ == "__main__":
    main()
