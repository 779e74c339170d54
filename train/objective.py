"""What an objective is: `@objective`, found by name in `train/objectives/<name>.py`; its keyword-only parameters are
its YAML keys. It gets a `Job` and returns the trainer that `train.fit` drives, or, where nothing is learnt, the model:

    @objective(forms=("preference",), rate=sized(5e-7), epochs=1)
    def dpo(job: Job, *, beta: float = 0.1) -> Any: ...
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from curate.step import Step

#: What the rows of its data hold: `text` (or token ids), or a format of TRL.
Form = Literal["text", "messages", "prompt_completion", "preference", "unpaired", "prompt"]
Rate = Callable[[int], float]


def sized(at_8b: float, most: float = 1e-3) -> Rate:
    """A learning rate published for 8 billion parameters, for smaller models: it grows with the root of the width's
    ratio squared, 1/sqrt(parameters), between muP's 1/width (arXiv:2203.03466) and none."""
    return lambda parameters: min(most, at_8b * math.sqrt(8e9 / parameters))


def kaplan(part: float = 1.0) -> Rate:
    """The rate of pretraining by size, 0.003239 - 0.0001395 ln N (arXiv:2001.08361, equation D.1), times `part`."""
    return lambda parameters: part * max(1e-4, 0.003239 - 0.0001395 * math.log(parameters))


@dataclass(frozen=True)
class Objective:
    """An objective by its name: its function, the data that it takes, and defaults (Tulu 3, arXiv:2411.15124, where
    not said otherwise at the objective)."""

    name: str
    func: Callable[..., Any]
    forms: tuple[Form, ...]
    rate: Rate = field(default=kaplan())
    adapter_rate: float = 10.0
    schedule: str = "cosine"
    warmup: float = 0.01
    floor: float = 0.1
    epochs: float | None = None
    decay: float = 0.1
    kind: Literal["causal", "masked", "reward"] = "causal"
    scratch: bool = False
    merges: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """By its name: the function below the decorator cannot be found by its own."""
        module = self.func.__module__
        own = module.startswith("train.objectives.")
        return load_objective, (self.name if own else f"{module}.{self.func.__name__}",)

    @property
    def packs(self) -> bool:
        """Whether it reads a mixture of packed tokens; else rows one by one, or none."""
        return "text" in self.forms or "messages" in self.forms

    @property
    def signature(self) -> Step:
        """Its parameters, as steps have them."""
        return Step(self.name, self.func, self.func.__module__)


def objective(*, forms: tuple[Form, ...] = (), **defaults: Any) -> Callable[[Callable[..., Any]], Objective]:
    """Make an objective of a function."""

    def made(func: Callable[..., Any]) -> Objective:
        return Objective(func.__name__.rstrip("_"), func, forms, **defaults)

    return made


def objective_names() -> list[str]:
    """Names of all objectives that ship with `train`; a module `continue_` is called continue."""
    import train.objectives

    return sorted(m.name.rstrip("_") for m in pkgutil.iter_modules(train.objectives.__path__))


def load_objective(name: str) -> Objective | None:
    """The objective called `name`: `train/objectives/<name>.py`, or any importable dotted path; None if none is."""
    if "." in name:
        places = [tuple(name.rpartition(".")[::2])]
    else:
        places = [(f"train.objectives.{name}{end}", f"{name}{end}") for end in ("", "_")]
    for module, attribute in places:
        parent = module.rpartition(".")[0]
        if (parent and importlib.util.find_spec(parent) is None) or importlib.util.find_spec(module) is None:
            continue
        found = getattr(importlib.import_module(module), attribute, None)
        if isinstance(found, Objective):
            return found
    return None


@dataclass
class Job:
    """What an objective works with. Settings are resolved: nothing in them is left to a default."""

    name: str
    settings: Any  # train.settings.Settings
    config: Any  # train.config.TrainConfig, as written
    model: Any
    tokenizer: Any
    folder: Path  # its own, for checkpoints and what it makes on the way
    start: str | None  # address of the model that it began from, None for one from scratch
    sources: list[Any]  # train.data.documents.Source, in the order of `data:`
    seed: int
    steps: int = 0
    dataset: Any = None  # what the trainer reads, for logs of shares and tokens
    address: Callable[[str], str] = str  # where a stage called so in the pipeline lies; else the name itself
    # What the manifest is to say beside the settings; under "objective" parameters that were left open, as settled.
    notes: dict[str, Any] = field(default_factory=dict)

    def packed(self, *forms: Form) -> Any:
        """The mixture as packed rows of token ids (`train.data.dataset.PackedDataset`), each source read as the first
        of `forms` that its columns allow."""
        from train.rows import packed

        self.dataset = packed(self, forms)
        self.steps = math.ceil(len(self.dataset) / self.settings.batch_size)
        return self.dataset

    def rows(self, columns: tuple[str, ...]) -> Any:
        """The rows of all sources as a `datasets.Dataset` with these columns, shuffled; for TRL's other trainers."""
        from train.rows import rows

        return self.reads(rows(self, columns))

    def reads(self, dataset: Any, each: int = 1) -> Any:
        """Settle what the trainer reads, and by it the number of steps; each row takes `each` places of a batch."""
        self.dataset = dataset
        epochs = self.settings.epochs or 1.0
        self.steps = max(1, math.ceil(epochs * len(dataset) * each / self.settings.batch_size))
        return dataset

    def arguments(self, **more: Any) -> dict[str, Any]:
        """Arguments of any trainer's configuration (transformers.TrainingArguments and its children in TRL)."""
        from train.fit import arguments

        return arguments(self) | more
