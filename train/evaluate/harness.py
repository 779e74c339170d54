"""Tasks of lm-evaluation-harness, where it is installed (`pip install lm-eval`).

Its data sets come from the Hub, so this is the one measurer that reaches out.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from curate.errors import ConfigError
from train.evaluate.intervals import Group, Measured, measured
from train.evaluate.settings import LmEval

REMEDY = "lm_eval needs lm-evaluation-harness: pip install lm-eval"
#: What of a task's metrics is taken, best first; all of a value per document.
METRICS = ("acc_norm", "acc", "exact_match", "mcc", "f1", "contains", "bleu", "rougeL")


def installed() -> bool:
    """Whether lm-evaluation-harness is there."""
    return importlib.util.find_spec("lm_eval") is not None


def measure(model: Any, tokenizer: Any, settings: LmEval, *, name: str, group: Group) -> list[Measured]:
    """A measurement of each task, with its documents as items.

    Raises:
        ConfigError: lm_eval is not installed, or a task has no metric with a value per document.
    """
    if not installed():
        raise ConfigError(REMEDY)
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    found = lm_eval.simple_evaluate(
        model=HFLM(pretrained=model, tokenizer=tokenizer, batch_size=8),
        tasks=list(settings.tasks),
        num_fewshot=settings.shots,
        limit=settings.limit,
        log_samples=True,
        bootstrap_iters=0,  # intervals are ours
    )
    samples = found["samples"]
    single = len(samples) == 1
    return [
        _measured(name if single else f"{name}-{task}", group, task, rows)
        for task, rows in sorted(samples.items())
    ]


def _measured(name: str, group: Group, task: str, samples: list[dict[str, Any]]) -> Measured:
    """A task with several filters has its documents several times: those of its first filter are taken."""
    metric = next((m for m in METRICS if samples and isinstance(samples[0].get(m), int | float)), None)
    if metric is None:
        raise ConfigError(f"the task {task} of lm_eval has none of {', '.join(METRICS)} for each document")
    first = samples[0].get("filter")
    told = [
        (str(s["doc_id"]), float(s[metric]), 1.0, f"right is {str(s.get('target'))[:80]!r}")
        for s in samples
        if s.get("filter") == first
    ]
    return measured(name, group, metric, "higher", told)
