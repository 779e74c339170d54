"""Supervised fine-tuning on instructions: the next token of answers alone."""

from __future__ import annotations

from typing import Any

from train.objective import Job, objective, sized


@objective(
    forms=("messages", "prompt_completion"),
    rate=sized(5e-6),
    schedule="linear",
    warmup=0.03,
    floor=0.0,
    epochs=2,
    decay=0.0,
)
def sft(job: Job) -> Any:
    """Learn to answer: conversations in the model's chat template, packed; only what the assistant says counts."""
    from train.packed import trainer

    return trainer(job, "messages", "prompt_completion")
