"""To a folder, or wherever fsspec reaches: the layout of the Hub's repository, README.md last."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import fsspec

from curate import manifest, storage
from curate.errors import ConfigError
from curate.publish.files import Changes, File, Stored, changes, size

#: Stands in a target while files are written: until it goes, its manifest's word is not taken for what is there.
UNFINISHED = "curate/unfinished"
#: Written after all else, in this order.
_LAST = ("croissant.json", "curate/manifest.json", "README.md")
_OURS = ("data/", "curate/")


def is_folder(target: str) -> bool:
    """Whether a target is a folder or an fsspec address, not a repository on the Hub.

    Raises:
        ConfigError: it is the address of a repository.
    """
    if target.startswith("hf://"):
        raise ConfigError(f"name the repository alone: {'/'.join(target.split('/')[-2:])}")
    return "://" in target or target.startswith(("/", "./", "../", "~"))


def preview(target: str, files: list[File]) -> Changes:
    """What publishing would do."""
    return changes(files, _there(target, files), _OURS)


def send(target: str, files: list[File], say: Callable[[str], None]) -> dict[str, Any]:
    """Write what is new or changed, delete shards that are no longer part, then the manifest and the card."""
    target = target.rstrip("/")
    wanted = preview(target, files)
    if wanted:
        with storage.committed(f"{target}/{UNFINISHED}") as mark:
            mark.write(b"files are being written; curate/manifest.json may tell of others\n")
        done = 0
        for file in sorted(wanted.send, key=lambda file: file.path in _LAST):
            if file.path not in _LAST:
                done += _write(target, file)
                say(f"wrote {file.path}, {size(done)} of {size(wanted.bytes)}")
        fs, bare = fsspec.core.url_to_fs(target)
        for path in wanted.delete:
            if path != UNFINISHED:
                fs.rm_file(f"{bare}/{path}")
        for name in _LAST:
            for file in wanted.send:
                if file.path == name:
                    _write(target, file)
        fs.rm_file(f"{bare}/{UNFINISHED}")
    else:
        say(f"{target} is up to date")
    deleted = [path for path in wanted.delete if path != UNFINISHED]
    sent = {"files": len(wanted.send), "bytes": wanted.bytes}
    return {"target": target, "sent": sent, "same": len(wanted.same), "deleted": len(deleted)}


def _write(target: str, file: File) -> int:
    with storage.committed(f"{target}/{file.path}") as handle:
        handle.writelines(file.chunks())
    return file.size


def _there(target: str, files: list[File]) -> dict[str, Stored]:
    """What the target has. The digests that its manifest tells are believed if nothing was broken off since; else a
    file of the right size is read."""
    fs, bare = fsspec.core.url_to_fs(target)
    bare = bare.rstrip("/")
    fs.invalidate_cache()
    found = fs.find(bare, detail=True) if fs.exists(bare) else {}
    sizes = {path[len(bare) :].lstrip("/"): int(info["size"]) for path, info in found.items()}
    told: dict[str, str] = {}
    if UNFINISHED not in sizes and "curate/manifest.json" in sizes:
        published = manifest.read_object(f"{target.rstrip('/')}/curate/manifest.json") or {}
        told = {entry["path"]: entry["sha256"] for entry in published.get("published", {}).get("files", ())}
    wanted = {file.path: file for file in files}
    out = {}
    for path, n in sizes.items():
        digest = told.get(path, "-")
        if path in wanted and wanted[path].size == n and path not in told:
            digest = _sha256(f"{target.rstrip('/')}/{path}")
        out[path] = Stored(n, digest)
    return out


def _sha256(path: str) -> str:
    sha = hashlib.sha256()
    for chunk in storage.read_chunks(path):
        sha.update(chunk)
    return sha.hexdigest()
