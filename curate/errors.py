"""The tree of exceptions that `curate` raises for its users.

    CurateError
    ├── ConfigError      the pipeline file or the command line is wrong          exit 2
    │                    (carries every Fault found, each with its place)
    ├── RunError         a run failed: limits, accounting, a task that kept dying exit 1
    └── GateError        a gate said no (forgetting, echo chamber, leak)          exit 3

Errors inside one input never travel as exceptions past the reader that meets them: they become
`failed/` rows (`curate.readers.Failure`).
"""

from __future__ import annotations

from dataclasses import dataclass


class CurateError(Exception):
    """Whatever `curate` tells a user to mend; `exit_code` is what the command ends with."""

    exit_code = 1


@dataclass(frozen=True)
class Fault:
    """One mistake in a pipeline file: where it is, what it is, what to write instead."""

    file: str
    line: int
    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        place = f" {self.place}:" if self.place else ""
        return f"{where}{place} {self.message}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(CurateError):
    """The configuration or the usage is wrong; nothing was run."""

    exit_code = 2

    def __init__(self, faults: list[Fault] | str):
        self.faults = (
            [Fault("", 0, "", faults)]
            if isinstance(faults, str)
            else sorted(faults, key=lambda fault: (fault.file, fault.line))
        )
        super().__init__("\n".join(str(fault).strip() for fault in self.faults))


class RunError(CurateError):
    """A run failed; what was finished is kept."""

    scrubbed = False  # whether what it quotes was hidden already


class GateError(CurateError):
    """A gate refused what a stage made."""

    exit_code = 3
