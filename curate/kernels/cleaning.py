"""Compiled tests and rewriting for `normalise`, straight over UTF-8 bytes.

`scan` says of each text what could be done to it, in one pass; `clean` rewrites the texts that need it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from curate.kernels import characters as char

# What `scan` reports of a text, as bits.
CONTROL = 1  # holds characters that are removed
WHITESPACE = 2  # its whitespace would change
FORM = 4  # may not be in the normal form
MOJIBAKE = 8  # ftfy's heuristic fires, or there are char.C1 controls
ENTITY = 16  # holds something shaped like an HTML entity
LIGATURE = 32  # holds Latin ligatures
ESCAPE = 64  # holds a terminal escape


@njit(cache=True, nogil=True, inline="always")
def decode(data, i):
    """The code point at byte `i` of valid UTF-8, and its length in bytes."""
    lead = data[i]
    if lead < 0x80:
        return np.int64(lead), 1
    if lead < 0xE0:
        return np.int64(lead & 0x1F) << 6 | np.int64(data[i + 1] & 0x3F), 2
    if lead < 0xF0:
        code = np.int64(lead & 0x0F) << 12 | np.int64(data[i + 1] & 0x3F) << 6
        return code | np.int64(data[i + 2] & 0x3F), 3
    code = np.int64(lead & 0x07) << 18 | np.int64(data[i + 1] & 0x3F) << 12
    return code | np.int64(data[i + 2] & 0x3F) << 6 | np.int64(data[i + 3] & 0x3F), 4


@njit(cache=True, nogil=True)
def _is_entity(data, i, end):
    """Whether `&#?[0-9A-Za-z]{1,24};` stands at byte `i`."""
    i += 1
    if i < end and data[i] == 0x23:
        i += 1
    start = i
    while i < end and i - start <= 24:
        c = data[i]
        if not (0x30 <= c <= 0x39 or 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A):
            break
        i += 1
    return i < end and 1 <= i - start <= 24 and data[i] == 0x3B


@njit(cache=True, nogil=True)
def _is_bad(data, start, end, automaton):
    """Whether ftfy's pattern matches in data[start:end]; it is run around non-ASCII characters only."""
    state = np.zeros(automaton.first.size, np.uint64)
    i, line, idle = start, start, automaton.longest
    while i < end:
        if data[i] < 0x80 and idle >= automaton.longest:
            if data[i] == 0x0A:
                line = i + 1
            i += 1
            continue
        if idle >= automaton.longest:  # begin with the ASCII in front of this first non-ASCII character
            i = max(start, i - automaton.longest)
            state[:] = 0
            if i == start:
                _feed(state, automaton, 0x0A)
            while data[i] < 0x80:
                _feed(state, automaton, data[i])
                i += 1
        code, width = decode(data, i)
        idle = idle + 1 if width == 1 else 0
        if code == 0x0A:
            line = i + 1
        elif width > 1 and i - line > char.LONG_LINE:
            return True
        if _feed(state, automaton, min(code, char.PLANE)):
            return True
        i += width
    return False


@njit(cache=True, nogil=True, inline="always")
def _feed(state, automaton, code):
    """Advance `state` by one character; whether some alternative ends here."""
    row, hit = automaton.classes[code], False
    for word in range(state.size):
        state[word] = ((state[word] << np.uint64(1)) | automaton.first[word]) & automaton.masks[row, word]
        hit |= state[word] & automaton.last[word] != 0
    return hit


@njit(cache=True, nogil=True)
def _scan_one(data, start, end, table):
    """The flags of data[start:end] that single characters give, and whether it has non-ASCII ones."""
    flags, high, blank = 0, False, 0  # blank: line breaks since the last visible character
    white = False  # the byte before is a space or a tab
    i = start
    if start < end and data[start] == 0x0A:
        flags |= WHITESPACE
    while i < end:
        c = data[i]
        if c > 0x26 and c < 0x7F:
            white, blank = False, 0
        elif c == 0x0A:
            blank += 1
            if white or blank > 3:
                flags |= WHITESPACE
            white = False
        elif c == 0x20 or c == 0x09:
            white = True
        elif c < 0x80:
            white, blank = False, 0
            if c == 0x26:
                if flags & ENTITY == 0 and _is_entity(data, i, end):
                    flags |= ENTITY
            elif c < 0x20 or c == 0x7F:
                flags |= WHITESPACE if table[c] & char.BREAK else CONTROL
                if c == 0x1B:
                    flags |= ESCAPE
        else:
            high, white, blank = True, False, 0
            code, width = decode(data, i)
            kind = table[code] if code < char.LIMIT else 0
            if kind:
                if kind & char.REMOVE:
                    flags |= CONTROL
                if kind & (char.BREAK | char.SPACE):
                    flags |= WHITESPACE
                if kind & char.FORM:
                    flags |= FORM
                if kind & char.LIGATURE:
                    flags |= LIGATURE
                if kind & char.C1:
                    flags |= MOJIBAKE
            i += width - 1
        i += 1
    if white or blank:
        flags |= WHITESPACE
    return flags, high


@njit(cache=True, nogil=True)
def scan(data, offsets, table, automaton):
    """What could be done to each text: uint8 flags, one per text, never one too few.

    `data` is UTF-8 (uint8), text i lies in [offsets[i], offsets[i + 1]); `table` comes from
    `character_table`, `automaton` from `mojibake_automaton`.
    """
    flags = np.zeros(len(offsets) - 1, np.uint8)
    for k in range(len(flags)):
        start, end = offsets[k], offsets[k + 1]
        found, high = _scan_one(data, start, end, table)
        if high and not found & MOJIBAKE and _is_bad(data, start, end, automaton):
            found |= MOJIBAKE
        flags[k] = found
    return flags


@njit(cache=True, nogil=True)
def clean(data, offsets, rows, table, whitespace):
    """The texts at `rows` without removed characters and, where `whitespace`, with tidy whitespace.

    Returns (uint8 data, int64 offsets). Tidy: every line break is a line feed, every space a space; no spaces
    at the end of a line, no more than two blank lines in a row, none at the beginning or the end of the text.
    """
    total = 0
    for k in rows:
        total += offsets[k + 1] - offsets[k]
    out = np.empty(total, np.uint8)
    ends = np.zeros(len(rows) + 1, np.int64)
    n = 0
    for k in range(len(rows)):
        n = _clean_one(data, offsets[rows[k]], offsets[rows[k] + 1], table, whitespace, out, n)
        ends[k + 1] = n
    return out[:n], ends


@njit(cache=True, nogil=True)
def _clean_one(data, i, end, table, whitespace, out, n):
    """Write data[i:end], cleaned, to `out` from `n` on; where it ends there."""
    begin, after_return = n, False
    while i < end:
        c = data[i]
        if 0x20 <= c < 0x7F or c == 0x09:
            out[n] = c
            n += 1
            i += 1
            after_return = False
            continue
        code, width = decode(data, i)
        kind = table[code] if code < char.LIMIT else 0
        if kind & char.REMOVE:
            i += width
            continue
        if whitespace and (code == 0x0A or kind & char.BREAK):
            if not (code == 0x0A and after_return):
                n = _trim(out, begin, n)
                if n > begin and not _three_breaks(out, begin, n):
                    out[n] = 0x0A
                    n += 1
        elif whitespace and kind & char.SPACE:
            out[n] = 0x20
            n += 1
        else:
            for j in range(width):
                out[n + j] = data[i + j]
            n += width
        after_return = code == 0x0D
        i += width
    if whitespace:
        n = _trim(out, begin, n)
        while n > begin and out[n - 1] == 0x0A:
            n -= 1
    return n


@njit(cache=True, nogil=True, inline="always")
def _trim(out, begin, n):
    """The end of out[begin:n] without spaces and tabs at the end."""
    while n > begin and (out[n - 1] == 0x20 or out[n - 1] == 0x09):
        n -= 1
    return n


@njit(cache=True, nogil=True, inline="always")
def _three_breaks(out, begin, n):
    return n - begin >= 3 and out[n - 1] == 0x0A and out[n - 2] == 0x0A and out[n - 3] == 0x0A
