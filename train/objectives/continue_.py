"""Continued pretraining of any causal model: the next token of a domain's documents, with replay against forgetting."""

from __future__ import annotations

from typing import Any

from train.objective import Job, kaplan, objective


# The rate lies between a tenth of the pretraining's highest (e-Llama) and all of it (arXiv:2403.08763, with replay).
@objective(forms=("text",), rate=kaplan(0.3))
def continue_(job: Job) -> Any:
    """Go on predicting the next token: the learning rate is warmed up again and decays again (arXiv:2403.08763)."""
    from train.packed import trainer

    return trainer(job, "text")
