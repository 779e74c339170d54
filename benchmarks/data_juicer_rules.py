"""Processor seconds of Data-Juicer's own rules (those that need no download) over the texts on standard input.

Run by benchmarks/signals.py with the interpreter of an environment that holds py-data-juicer.
"""

import json
import sys
import time


def main() -> None:
    from data_juicer.ops import filter as rules
    from data_juicer.utils.constant import Fields

    chosen = [
        rules.AlphanumericFilter(tokenization=False),
        rules.AverageLineLengthFilter(),
        rules.MaximumLineLengthFilter(),
        rules.CharacterRepetitionFilter(),
        rules.WordRepetitionFilter(),
        rules.SpecialCharactersFilter(),
        rules.TextLengthFilter(),
        rules.WordsNumFilter(),
    ]
    texts = json.load(sys.stdin)
    start = time.process_time()
    for rule in chosen:
        for i in range(0, len(texts), 64):
            batch = texts[i : i + 64]
            rule.compute_stats_batched({"text": batch, Fields.stats: [{} for _ in batch]})
    print(
        json.dumps(
            {"rules": [type(rule).__name__ for rule in chosen], "seconds": time.process_time() - start}
        )
    )


if __name__ == "__main__":
    main()
