"""The account of a stage: read = kept + dropped + failed, for every source (contract 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class StepTally:
    """What one step did in one task, or in all of them: rows in and out, rows dropped by reason, the same by the
    documents' source, characters that went with dropped rows and that the step took out of texts (less those it put
    in), both by source, counts of the step's own (`curate.step.count`, and `record`, whose keys are tuples), and the
    seconds spent in the step itself."""

    entered: int = 0
    left: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    counts: Counter[Any] = field(default_factory=Counter)
    entered_of: Counter[str] = field(default_factory=Counter)
    dropped_of: dict[str, Counter[str]] = field(default_factory=dict)  # reason -> source -> rows
    characters_dropped: Counter[str] = field(default_factory=Counter)
    characters_cut: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: dict[str, Any]) -> None:
        """Add what `as_dict` of another tally says."""
        self.entered += other["in"]
        self.left += other["out"]
        self.dropped.update(other["dropped"])
        self.counts.update(other["counts"])
        for table, columns, n in other["recorded"]:
            self.counts[table, *map(tuple, columns)] += n
        self.entered_of.update(other["sources"])
        for reason, sources in other["dropped_sources"].items():
            self.dropped_of.setdefault(reason, Counter()).update(sources)
        self.characters_dropped.update(other["characters_dropped"])
        self.characters_cut.update(other["characters_cut"])
        self.seconds += other["seconds"]

    def named(self) -> dict[str, int]:
        """What `count` counted."""
        return {what: n for what, n in self.counts.items() if isinstance(what, str)}

    def tables(self) -> dict[tuple[Any, ...], int]:
        """What `record` counted: (table, (column, value), …) -> n."""
        return {what: n for what, n in self.counts.items() if not isinstance(what, str)}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "in": self.entered,
            "out": self.left,
            "dropped": dict(sorted(self.dropped.items())),
            "counts": dict(sorted(self.named().items())),
            "recorded": [[table, columns, n] for (table, *columns), n in sorted(self.tables().items())],
            "sources": dict(sorted(self.entered_of.items())),
            "dropped_sources": {r: dict(sorted(of.items())) for r, of in sorted(self.dropped_of.items())},
            "characters_dropped": dict(sorted(self.characters_dropped.items())),
            "characters_cut": {name: n for name, n in sorted(self.characters_cut.items()) if n},
            "seconds": round(self.seconds, 3),
        }


@dataclass
class SourceAccount:
    """Records of one source: `split` as the reader counted them on its own."""

    split: int = 0
    read: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    characters_read: int = 0
    characters_kept: int = 0

    def balanced(self) -> bool:
        """Whether nothing was lost."""
        return self.read == self.kept + self.dropped.total() + self.failed.total()

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> SourceAccount:
        """The account that `as_dict` wrote."""
        return cls(
            entry["split"],
            entry["read"],
            Counter(entry["failed_by"]),
            Counter(entry["dropped_by"]),
            entry["kept"],
            entry["characters_read"],
            entry["characters_kept"],
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "split": self.split,
            "read": self.read,
            "kept": self.kept,
            "dropped": self.dropped.total(),
            "failed": self.failed.total(),
            "dropped_by": dict(sorted(self.dropped.items())),
            "failed_by": dict(sorted(self.failed.items())),
            "characters_read": self.characters_read,
            "characters_kept": self.characters_kept,
        }


def account(
    names: list[str], outcomes: list[list[dict[str, Any]]]
) -> tuple[dict[str, SourceAccount], list[tuple[str, StepTally]]]:
    """Sum the tasks' outcomes (one list per segment, in order) by source and by step.

    Returns:
        the account of each source of `names` (one may have had no task at all), and the tally of each step in the
        order of the pipeline.
    """
    sources = {name: SourceAccount() for name in names}
    steps: list[tuple[str, StepTally]] = []
    for number, segment in enumerate(outcomes):
        tallies: list[tuple[str, StepTally]] = []
        for outcome in segment:
            source = sources[outcome["source"]]
            if number == 0:
                source.split += outcome["split"]
                source.read += outcome["read"]
                source.failed.update(outcome["failed"])
                source.characters_read += outcome["characters_read"]
            for i, step in enumerate(outcome["steps"]):
                if i == len(tallies):
                    tallies.append((step["step"], StepTally()))
                tallies[i][1].add(step)
                for reason, n in step["dropped"].items():
                    source.dropped[f"{step['step']}: {reason}"] += n
            if number == len(outcomes) - 1:
                source.kept += outcome["kept"]
                source.characters_kept += outcome["characters_kept"]
        steps += tallies
    return sources, steps


def faults(sources: dict[str, SourceAccount], max_failed: dict[str, float]) -> list[str]:
    """What is wrong with an account: sums that differ, and sources with too many failures."""
    out = []
    for name, source in sources.items():
        if not source.balanced():
            out.append(
                f"source {name}: {source.read} records read, but {source.kept} kept + "
                f"{source.dropped.total()} dropped + {source.failed.total()} failed"
            )
        if source.split != source.read:
            out.append(f"source {name}: the reader split off {source.split} records, {source.read} arrived")
        failed, limit = source.failed.total(), max_failed.get(name, 0.0)
        if failed and failed > limit * source.read:
            kinds = ", ".join(f"{n} {kind}" for kind, n in source.failed.most_common(3))
            out.append(
                f"source {name}: {failed} of {source.read} records could not be read "
                f"({failed / source.read:.1%}, max_failed is {limit:.1%}): {kinds}. "
                f"See failed/, mend the files, or set max_failed for this source"
            )
    return out


#: A smaller source is not held to a share: a handful of documents says little.
LEAST = 20


def taken(step: dict[str, Any], limits: Mapping[str, float], parameter: str) -> tuple[str, str, str] | None:
    """Of what source a step took more than its limit, for which reason, and that in words; None if of none.

    `step` is what `StepTally.as_dict` says of all tasks, `limits` are shares by reason, `parameter` is what sets them.
    """
    for reason, limit in limits.items():
        for source, gone in step["dropped_sources"].get(reason, {}).items():
            entered = step["sources"][source]
            if entered >= LEAST and gone > limit * entered:
                share = f"{gone / entered:.1%}; {parameter} is {limit:.1%}"
                told = f"step {step['step']} took {gone:,} of the {entered:,} documents of source {source} ({share})"
                return source, reason, told
    return None
