"""Conversations to token ids and a mask of what counts in the loss, through the tokenizer's chat template.

Only what the assistant says counts, with the token that ends its turn. Templates that mark it with `{% generation %}`
are taken at their word; of others the text up to each answer is rendered with and without it. Masks are made from
places in the text, so that a tokenizer may merge across the borders. What people wrote cannot become a control token:
a token that is spelled in a message is broken in two before it is encoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import ConfigError

Ids = NDArray[np.int64]
Mask = NDArray[np.uint8]
Message = dict[str, Any]

#: For tokenizers that have none: ChatML with the tokenizer's own end-of-text token as the end of a turn, so that
#: generation stops there with any model. `<|im_start|>` need not be in the vocabulary, but is safer and shorter if so.
DEFAULT_TEMPLATE = (
    "{% if bos_token and bos_token != eos_token %}{{ bos_token }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ message['content'] + eos_token }}{% endif %}"
    "{{ '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

#: Breaks control tokens that messages spell. A private-use character, taken out of messages before it is put in.
_BREAK = "\U000f0000"


@dataclass(frozen=True)
class Chat:
    """Encodes conversations for one tokenizer; `template` None takes the tokenizer's, else the default."""

    tokenizer: Any
    template: str | None = None

    @cached_property
    def used(self) -> str:
        """The template that is used."""
        return self.template or self.tokenizer.chat_template or DEFAULT_TEMPLATE

    @cached_property
    def marked(self) -> bool:
        """Whether the template says itself what the assistant generates."""
        return re.search(r"\{%-?\s*generation\s*-?%\}", self.used) is not None

    @cached_property
    def _backend(self) -> Any:
        return backend(self.tokenizer)

    @cached_property
    def _special(self) -> list[str]:
        return [t.content for t in self.tokenizer.added_tokens_decoder.values() if t.special]

    @cached_property
    def _breakers(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """What is broken in answers (special tokens; others, as those around thoughts, may be meant), and elsewhere
        (control tokens that the template writes as well)."""
        added = [t.content for t in self.tokenizer.added_tokens_decoder.values() if not t.special]
        control = [*self._special, *(token for token in added if token in self.used and not token.isspace())]
        return _any_of(self._special), _any_of(control)

    def conversations(
        self, chats: Sequence[list[Message]], prompts: Sequence[int], place: Callable[[int], str]
    ) -> list[tuple[Ids, Mask, int]]:
        """(ids, mask, UTF-8 bytes of the text) of each chat; of its first `prompts[i]` messages nothing counts.

        Raises:
            ConfigError: a chat is malformed, has no answer, or the template cannot tell where answers are.
        """
        texts, spans = [], []
        for number, (chat, leading) in enumerate(zip(chats, prompts, strict=True)):
            clean = [self._message(message, place(number)) for message in chat]
            text, found = self._rendered(clean, leading, place(number))
            texts.append(text)
            spans.append(found)
        whole = [number for number, text in enumerate(texts) if _BREAK not in text]
        encoded = dict(zip(whole, self._encoded([texts[number] for number in whole]), strict=True))
        out = []
        for number, text in enumerate(texts):
            ids, starts, ends = encoded[number] if number in encoded else self._pieces(text)
            mask = np.zeros(len(ids), np.uint8)
            for first, last in spans[number]:
                mask[(np.maximum(ends, starts + 1) > first) & (starts < last)] = 1
            ids, mask = self._ended(ids, mask)
            out.append((ids, mask, len(text.replace(_BREAK, "").encode())))
        return out

    def completions(self, prompts: Sequence[str], answers: Sequence[str]) -> list[tuple[Ids, Mask, int]]:
        """(ids, mask, bytes) of plain prompts with answers, each encoded alone as at inference; the answer counts,
        with the end-of-text token."""
        plain = backend(self.tokenizer, plain=True)
        first = [own] if (own := bos(self.tokenizer)) is not None else []
        out = []
        for asked, answered, prompt, answer in zip(
            plain.encode_batch_fast(list(prompts), add_special_tokens=False),
            plain.encode_batch_fast(list(answers), add_special_tokens=False),
            prompts,
            answers,
            strict=True,
        ):
            ids = np.array([*first, *asked.ids, *answered.ids, eos(self.tokenizer)], np.int64)
            mask = np.zeros(len(ids), np.uint8)
            mask[len(first) + len(asked.ids) :] = 1
            out.append((ids, mask, len((prompt + answer).encode())))
        return out

    def _message(self, message: Any, place: str) -> Message:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ConfigError(f"{place}: a message is an object with role and content, not {message!r:.80}")
        answer, control = self._breakers
        pattern = answer if message["role"] == "assistant" else control
        kept = {key: value for key, value in message.items() if value is not None or key == "content"}
        if isinstance(kept.get("content"), list) or ("content" not in kept and "tool_calls" not in kept):
            raise ConfigError(f"{place}: a message's content is a text, not {kept.get('content')!r:.80}")
        return {key: _broken(value, pattern) if key != "role" else value for key, value in kept.items()}

    def _render(
        self, chat: list[Message], place: str, prompt: bool = False
    ) -> tuple[str, list[tuple[int, int]]]:
        from jinja2.exceptions import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        render: Any = render_jinja_template  # which says that it returns a string
        try:
            texts, spans = render(
                [chat],
                chat_template=self.used,
                return_assistant_tokens_mask=self.marked and not prompt,
                add_generation_prompt=prompt,
                **self.tokenizer.special_tokens_map,
            )
        except (TemplateError, TypeError) as error:
            raise ConfigError(
                f"{place}: the tokenizer's chat template refuses the conversation: {error}"
            ) from None
        marks: Any = spans[0] if self.marked and not prompt else []
        return texts[0], [(int(span[0]), int(span[1])) for span in marks]

    def _rendered(self, chat: list[Message], prompt: int, place: str) -> tuple[str, list[tuple[int, int]]]:
        answers = [n for n, message in enumerate(chat) if message["role"] == "assistant"]
        counted = [n for n in answers if n >= prompt]
        if not counted:
            raise ConfigError(
                f"{place}: no turn of the assistant that counts: there is nothing to learn from"
            )
        text, spans = self._render(chat, place)
        if not self.marked:
            return text, [self._span(chat, n, text, place) for n in counted]
        if len(spans) < len(answers):
            raise ConfigError(
                f"{place}: the chat template marks {len(spans)} passages as the assistant's in a conversation with "
                f"{len(answers)} answers: put {{% generation %}} around each answer"
            )
        if prompt:
            before = self._render(chat[:prompt], place)[0]
            if not text.startswith(before):
                raise ConfigError(_rewrites(place, prompt))
            spans = [span for span in spans if span[0] >= len(before)]
        return text, spans

    def _span(self, chat: list[Message], turn: int, text: str, place: str) -> tuple[int, int]:
        """Where the answer `turn` stands in `text`, with what ends it."""
        before = self._render(chat[:turn], place, prompt=True)[0]
        after = self._render(chat[: turn + 1], place)[0]
        if not after.startswith(before) or not text.startswith(after):
            raise ConfigError(_rewrites(place, turn + 1))
        bare = after.rstrip()
        return len(before), len(bare) if bare.endswith(tuple(self._special)) else len(after)

    def _encoded(self, texts: list[str]) -> list[tuple[Ids, Ids, Ids]]:
        out = []
        for found in self._backend.encode_batch(texts, add_special_tokens=False):
            places = np.array(found.offsets, np.int64).reshape(-1, 2)
            out.append((np.array(found.ids, np.int64), places[:, 0], places[:, 1]))
        return out

    def _pieces(self, text: str) -> tuple[Ids, Ids, Ids]:
        """A text with broken tokens: what stands around each break is encoded alone."""
        parts, start = [], 0
        pieces = text.split(_BREAK)
        for piece, (ids, starts, ends) in zip(pieces, self._encoded(pieces), strict=True):
            parts.append((ids, starts + start, ends + start))
            start += len(piece) + len(_BREAK)
        one, two, three = zip(*parts, strict=True)
        return np.concatenate(one), np.concatenate(two), np.concatenate(three)

    def _ended(self, ids: Ids, mask: Mask) -> tuple[Ids, Mask]:
        """An answer that the template ends with no special token gets the end-of-text token: it must end somehow."""
        for token in reversed(ids[mask == 1].tolist()):
            if self._is_special(token):
                return ids, mask
            if self.tokenizer.decode([token]).strip():
                break
        return np.append(ids, eos(self.tokenizer)), np.append(mask, np.uint8(1))

    def _is_special(self, token: int) -> bool:
        found = self.tokenizer.added_tokens_decoder.get(token)
        return bool(found and found.special)


def backend(tokenizer: Any, *, plain: bool = False) -> Any:
    """A copy of a fast tokenizer's core that neither cuts nor pads; `plain`: special tokens in a text are text.

    Raises:
        ConfigError: the tokenizer is not a fast one.
    """
    from tokenizers import Tokenizer

    core = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(core, Tokenizer):
        raise ConfigError(
            f"{type(tokenizer).__name__} is no fast tokenizer: one with a tokenizer.json is needed"
        )
    copy = Tokenizer.from_str(core.to_str())
    copy.no_truncation()
    copy.no_padding()
    copy.encode_special_tokens = plain
    return copy


def eos(tokenizer: Any) -> int:
    """The id that ends a document.

    Raises:
        ConfigError: the tokenizer has none.
    """
    if tokenizer.eos_token_id is None:
        raise ConfigError(
            "the tokenizer has no end-of-text token, which documents end with: set its eos_token"
        )
    return int(tokenizer.eos_token_id)


def bos(tokenizer: Any) -> int | None:
    """The id that begins a document, where the tokenizer has one of its own."""
    own = tokenizer.bos_token_id
    return None if own is None or own == tokenizer.eos_token_id else int(own)


def _rewrites(place: str, turn: int) -> str:
    return (
        f"{place}: the chat template writes turn {turn} in another way when others follow or are asked for, so it "
        "cannot be told what the assistant says: use a template with {% generation %} around answers "
        "(trl.chat_template_utils.get_training_chat_template has them for known models)"
    )


def _any_of(tokens: list[str]) -> re.Pattern[str]:
    longest = sorted({token for token in tokens if len(token) > 1}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest)) or "(?!)")


def _broken(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: found[0][0] + _BREAK + found[0][1:], value.replace(_BREAK, ""))
    if isinstance(value, dict):
        return {key: _broken(part, pattern) for key, part in value.items()}
    return [_broken(part, pattern) for part in value] if isinstance(value, list) else value
