"""datatrove's side of `whole_run.py`: `python -m benchmarks.whole_run_datatrove IN OUT WORKERS`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.formatters import FTFYFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter

from curate.steps.quality import limits


def main() -> None:
    """Run, and print how many documents were read and kept."""
    source, out, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    legal = {rule.name: limit for rule, limit in limits("legal", {})}
    pipeline = [
        JsonlReader(source, glob_pattern="*.jsonl.gz"),
        FTFYFormatter(),
        GopherRepetitionFilter(
            dup_line_frac=None,
            dup_para_frac=None,
            dup_line_char_frac=legal["max_duplicate_line_char_fraction"],
            dup_para_char_frac=legal["max_duplicate_paragraph_char_fraction"],
            top_n_grams=[(n, legal[f"max_top_{n}gram_char_fraction"]) for n in (2, 3, 4)],
            dup_n_grams=[(n, legal[f"max_duplicate_{n}gram_char_fraction"]) for n in range(5, 11)],
        ),
        GopherQualityFilter(
            min_doc_words=int(legal["min_words"]),
            max_doc_words=None,
            min_avg_word_length=int(legal["min_mean_word_length"]),
            max_avg_word_length=int(legal["max_mean_word_length"]),
            max_symbol_word_ratio=legal["max_symbol_word_ratio"],
            max_bullet_lines_ratio=legal["max_bullet_line_ratio"],
            max_ellipsis_lines_ratio=legal["max_ellipsis_line_ratio"],
            max_non_alpha_words_ratio=0.4,  # spaCy's tokens split off punctuation: 0.5 would drop what ours keeps
            min_stop_words=int(legal["min_stop_words"]),
        ),
        C4QualityFilter(
            filter_no_terminal_punct=False,
            min_num_sentences=-1,
            min_words_per_line=-1,
            filter_javascript=False,
            filter_curly_bracket=False,
            filter_policy=False,
            remove_citations=False,
        ),
        FineWebQualityFilter(
            line_punct_thr=0.0,
            short_line_thr=legal["max_short_line_ratio"],
            char_duplicates_ratio=1.0,
            new_line_ratio=10.0,
        ),
        ParquetWriter(out, compression="zstd"),
    ]
    files = len(list(Path(source).glob("*.jsonl.gz")))
    executor = LocalPipelineExecutor(pipeline, tasks=files, workers=workers, logging_dir=f"{out}/logs")
    executor.run()
    stats = json.loads(Path(out, "logs", "stats.json").read_text())
    read = next(s["stats"]["documents"]["total"] for s in stats if "READER" in s["name"])
    kept = next(s["stats"]["total"] for s in stats if "WRITER" in s["name"])
    kept = kept["total"] if isinstance(kept, dict) else kept
    print(json.dumps({"read": read, "kept": kept}))


if __name__ == "__main__":
    main()
