"""Running text: on one line, in sentences, at a sensible length, and quoted back to people."""

import re
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

_HIDDEN = re.compile(
    "[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
)
"""Characters that hide, reorder or annotate others: Unicode's ignorable ones, without those that
join letters and emoji."""
_PRIVATE = r"\ue000-\uf8ff\U000f0000-\U0010ffff"
_NO_CHARACTERS = r"\ufdd0-\ufdef" + "".join(
    rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(15)
)
_MEANINGLESS = re.compile(rf"[\x00-\x1f\x7f-\x9f{_PRIVATE}{_NO_CHARACTERS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_JOINER = "\u200d"
_JOINERS = ("\u200c", _JOINER)
_TAGS = range(0xE0020, 0xE0080)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)

_END = re.compile(
    r"""
    (?P<stop> [.!?…]+ ["'”’)\]]* ) (?P<gap> \s+ | (?<=[a-z]{3}\.) (?=[A-Z][a-z]) )
  | [。！？]+ [”’」』）]* \s*
    """,
    re.VERBOSE,
)
_NEVER_LAST = re.compile(
    r"(?:[a-z]\.)+[a-z]|eg|ie|cf|vs|viz|resp|approx|ca|figs?|eqs?|secs?|tabs?|refs?|alg"
    r"|st|drs?|prof|mr|mrs|ms",
    re.IGNORECASE,
)
_BEFORE_A_NUMBER = frozenset(("no", "nos", "p", "pp", "vol", "ch", "app"))
_WORD_END = re.compile(r"[,;:.!?)\]”’]*\s")
_WORD_BEFORE = re.compile(r"[^\s(\[“\"']{1,20}$")


def one_line(text: str) -> str:
    """The text on one line, in NFC, without what cannot be stored, shown or trusted.

    Every run of white space and control, private or unassignable characters is one space; what
    only hides or turns text is dropped; a lone surrogate is "�". Joiners inside scripts and
    emoji stay, as markup and LaTeX do: platforms escape them, cards read them.
    """
    text = _MEANINGLESS.sub(" ", _HIDDEN.sub("", _SURROGATE.sub("\ufffd", text)))
    return unicodedata.normalize("NFC", " ".join(text.split()))


def split_sentences(text: str) -> list[str]:
    """Split into sentences; "e.g.", "et al.", "Fig. 2", initials and decimals do not end one.

    Joined by spaces the sentences give the text again, but for missing or doubled white space.
    """
    found, start = [], 0
    for end in _END.finditer(text):
        if _ends_sentence(text, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


def _ends_sentence(text: str, end: re.Match[str]) -> bool:
    if end["stop"] is None:
        return True
    before = _WORD_BEFORE.search(text, max(0, end.start() - 20), end.start())
    word = before[0] if before else ""
    following = text[end.end() : end.end() + 20].partition(" ")[0]
    if end["stop"] == "." and _is_abbreviation(word, following):
        return False
    if not end["gap"]:
        return word.isalpha()
    return not following[:1].islower() or not following[1:].islower()


def _is_abbreviation(word: str, following: str) -> bool:
    folded = word.lower()
    if folded in _BEFORE_A_NUMBER:
        return following[:1].isdigit()
    if folded == "al":
        return not following[:1].isupper()
    return bool(_NEVER_LAST.fullmatch(word)) or (len(word) == 1 and word.isupper())


def shorten(text: str, limit: int) -> str:
    """At most `limit` code points: cut at a sentence end that keeps half, else at a word with "…".

    Never cuts inside a grapheme: accents, emoji and flags stay whole. Nothing is left of a text
    at a `limit` of 0. Does not look inside markup.
    """
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept = _last_sentence_end(text, limit)
    if kept >= limit / 2 and _is_boundary(text, kept):
        return text[:kept].rstrip()
    return _cut_at_word(text, limit - 1).rstrip(" ,;:-–—(") + "…"


def _last_sentence_end(text: str, limit: int) -> int:
    ends = (
        end.start() + len(end[0].rstrip())
        for end in _END.finditer(text, 0, limit + 1)
        if _ends_sentence(text, end)
    )
    return max((end for end in ends if end <= limit), default=0)


def _cut_at_word(text: str, limit: int) -> str:
    if _WORD_END.match(text, limit):
        return text[:limit]
    head = text[:limit].rpartition(" ")[0]
    if len(head) >= limit / 2:
        return head
    while limit > 0 and not _is_boundary(text, limit):
        limit -= 1
    return text[:limit]


def _is_boundary(text: str, at: int) -> bool:
    """Whether a reader sees two characters here, not one with its mark, joiner or skin tone."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after).startswith("M") or after in _JOINERS or before == _JOINER:
        return False
    if ord(after) in _FLAG_LETTERS:
        return _flag_letters_before(text, at) % 2 == 0
    return ord(after) not in _SKIN_TONES and ord(after) not in _TAGS


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start > 0 and ord(text[start - 1]) in _FLAG_LETTERS:
        start -= 1
    return at - start


_LONGEST = 60


def quoted(typed: str) -> str:
    """The text in quotes, on one line and cut where it is long."""
    return f'"{shorten(one_line(typed), _LONGEST)}"'


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A time as a channel reads it: "Tue 3 Feb 2026, 09:00 Europe/Paris"."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {zone.key}"
