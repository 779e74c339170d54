"""What an artefact was made from, link by link, down to source files and up to scores: `lineage`, and `lines` for a
terminal. Everything stands in manifests; nothing is known here of what other packages do."""

from curate.lineage.chain import lineage
from curate.lineage.text import lines

__all__ = ["lineage", "lines"]
