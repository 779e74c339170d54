"""What is to be tried: `step.parameter=value`, checked against the steps of an artefact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from curate.errors import ConfigError
from curate.rows import Threshold
from curate.step import Step, load_step
from curate.yamlfile import nearest


@dataclass(frozen=True)
class Used:
    """A step of an artefact: its place, how it was used, and what is tried instead (`asked`, empty for nothing)."""

    at: int
    label: str
    step: Step | None
    params: dict[str, Any]
    asked: dict[str, Any]
    corpus: bool

    @property
    def now(self) -> dict[str, Any]:
        """The parameters that are tried, with defaults."""
        assert self.step is not None
        return self.step.filled(self.params | self.asked)

    @property
    def similarity(self) -> Threshold | None:
        """The threshold of a step for the whole corpus, if that is what is tried."""
        if not self.corpus or self.step is None or not self.asked:
            return None
        return next(t for t in self.step.thresholds(self.now) if t.parameter in self.asked)

    def columns(self) -> set[str]:
        """Columns that its decision needs."""
        if self.step is None:
            return set()
        looked = {t.value.partition(".")[0] for t in self.step.thresholds(self.params | self.asked)}
        return looked | set(self.step.adds(self.params)) | self.step.needs(self.params | self.asked)


def used(found: dict[str, Any], sets: Iterable[str]) -> list[Used]:
    """The steps of a manifest with what `sets` asks of them.

    Raises:
        ConfigError: there is no such step or parameter, the value does not fit, or it cannot be tried without a text.
    """
    asked = _asked(found, sets)
    out = []
    for at, entry in enumerate(found["steps"]):
        step, mine = load_step(entry["name"]), asked.get(entry["step"], {})
        one = Used(at, entry["step"], step, entry["params"], mine, entry["corpus"])
        if mine:
            _fits(one)
        out.append(one)
    return out


def _asked(found: dict[str, Any], sets: Iterable[str]) -> dict[str, dict[str, Any]]:
    labels = [entry["step"] for entry in found["steps"]]
    asked: dict[str, dict[str, Any]] = {}
    for given in sets:
        name, equals, value = given.partition("=")
        label, dot, parameter = name.strip().rpartition(".")
        if not (equals and dot):
            raise ConfigError(
                f"--set {given}: write it as step.parameter=value, such as quality.min_words=80"
            )
        if label not in labels:
            raise ConfigError(f"--set {given}: the run has no step '{label}' ({nearest(label, labels)})")
        try:
            asked.setdefault(label, {})[parameter] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ConfigError(f"--set {given}: {value!r} is no YAML value") from None
    return asked


def _fits(one: Used) -> None:
    """Raise ConfigError where what is asked cannot be tried."""
    told = ", ".join(f"{one.label}.{name}" for name in one.asked)
    if one.step is None:
        raise ConfigError(f"{told}: there is no such step any more")
    names = [p.name for p in one.step.parameters()]
    for name in one.asked:
        if name not in names:
            raise ConfigError(f"step {one.label} has no parameter '{name}' ({nearest(name, names)})")
    try:
        one.step.validated(one.asked)
        one.columns()
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{told}: {error}") from None
    if one.corpus:
        _loosened(one, told)
    elif one.step.judge is None:
        raise ConfigError(
            f"{told}: what {one.label} would do then shows in the texts alone; change the pipeline and run it again"
        )


def _loosened(one: Used, told: str) -> None:
    assert one.step is not None
    bounds = {t.parameter: t for t in one.step.thresholds(one.params)}
    if set(one.asked) - bounds.keys():
        raise ConfigError(
            f"{told}: {one.label} looks at the whole corpus; change the pipeline and run it again"
        )
    for name, value in one.asked.items():
        if value < bounds[name].bound:
            raise ConfigError(
                f"{told}: pairs below {bounds[name].bound:g} were not kept, so {name} can only be tried higher"
            )
