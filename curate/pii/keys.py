"""The secret that pseudonyms and hashes depend on: from the environment, or made once and kept."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "CURATE_PII_KEY"
FILE = "key"
# The same words must give the same key everywhere, so that the salt cannot be random.
_SALT = b"curate pii key 1"
_BYTES = 32


@dataclass(frozen=True)
class Key:
    """A secret of 32 bytes, never shown; `id` tells keys apart without telling them."""

    secret: bytes = field(repr=False)
    id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", key_id(self.secret))


def key_id(secret: bytes) -> str:
    """What tells a secret from others without telling it: 12 hex digits."""
    return hashlib.sha256(b"curate pii key id" + secret).hexdigest()[:12]


def load_key(folder: Path | None) -> Key:
    """The key of the environment variable `CURATE_PII_KEY`; without it that in `folder`, made at the first call.

    A phrase of any length is stretched by scrypt (RFC 7914, N=2^15, r=8, p=1: 32 MB and about 0.1 s a guess) with a
    fixed salt. The kept key is 32 random bytes in hex, mode 0600 in a folder of mode 0700; of processes that race
    one makes it and all read it.

    Raises:
        ValueError: there is neither a phrase nor a folder, or the kept key is damaged.
        OSError: the folder cannot be written.
    """
    phrase = os.environ.get(VARIABLE, "")
    if phrase:
        return Key(_stretched(phrase))
    if folder is None:
        raise ValueError(f"no key: set {VARIABLE}, or name a folder to keep one in")
    path = folder / FILE
    if not path.exists():
        _make(path)
    try:
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise ValueError(f"the key in '{path.name}' is damaged: it should be {2 * _BYTES} hex digits")
    return Key(secret)


def _stretched(phrase: str) -> bytes:
    return hashlib.scrypt(
        phrase.encode("utf-8", "surrogateescape"),
        salt=_SALT,
        n=1 << 15,
        r=8,
        p=1,
        maxmem=1 << 26,
        dklen=_BYTES,
    )


def _make(path: Path) -> None:
    """Writes a key beside its place and links it there, which fails where another process was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(os.urandom(_BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
    finally:
        draft.unlink(missing_ok=True)
