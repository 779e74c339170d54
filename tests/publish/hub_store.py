"""What a Hub holds, in memory: repositories with branches, tags and commits of whole trees; and faults to order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, dict[str, Any]]  # path -> {"oid", "size", "lfs"}


@dataclass
class Repo:
    """One repository: commits hold whole trees."""

    private: bool
    commits: dict[str, Tree] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, tree: Tree, title: str) -> str:
        """Put a tree on a branch."""
        parent = self.branches.get(branch)
        oid = hashlib.sha1(f"{parent} {title} {len(self.commits)}".encode()).hexdigest()
        self.commits[oid], self.parents[oid], self.titles[oid] = tree, parent, title
        self.branches[branch] = oid
        return oid

    def find(self, revision: str) -> str | None:
        """The commit that a revision names."""
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or (revision if revision in self.commits else None)

    def history(self, branch: str = "main") -> list[str]:
        """Titles of a branch's commits, newest first."""
        out, oid = [], self.branches.get(branch)
        while oid:
            out.append(self.titles[oid])
            oid = self.parents[oid]
        return out


@dataclass
class Fault:
    """`times` requests that match are answered with `status` (0: the connection is cut; after the work if `late`)."""

    match: str
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    late: bool = False


def listed(path: str, entry: dict[str, Any]) -> dict[str, Any]:
    """A file as listings tell it."""
    told = {"type": "file", "path": path, "oid": entry["oid"], "size": entry["size"]}
    return told | ({"lfs": entry["lfs"]} if entry["lfs"] else {})


#: Requests and the methods of `Handler` that answer them.
_REPO = r"(?P<repo>(?:datasets|models)/[^/]+/[^/]+)"
ROUTES = [
    (r"GET /api/whoami-v2", "whoami"),
    (r"POST /api/validate-yaml", "validate"),
    (r"POST /api/repos/create", "create"),
    (rf"GET /api/{_REPO}", "info"),
    (rf"GET /api/{_REPO}/revision/(?P<revision>.+)", "info"),
    (rf"GET /api/{_REPO}/refs", "refs"),
    (rf"GET /api/{_REPO}/tree/(?P<revision>[^/]+)(?P<path>/.*)?", "tree"),
    (rf"POST /api/{_REPO}/paths-info/(?P<revision>.+)", "paths"),
    (rf"(?:POST|DELETE) /api/{_REPO}/branch/(?P<name>.+)", "branch"),
    (rf"POST /api/{_REPO}/tag/(?P<revision>.+)", "tag"),
    (rf"POST /api/{_REPO}/preupload/(?P<revision>.+)", "preupload"),
    (rf"POST /api/{_REPO}/commit/(?P<revision>.+)", "commit"),
    (rf"GET /api/{_REPO}/xet-(?:write|read)-token/(?P<revision>.+)", "xet_token"),
    (r"POST /(?P<repo>.+)\.git/info/lfs/objects/batch", "batch"),
    (r"PUT /upload/(?P<sha256>.+)", "upload"),
    (r"POST /verify/(?P<sha256>.+)", "verify"),
    (rf"(?:GET|HEAD) /{_REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve"),
]
