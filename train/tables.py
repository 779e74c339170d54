"""Rows for TRL's trainers: all plain or all conversations, and none that is longer than the stage's rows."""

from __future__ import annotations

from typing import Any

from curate.errors import ConfigError
from train.objective import Job


def has(job: Job, columns: tuple[str, ...]) -> bool:
    """Whether every source has these columns."""
    return all(source.renamed.get(name, name) in source.found for source in job.sources for name in columns)


def table(
    job: Job, columns: tuple[str, ...], texts: tuple[tuple[str, ...], ...], *, less: int = 0, each: int = 1
) -> Any:
    """The job's rows with `columns`, as a `datasets.Dataset` in their order of training.

    A row of which one of `texts` (columns that are read one after the other) is longer than `sequence_length` - `less`
    tokens is left out and counted in the job's notes: an answer that is cut has no end, and of a pair one side alone
    would be cut. `each` as `Job.reads` has it.

    Raises:
        ConfigError: no row fits.
    """
    import datasets

    datasets.disable_progress_bars()
    room = job.settings.sequence_length - less
    rows = alike(job.rows(columns), tuple(dict.fromkeys(name for text in texts for name in text)))
    fits = [all(length(job.tokenizer, row, text) <= room for text in texts) for row in rows]
    job.notes["rows"] = {"all": len(rows), "too_long": len(rows) - sum(fits)}
    if not any(fits):
        raise ConfigError(
            f"{job.name}: all {len(rows)} rows are longer than {room} tokens: raise sequence_length"
        )
    return job.reads(rows.select([i for i, good in enumerate(fits) if good]), each)


def alike(rows: Any, columns: tuple[str, ...]) -> Any:
    """Rows whose `columns` are all texts or all messages: beside messages, texts become messages of one turn; and
    where an answer tells the whole conversation (UltraFeedback), the turns of its prompt stand there once."""
    plain = [name for name in columns if isinstance(rows[0][name], str)]
    if len(plain) == len(columns):
        return rows

    def turned(row: dict[str, Any]) -> dict[str, Any]:
        role = {name: "user" if name == "prompt" else "assistant" for name in plain}
        turns = {name: [{"role": role[name], "content": row[name]}] for name in plain}
        every = {name: row[name] for name in columns} | turns
        prompt = every.pop("prompt", [])
        return turns | {name: without(prompt, answer) for name, answer in every.items()}

    return rows.map(turned)


def without(prompt: list[dict[str, Any]], answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The turns of an answer, less those of its prompt where the answer tells the whole conversation."""
    said = [turn["content"] for turn in prompt]
    whole = len(answer) > len(prompt) and [turn["content"] for turn in answer[: len(prompt)]] == said
    return answer[len(prompt) :] if whole else answer


def length(tokenizer: Any, row: dict[str, Any], columns: tuple[str, ...]) -> int:
    """Tokens of a row's `columns` as one text, as a trainer sees it: the prompt with what asks for an answer, an
    answer with its end."""
    parts = [row[name] for name in columns]
    if isinstance(parts[0], str):
        return len(tokenizer("".join(parts))["input_ids"]) + (len(parts) > 1)
    turns = [message for part in parts for message in part]
    asks = turns[-1]["role"] != "assistant"
    return len(
        tokenizer.apply_chat_template(turns, add_generation_prompt=asks, return_dict=True)["input_ids"]
    )


def said(value: Any) -> str:
    """The text of a plain column, or of a conversation's last turn."""
    return str(value if isinstance(value, str) else (value[-1]["content"] or "") if value else "")
