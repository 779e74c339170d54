"""What a task is: `@task`, found by name in `synth/tasks/<name>.py`; its keyword-only parameters are its YAML keys.

A task that asks a model is a coroutine of a passage and `ask`; one that needs none generates from a whole document:

    @task(formats=("messages", "prompt_completion"))
    async def summaries(passage: Passage, ask: Ask, *, sentences: int = 3) -> list[Sample | Rejection]: ...

    @task(formats=("messages",), model=False)
    def mined(document: Passage, *, kinds: list[str] = []) -> Iterator[Sample]: ...
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from curate.step import Step

Format = Literal["messages", "prompt_completion", "preference", "unpaired", "text"]


@dataclass(frozen=True)
class Task:
    """A task by its name: its function, the formats that its samples fit, and whether it asks a model."""

    name: str
    func: Callable[..., Any]
    formats: tuple[Format, ...]
    model: bool

    @property
    def signature(self) -> Step:
        """Its parameters, as steps have them (checked, documented and filled with defaults the same way)."""
        return Step(self.name, self.func, self.func.__module__)


def task(*, formats: tuple[Format, ...], model: bool = True) -> Callable[[Callable[..., Any]], Task]:
    """Make a task of a function."""

    def made(func: Callable[..., Any]) -> Task:
        return Task(func.__name__, func, formats, model)

    return made


def task_names() -> list[str]:
    """Names of all tasks that ship with `synth`."""
    import synth.tasks

    return sorted(m.name for m in pkgutil.iter_modules(synth.tasks.__path__) if not m.name.startswith("_"))


def load_task(name: str) -> Task | None:
    """The task called `name`: `synth/tasks/<name>.py`, or any importable dotted path; None if there is none."""
    module, _, attribute = name.rpartition(".") if "." in name else (f"synth.tasks.{name}", "", name)
    if (
        importlib.util.find_spec(module.rpartition(".")[0]) is None
        or importlib.util.find_spec(module) is None
    ):
        return None
    found = getattr(importlib.import_module(module), attribute, None)
    return found if isinstance(found, Task) else None
