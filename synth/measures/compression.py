"""How far a set can be compressed: a measure of repetition at every scale (Shaib et al. 2024)."""

from __future__ import annotations

from synth.measures.texts import Texts

#: zstd's level; its window of some MB sees repeats that gzip's 32 kB misses.
LEVEL = 9


def compression_ratio(texts: Texts) -> float:
    """Bytes of the texts, a line each, over their bytes under zstd; higher is more repetitive, and grows with size."""
    import zstandard

    raw = "\n".join(texts.texts.to_list()).encode("utf-8", "replace")
    return len(raw) / len(zstandard.ZstdCompressor(level=LEVEL).compress(raw)) if raw else 1.0
