"""Pretraining from scratch: the next token, or masked ones."""

from __future__ import annotations

from typing import Any

from train.objective import Job, kaplan, objective


@objective(forms=("text",), rate=kaplan(), scratch=True)
def pretrain(job: Job, *, masked: float | None = None) -> Any:
    """Learn to predict the next token of packed documents.

    Args:
        masked: share of the tokens that are hidden and guessed instead, by a model that reads both ways (BERT,
            arXiv:1810.04805, hides 0.15).
    """
    from train.packed import trainer

    return trainer(job, "text", masked=masked)
