"""Originals and their replacements, encrypted in a file of its own, so that who holds the key may turn back.

A file is a line of text with the id of the key, then one block: JSON, compressed, encrypted by AES-SIV (RFC 5297) under
a key that HKDF-SHA256 derives from the secret. AES-SIV needs no nonce, so that the same entries give the same bytes; a
changed byte is noticed. Entries are sorted and each stands once, so that the merged file is the same whatever tasks
wrote its parts.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from curate.pii.keys import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_MAGIC = b"curate pii vault 1 "
Entry = tuple[str, str, str]


class Vault:
    """Entries of one task, written to `path` when its context ends: `with Vault(path, key) as vault: vault.add(...)`.

    A context that ends by an exception writes nothing. `key` is the secret of a `Key`.
    """

    def __init__(self, path: Path, key: bytes, entries: Iterable[Entry] = ()) -> None:
        self.path, self._key = path, key
        self._entries: set[Entry] = set(entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.write()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entity: str, original: str, replacement: str) -> None:
        """Remembers that `replacement` stands for `original`."""
        self._entries.add((entity, original, replacement))

    @property
    def entries(self) -> list[Entry]:
        """All entries, sorted."""
        return sorted(self._entries)

    def reveal(self, replacement: str) -> list[str]:
        """The originals, sorted, that `replacement` stands for somewhere in the corpus; empty where for none.

        Several for a pseudonym that stands for several spellings of one value; a tag (`[PERSON_1]`) or a mask stands
        for many.
        """
        return sorted({original for _, original, new in self._entries if new == replacement})

    def write(self) -> Path:
        """Writes the entries, mode 0600; the file is there whole or not at all."""
        text = json.dumps(self.entries, ensure_ascii=False, separators=(",", ":"))
        head = _MAGIC + key_id(self._key).encode()
        block = _cipher(self._key).encrypt(zlib.compress(text.encode("utf-8", "surrogatepass"), 6), [head])
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(head + b"\n" + block)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
        return self.path


def open_vault(path: Path, key: bytes) -> Vault:
    """The vault in `path`.

    Raises:
        ValueError: no vault, another key's, or a damaged one.
    """
    from cryptography.exceptions import InvalidTag

    head, _, block = path.read_bytes().partition(b"\n")
    if not head.startswith(_MAGIC):
        raise ValueError(f"'{path.name}' is no vault")
    of = head[len(_MAGIC) :].decode("ascii", "replace")
    if of != key_id(key):
        raise ValueError(f"'{path.name}' was written under the key {of}, this is the key {key_id(key)}")
    try:
        text = zlib.decompress(_cipher(key).decrypt(block, [head]))
    except (InvalidTag, ValueError, zlib.error):
        raise ValueError(f"'{path.name}' is damaged") from None
    entries = json.loads(text.decode("utf-8", "surrogatepass"))
    return Vault(path, key, ((entity, original, new) for entity, original, new in entries))


def merge(paths: Sequence[Path], target: Path, key: bytes) -> Path:
    """One vault at `target` with the entries of those at `paths`, in whatever order; equal entries once.

    Raises:
        ValueError: as `open_vault`.
    """
    return Vault(target, key, (entry for path in paths for entry in open_vault(path, key).entries)).write()


def _cipher(key: bytes) -> AESSIV:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    # 64 bytes: AES-256 for the nonce and for the text.
    return AESSIV(HKDF(algorithm=hashes.SHA256(), length=64, salt=None, info=b"curate pii vault").derive(key))
