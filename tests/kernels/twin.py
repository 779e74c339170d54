"""The plain-Python twin of `signals` and `quality`: the definitions of docs/signals.md, one text at a time.

`words` and `sentences` can be injected; with the defaults the kernels must equal it exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import numpy as np

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}
CITATION = re.compile(r"\[[0-9]*]|\[edit]|\[citation needed]")
POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x31F0, 0x31FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x323AF)),
)


def kind(char):
    if char.isspace():
        return "space"
    category = unicodedata.category(char)
    if char.isalpha():
        return "ideograph" if any(a <= ord(char) <= b for a, b in UNSPACED) else "letter"
    if category == "Cf":
        return "extend"
    return {"N": "digit", "M": "extend"}.get(category[0], "other")


def is_word(token):
    return any(unicodedata.category(c)[0] in "LN" for c in token)


def tokenise(text):
    """Words and symbols, in order."""
    return [token for chunk in text.split() for token in tokens_between_spaces(chunk)]


def tokens_between_spaces(chunk):
    words, last = [], None  # the kind of the open word's last letter or digit
    for i, char in enumerate(chunk):
        this = kind(char)
        following = kind(chunk[i + 1]) if i + 1 < len(chunk) else None
        if this in ("letter", "digit"):
            words = [*words[:-1], words[-1] + char] if last else [*words, char]
            last = this
        elif last and (this == "extend" or (following == last and char in joiners(last))):
            words[-1] += char
        else:
            last = None
            if this == "ideograph":
                words.append(char)
    return words or [chunk]


def joiners(last):
    return "'’._" if last == "letter" else "'’.,_"


def split_sentences(line):
    """One entry a sentence: it ends at terminal marks before a space, an ideograph or the line's end."""
    found, said, ended = [], False, False
    for char in line + " ":
        this = kind(char)
        if ended and this in ("space", "ideograph"):
            found.append(".")
            said = ended = False
        if this in ("letter", "digit", "ideograph"):
            said, ended = True, False
        elif this == "other" and char in terminals():
            ended = said
    return [*found, "."] if said else found


def terminals():
    from curate.kernels.codepoints import TERMINAL, classes

    return _terminals or _terminals.update(map(chr, np.flatnonzero(classes() & TERMINAL))) or _terminals


_terminals: set[str] = set()


def measure(text, words=tokenise, sentences=split_sentences):
    """The fields of `signals`, as single-precision numbers where they are shares."""
    tokens = words(text)
    counted = {"chars": len(text), "tokens": len(tokens), **of_words(tokens), **of_lines(text, sentences)}
    shares = {
        **of_words_shares(tokens, text),
        **of_line_shares(text),
        **of_pieces(text),
        **of_ngrams(tokens, text),
    }
    return counted | {name: np.float32(value) for name, value in shares.items()}


def share(part, whole):
    return part / whole if whole else 0.0


def of_words(tokens):
    return {
        "words": sum(map(is_word, tokens)),
        "stop_words": len(STOP_WORDS & {token.lower() for token in tokens}),
    }


def of_words_shares(tokens, text):
    words = [token for token in tokens if is_word(token)]
    ellipses = text.count("...") + text.count("…")
    return {
        "mean_word_length": share(sum(map(len, words)), len(words)),
        "alpha_word_ratio": share(sum(any(c.isalpha() for c in t) for t in tokens), len(tokens)),
        "symbol_word_ratio": share(max(text.count("#"), ellipses), len(tokens)),
        "newline_word_ratio": share(text.count("\n"), len(tokens)),
    }


def of_lines(text, sentences):
    lines = [line.strip() for line in text.splitlines()]
    lower = [ascii_lower(line) for line in lines]
    counted = {
        "lines": len(lines),
        "sentences": sum(len(sentences(line)) for line in lines if line),
        "longest_word": max((len(word) for word in text.split()), default=0),
        "lorem_ipsum_lines": sum("lorem ipsum" in line for line in lower),
        "curly_bracket_lines": sum("{" in line for line in lower),
        "javascript_lines": sum("javascript" in line for line in lower),
        "policy_lines": sum(any(policy in line for policy in POLICIES) for line in lower),
    }
    return counted | c4(lines, sentences)


def c4(lines, sentences):
    found = Counter(c4_lines=0, c4_sentences=0, c4_lorem_ipsum_lines=0, c4_curly_bracket_lines=0)
    for line in lines:
        words, bare, lower = line.split(), CITATION.sub("", line), ascii_lower(line)
        if len(words) < 3 or max(map(len, words)) > 1000:
            continue
        if not bare.endswith((".", "?", "!", '"', "'")) or bare.endswith("..."):
            continue
        if "lorem ipsum" in lower:
            found["c4_lorem_ipsum_lines"] += 1
        elif "javascript" in lower:
            continue
        elif "{" in line:
            found["c4_curly_bracket_lines"] += 1
        elif not any(policy in lower for policy in POLICIES):
            found["c4_lines"] += 1
            found["c4_sentences"] += len(sentences(line))
    return found


def ascii_lower(line):
    return "".join(c.lower() if c.isascii() else c for c in line)


def of_line_shares(text):
    lines = text.splitlines()
    filled = [line for line in lines if line.strip()]
    return {
        "bullet_line_ratio": share(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines)),
        "ellipsis_line_ratio": share(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)),
        "words_per_line": share(len(text.split()), len(filled)),
    }


def of_pieces(text):
    pieces, paragraphs = re.split("\n+", text), re.split("\n{2,}", text.strip())
    nonblank = [line for line in text.split("\n") if line.strip()]
    return {
        "duplicate_line_fraction": share(len(repeats(pieces)), len(pieces)),
        "duplicate_line_char_fraction": share(chars(repeats(pieces)), len(text)),
        "duplicate_paragraph_fraction": share(len(repeats(paragraphs)), len(paragraphs)),
        "duplicate_paragraph_char_fraction": share(chars(repeats(paragraphs)), len(text)),
        "duplicate_char_ratio": share(chars(repeats(nonblank)), len(text) - text.count("\n")),
        "terminal_line_ratio": share(sum(line[-1] in terminals() for line in nonblank), len(nonblank)),
        "short_line_ratio": share(sum(len(line) <= 30 for line in nonblank), len(nonblank)),
    }


def repeats(elements):
    seen, again = set(), []
    for element in elements:
        again.extend([element] if element in seen else [])
        seen.add(element)
    return again


def chars(elements):
    return sum(map(len, elements))


def of_ngrams(tokens, text):
    found = {f"top_{n}gram_char_fraction": share(top(tokens, n), len(text)) for n in (2, 3, 4)}
    return found | {
        f"duplicate_{n}gram_char_fraction": share(duplicate(tokens, n), len(text)) for n in range(5, 11)
    }


def top(tokens, n):
    grams = Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
    if not grams:
        return 0
    gram, times = grams.most_common(1)[0]
    return len(" ".join(gram)) * times


def duplicate(tokens, n):
    seen, repeated, i = set(), 0, 0
    while i <= len(tokens) - n:
        gram = tuple(tokens[i : i + n])
        if gram in seen:
            repeated += chars(gram)
            i += n
        else:
            seen.add(gram)
            i += 1
    return repeated


def broken(signals, rules):
    """The names of the rules [(name, threshold)] that `signals` break, in order."""
    found = []
    for name, threshold in rules:
        value = signals[name[4:]]
        limit = np.float32(threshold) if isinstance(value, np.float32) else threshold
        if value < limit if name.startswith("min_") else value > limit:
            found.append(name)
    return found
