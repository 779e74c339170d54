"""Other thresholds tried on an artefact, from the values that its documents carry, without reading texts again."""

from curate.whatif.trying import Tried, whatif

__all__ = ["Tried", "whatif"]
