"""The trainer of all objectives on packed rows: transformers' own, reading rows in their order."""

from __future__ import annotations

from typing import Any

from curate.errors import ConfigError
from train.adapters import prefixed
from train.crossing import crosses, silent
from train.data.dataset import IGNORED, stack
from train.objective import Form, Job


def trainer(job: Job, *forms: Form, masked: float | None = None) -> Any:
    """Rows are packed with position ids that begin anew at each document: attention in transformers stays within a
    document by them, as long as no attention mask and no cache are given. Models that do not heed them, which is tried
    out, get each document as a row of its own. What the user should know of it is put in `job.notes`."""
    from transformers import TrainingArguments

    if getattr(job.model.config, "max_position_embeddings", 1 << 30) < job.settings.sequence_length:
        longest = job.model.config.max_position_embeddings
        raise ConfigError(
            f"{job.name}: sequence_length {job.settings.sequence_length} is above the model's {longest}"
        )
    rows: Any = job.packed(*forms)
    if share := silent(rows):
        job.notes["no answer"] = (
            f"in {share:.1%} of the rows no token counts in the loss: prompts fill them, so raise sequence_length"
        )
    if masked:
        rows = _hidden(job, rows, masked)
    job.model.config.use_cache = False
    padded = not masked and _padded(job)
    more = {"torch_compile": False} if padded else {}  # lengths differ
    return _clamped()(
        model=job.model,
        args=TrainingArguments(**job.arguments(train_sampling_strategy="sequential", **more)),
        train_dataset=rows,
        data_collator=both_ways if masked else apart if padded else stack,
        processing_class=job.tokenizer,
        compute_loss_func=guessed if masked else None,
    )


def _padded(job: Job) -> bool:
    """Whether documents have to be read one by one."""
    if prefixed(job.model):
        return True
    if not crosses(job.model, job.tokenizer, job.settings.sequence_length):
        return False
    job.notes["documents"] = (
        f"a model of type {job.model.config.model_type} reads from one packed document into the next: "
        "each gets a padded row of its own, which takes more time and memory"
    )
    return True


def _clamped() -> Any:
    """transformers' trainer, for batches in which no token counts: their loss is 0, not 0/0."""
    import torch
    from transformers import Trainer

    class Clamped(Trainer):
        def _get_num_items_in_batch(self, *given: Any, **more: Any) -> Any:
            found = super()._get_num_items_in_batch(*given, **more)
            return found if found is None else torch.as_tensor(found).clamp(min=1)

    return Clamped


def guessed(outputs: Any, labels: Any, num_items_in_batch: Any) -> Any:
    """Cross entropy of hidden tokens over their number in the whole batch. The trainer believes that every model with
    open keyword arguments divides so; those that fill masks take the mean of a forward pass."""
    from torch.nn.functional import cross_entropy

    logits = outputs.logits.float().flatten(0, 1)
    return cross_entropy(logits, labels.flatten(), ignore_index=IGNORED, reduction="sum") / num_items_in_batch


def apart(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The documents of packed rows, each a row of its own, padded: with prefixes before them PEFT drops position ids,
    and attention would pass from one document to the next."""
    from torch import ones
    from torch.nn.utils.rnn import pad_sequence

    found = []
    for row in rows:
        starts = (row["position_ids"] == 0).nonzero().flatten().tolist()
        pieces = [slice(a, b) for a, b in zip(starts, [*starts[1:], len(row["input_ids"])], strict=True)]
        found += [(row["input_ids"][p], row["labels"][p]) for p in pieces if (row["labels"][p] != -100).any()]
    found = found or [(rows[0]["input_ids"], rows[0]["labels"])]
    ids, labels = ([pair[side] for pair in found] for side in (0, 1))
    return {
        "input_ids": pad_sequence(ids, batch_first=True),
        "labels": pad_sequence(labels, batch_first=True, padding_value=-100),
        "attention_mask": pad_sequence([ones(len(i), dtype=i.dtype) for i in ids], batch_first=True),
    }


def _hidden(job: Job, rows: Any, share: float) -> Any:
    from train.data.masking import MaskedDataset

    mask = job.tokenizer.mask_token_id
    if mask is None:
        raise ConfigError(f"{job.name}: the tokenizer has no mask token: let a preset train its own")
    special = tuple(job.tokenizer.all_special_ids)
    return MaskedDataset(rows, mask, len(job.tokenizer), special, job.seed, share)


def both_ways(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch for models that read both ways, where position ids alone keep nothing apart: an attention mask of shape
    (rows, 1, length, length) that is true within a document."""
    batch = stack(rows)
    document = (batch["position_ids"] == 0).cumsum(1)
    return batch | {"attention_mask": (document[:, :, None] == document[:, None, :])[:, None]}
