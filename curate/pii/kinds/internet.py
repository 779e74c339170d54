"""Invented addresses of the net, all in ranges for documentation: RFC 2606 (names), RFC 5737 and 3849 (IP), RFC 7042
section 2.1.2 (MAC); and addresses of crypto-currencies with valid check sums to which nobody has a key."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from curate.pii.folding import digest, fold, like, number
from curate.pii.kinds.namelists import givens, surnames
from curate.pii.kinds.numbers import formatted, similar
from curate.pii.kinds.rings import Pool, after

_NETS = ("192.0.2.", "198.51.100.", "203.0.113.")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_EXAMPLE = re.compile(
    r"(?:[\w.+-]+@)?(?:\w+://)?(?:[\w-]+\.)*example\.(?:com|org|net)(?:[/?#:]\S*)?", re.IGNORECASE
)
_DOCUMENTED = re.compile(
    r"(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}|2001:0?db8:[0-9a-f:]*", re.IGNORECASE
)
_MAC = re.compile(r"00[^0-9A-F]?00[^0-9A-F]?5E[^0-9A-F]?00[^0-9A-F]?53[^0-9A-F]?[0-9A-F]{2}", re.IGNORECASE)


def email(key: bytes, text: str) -> str:
    """given.surname and a number at a name of RFC 2606; addresses of one domain stay in one domain."""
    local, _, domain = fold(text).rpartition("@")
    seed = f"{local}@{domain}"
    given = next(after(key, "email given", _given(), seed)).lower()
    family = next(after(key, "email surname", _surnames("en"), seed)).lower()
    return f"{given}.{family}{number(key, 'email', seed) % 100:02d}@{host(key, domain)}"


def host(key: bytes, domain: str) -> str:
    """A name under example.com, .org or .net for a `domain`; the same for all below a registrable name of two parts."""
    parts = domain.strip(".").split(".")
    ending = parts[-1] if parts[-1] in ("org", "net") else "com"
    base = ".".join(parts[-3:] if len(parts) > 2 and len(parts[-2]) <= 3 else parts[-2:])
    return f"{next(after(key, 'host', _surnames('us'), base)).lower()}.example.{ending}"


def url(key: bytes, text: str) -> str:
    """Scheme kept, another host; whatever follows it becomes one word."""
    match = re.match(
        r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<host>[^/?#]*)(?P<rest>.*)", text, re.IGNORECASE | re.DOTALL
    )
    assert match is not None
    name = match["host"].rpartition("@")[2].partition(":")[0]
    www = "www." if name.lower().startswith("www.") else ""
    made = f"{match['scheme'] or ''}{www}{host(key, fold(name.removeprefix('www.')))}"
    rest = match["rest"].strip("/")
    return made + (f"/{digest(key, 'url', text).hex()[:10]}" if rest else match["rest"])


def ip(key: bytes, text: str) -> str:
    """An address of RFC 5737 or RFC 3849; a port or a length of prefix is left out."""
    try:
        version = ip_address(text.strip("[]").partition("/")[0].partition("%")[0]).version
    except ValueError:
        version = 6 if text.count(":") > 1 else 4
    if version == 4:
        made = number(key, "ip", text) % (3 * 254)
        return f"{_NETS[made // 254]}{made % 254 + 1}"
    return str(IPv6Address(b"\x20\x01\x0d\xb8" + digest(key, "ip", text.lower())[:12]))


def mac(key: bytes, text: str) -> str:
    return like(formatted(text, f"00005E0053{number(key, 'mac', fold(text)) % 256:02X}"), text)


def crypto(key: bytes, text: str) -> str:
    """A Bitcoin address of the same kind (base58check, bech32); other letters and digits for other currencies."""
    made = digest(key, "crypto", text)[:20]
    if text.lower().startswith("bc1"):
        return _bech32("bc", made)
    if text[:1] in "13" and 25 <= len(text) <= 36:
        return _base58((b"\x00" if text[0] == "1" else b"\x05") + made)
    if text.startswith("0x"):
        return "0x" + digest(key, "crypto", text).hex()[: len(text) - 2].ljust(len(text) - 2, "0")
    return formatted(text, similar(key, "CRYPTO", text.upper()))


def _base58(payload: bytes) -> str:
    """`payload` with four bytes of its double SHA-256, in base 58; leading zero bytes are ones."""
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    value, out = int.from_bytes(data, "big"), ""
    while value:
        value, rest = divmod(value, 58)
        out = _BASE58[rest] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


def _bech32(prefix: str, program: bytes) -> str:
    """A witness address of version 0 (BIP 173) of a `program` of 20 bytes."""
    bits = int.from_bytes(program, "big")
    words = [0] + [(bits >> shift) & 31 for shift in range(len(program) * 8 - 5, -1, -5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = _polymod(expanded + words + [0] * 6) ^ 1
    words += [(check >> 5 * (5 - i)) & 31 for i in range(6)]
    return f"{prefix}1" + "".join(_BECH32[w] for w in words)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATOR):
            check ^= generator if top >> i & 1 else 0
    return check


@lru_cache(1)
def _given() -> Pool:
    return Pool(n for n in givens("us", "") if n.isascii() and n.isalpha())


@lru_cache(2)
def _surnames(culture: str) -> Pool:
    return Pool(n for n in surnames(culture) if n.isascii() and n.isalpha())


def reserved(entity: str, text: str) -> bool:
    """Whether `text` is in a range for documentation."""
    form = {"IP_ADDRESS": _DOCUMENTED, "MAC_ADDRESS": _MAC}.get(entity, _EXAMPLE)
    return form.fullmatch(text.strip()) is not None
