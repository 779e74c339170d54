"""The trainer of all objectives on packed rows: transformers' own, reading rows in their order."""

from __future__ import annotations

from typing import Any

from curate.errors import ConfigError
from train.objective import Form, Job


def trainer(job: Job, form: Form, *, masked: float | None = None) -> Any:
    """Rows are packed with position ids that begin anew at each document: attention in transformers stays within a
    document by them, as long as no attention mask and no cache are given."""
    from transformers import Trainer, TrainingArguments

    if getattr(job.model.config, "max_position_embeddings", 1 << 30) < job.settings.sequence_length:
        longest = job.model.config.max_position_embeddings
        raise ConfigError(f"{job.name}: sequence_length {job.settings.sequence_length} is above the model's {longest}")
    rows: Any = Whole(job.packed(form), job.settings.batch_size)
    if masked:
        from train.masking import Masked

        rows = Masked(rows, job.tokenizer, masked, job.seed)
    job.model.config.use_cache = False
    return Trainer(
        model=job.model,
        args=TrainingArguments(**job.arguments(train_sampling_strategy="sequential")),
        train_dataset=rows,
        data_collator=stacked,
        processing_class=job.tokenizer,
    )


def stacked(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows of equal lengths as one batch."""
    import torch

    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


class Whole:
    """Rows up to a whole number of batches: what lacks are rows without a token that counts, so that no rank of a
    distributed run takes a row twice to fill its share."""

    def __init__(self, rows: Any, batch: int):
        self.rows, self.length = rows, -(-len(rows) // batch) * batch

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Any]:
        if index < len(self.rows):
            return dict(self.rows[index])
        return {name: value.new_full(value.shape, -100) if name == "labels" else value for name, value in self.rows[0].items()}
