"""The grammar of watch expressions: lexemes to a tree, or a fault.

NOT binds before AND, AND before OR; neighbours without an operator are joined by AND. `title:` and
`author:` take the words up to the next operator, `category:` and `source:` take one. A leading `-`
takes one word, NOT a whole phrase. Lower-case or, and, not, commas and semicolons are read as a
list where that is sure (`lists`). What people know from arXiv and PubMed is taken: `au:`, `[ti]`,
`|`. Curly quotes and long dashes, which phones write, count as straight ones. An acronym in
brackets behind its words is OR: large language models (LLMs).
"""

import re
from typing import Literal, cast

from bot.matching.authors.names import name_words
from bot.matching.query.ast import And, Expression, FactFilter, NameFilter, Not, Or, Phrase
from bot.matching.query.categories import category_named
from bot.matching.query.elsewhere import as_typed_here, means_nothing
from bot.matching.query.facts import filter_notes, read_filter, right_form
from bot.matching.query.lexer import FaultError, Lexeme, lexemes
from bot.matching.query.lists import as_list, has_signs, is_title
from bot.matching.text.definitions import spelled
from bot.matching.text.phrase_terms import SHORTEST_PREFIX, phrase_terms
from bot.matching.text.pieces import is_capitals, is_wide

_CAPITALISED = re.compile(r"[^\W\d_]{2,}+(?!:\S)")
_TOO_WILD = re.compile(rf"(?<![\w*])[^\W\d_A-Z]{{1,{SHORTEST_PREFIX - 1}}}\*(?!\w)|\w\*\w")
_HASH = re.compile(r"(?<!\S)#+(?=\w)")


def tidy(text: str) -> str:
    """The words one space apart."""
    return " ".join(text.split())


def canonical(words: str) -> str:
    """The words with Capitalised ones in lower case; names with inner capitals stay.

    A # in front of a word, as in posts, goes.
    """
    return _CAPITALISED.sub(_uncapitalised, _HASH.sub("", words))


def _uncapitalised(found: re.Match[str]) -> str:
    word = found[0]
    if not word[1:].islower() or is_capitals(word):
        return word
    return word.lower().replace("i\u0307", "i")


LONGEST = 1_000
"""Characters of an expression, at most."""

DEEPEST = 50
"""Brackets and negations inside each other, at most."""

MOST_WORDS = 24
"""Words that a phrase needs, at most."""

MOST_NAMES = 10
"""Words of an author, at most."""

_FEWEST_CAPITALS = 2
_LONGEST_EXAMPLE = 80
_NOTHING_WANTED = "Say what to look for beside what to leave out"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class UnwantedError(FaultError):
    """A whole watch that only leaves out: without its dash it would ask for the opposite."""


class NoContentError(FaultError):
    """A phrase without a word to look for."""


class Parser:
    """Recursive descent over lexemes; each method leaves `_at` behind what it read.

    `notes` are sentences for the person about what was read otherwise than it was typed.
    """

    def __init__(self, text: str) -> None:
        self.notes: list[str] = []
        text = as_typed_here(text)
        if len(text) > LONGEST:
            raise FaultError(f"A watch has at most {LONGEST} characters", LONGEST)
        if control := _CONTROL.search(text):
            at = control.start()
            raise FaultError("A control character has no place in a watch", at, _without(text, at))
        if nothing := means_nothing(text):
            raise FaultError(nothing[0], nothing[1], nothing[2] or None)
        self._text = text
        self._lexemes = lexemes(text)
        self._at = 0
        self._depth = 0

    def parse(self) -> Expression:
        """The tree; raise FaultError."""
        if self._next.kind == "end":
            raise FaultError("Say what to look for", 0)
        tree = self._or()
        if not wants(tree):
            left_out = str(tree) if len(self._text) <= _LONGEST_EXAMPLE else "-survey"
            reason = f"{_NOTHING_WANTED}, as in: diffusion {left_out}"
            raise UnwantedError(reason, 0, self._only_negated(0).repaired)
        self.notes += filter_notes(tree)
        return tree

    @property
    def _next(self) -> Lexeme:
        return self._lexemes[self._at]

    def _take(self) -> Lexeme:
        lexeme = self._next
        self._at += 1
        return lexeme

    def _or(self) -> Expression:
        starts = [self._next.start]
        parts, signs = [self._and()], []
        while self._next.kind == "OR":
            signs.append(self._take())
            starts.append(self._next.start)
            parts.append(self._and())
        for at, part in enumerate(parts if signs else ()):
            if not wants(part):
                raise self._only_negated(starts[at], signs[max(at - 1, 0)])
        return parts[0] if len(parts) == 1 else Or(_flat(parts, Or))

    def _and(self) -> Expression:
        parts: list[Expression] = []
        empty: NoContentError | None = None
        asked = False
        while not parts or self._next.kind not in ("end", "OR", ")"):
            if parts and (short := self._defined_as(parts[-1])):
                parts[-1] = Or((parts[-1], short))
                continue
            if (parts or empty) and (asked := self._next.kind == "AND"):
                self._take()
            try:
                parts.append(self._unary())
            except NoContentError as fault:
                # Of pasted words some stand alone: … "good" and the "bad" …
                if asked or (self._next.kind in ("end", "OR", ")", "AND") and not parts):
                    raise
                empty = fault
        return parts[0] if len(parts) == 1 else And(_flat(parts, And))

    def _defined_as(self, part: Expression) -> Phrase | None:
        """Take "(RAG)" behind the words that it stands for: papers say either."""
        if self._next.kind != "(" or not isinstance(part, Phrase) or part.exact:
            return None
        _, word, closed = self._lexemes[self._at : self._at + 3]
        if (word.kind, closed.kind) != ("word", ")"):
            return None
        capitals = sum(sign.isupper() for sign in word.text)
        if capitals < _FEWEST_CAPITALS or not spelled(word.text, part.text.split()):
            return None
        self._at += 3
        return Phrase(word.text, scope=part.scope)

    def _unary(self) -> Expression:
        lexeme = self._next
        if lexeme.kind not in ("NOT", "-"):
            return self._primary()
        self._take()
        self._deeper(lexeme.start)
        one_word = lexeme.kind == "-" and self._next.kind == "word"
        part = self._phrase("anywhere", most=1) if one_word else self._unary()
        self._depth -= 1
        if not wants(part):
            raise self._only_negated(lexeme.start)
        return Not(part)

    def _primary(self) -> Expression:
        lexeme = self._next
        if lexeme.kind == "(":
            return self._group()
        if lexeme.kind == "quoted":
            self._take()
            return self._checked(lexeme.text, lexeme, exact=True)
        if lexeme.kind == "field":
            return self._field()
        if lexeme.kind == "fact":
            return self._fact()
        if lexeme.kind == "word":
            return self._list("anywhere")
        raise self._missing()

    def _group(self) -> Expression:
        opened = self._take()
        if self._next.kind == ")":
            repaired = self._text[: opened.start] + self._text[self._next.end :]
            raise FaultError("The brackets are empty", opened.start, repaired)
        self._deeper(opened.start)
        tree = self._or()
        self._depth -= 1
        self._take()
        return tree

    def _fact(self) -> FactFilter:
        lexeme = self._take()
        read = read_filter(lexeme.text)
        if read is None:
            reason, better = right_form(lexeme.text)
            before = self._text[: lexeme.start]
            if better.startswith("-") and before.endswith("-"):
                before, better = before[:-1], better[1:]
            repaired = " ".join((before + better + self._text[lexeme.end :]).split())
            raise FaultError(reason, lexeme.start, repaired or None)
        return read

    def _field(self) -> Expression:
        field = self._take()
        name = field.text.lower()
        if self._next.kind == "(":
            return _of_field(self._group(), name)
        if self._next.kind not in ("word", "quoted"):
            repaired = self._text[: field.start] + self._text[field.end :]
            raise FaultError(f"Say which {name}", field.start, repaired)
        quoted = self._next.kind == "quoted"
        if name == "title":
            if not quoted:
                return self._list("title")
            lexeme = self._take()
            return self._checked(lexeme.text, lexeme, exact=True, scope="title")
        most = MOST_NAMES if name == "author" else 1
        text = tidy(self._take().text if quoted else self._words(most))
        if not quoted:
            text = text.removesuffix(".*") if name == "category" else text.replace("_", " ")
            if name != "author" and text.endswith(","):
                return self._names(name, text.rstrip(","))
        if not name_words(text):
            repaired = self._text[: field.start] + self._text[self._lexemes[self._at - 1].end :]
            raise FaultError(f"Say which {name}", field.start, repaired)
        return NameFilter(cast("Literal['author', 'category', 'source']", name), text)

    def _names(self, name: str, first: str) -> Expression:
        """The categories or sources of a list: cs.LG, cs.CL."""
        found = [first]
        while self._next.kind == "word":
            found.append(self._take().text)
            if not found[-1].endswith(","):
                break
        texts = [text.strip(",").removesuffix(".*") for text in found]
        field = cast("Literal['author', 'category', 'source']", name)
        parts = tuple(NameFilter(field, text) for text in dict.fromkeys(texts) if name_words(text))
        return parts[0] if len(parts) == 1 else Or(parts)

    def _list(self, scope: Literal["anywhere", "title"]) -> Expression:
        """A phrase, or the list that its words surely are."""
        first, at = self._next, self._at
        words = self._words(LONGEST)
        found = as_list(words)
        if found is None and scope == "anywhere" and (label := category_named(words)):
            self.notes.append(f"Read as arXiv's category {label}.")
            return NameFilter("category", label)
        if found is None:
            self._at = at
            return self._phrase(scope)
        phrases = [self._checked(canonical(part), first, scope=scope) for part in found.parts]
        out = [self._checked(canonical(part), first, scope=scope) for part in found.left_out]
        self.notes.append(_READ_AS[found.kind if not out else "not"])
        if out:
            return And((*phrases, *map(Not, out)))
        return Or(tuple(phrases)) if found.kind == "or" else And(tuple(phrases))

    def _phrase(self, scope: Literal["anywhere", "title"], most: int = LONGEST) -> Phrase:
        first = self._next
        words = self._words(most)
        # The capitals of a pasted title tell it from a list.
        text = words if has_signs(words) and is_title(words) else canonical(words)
        return self._checked(text, first, scope=scope)

    def _words(self, most: int) -> str:
        words: list[str] = []
        while self._next.kind == "word" and len(words) < most:
            words.append(self._take().text)
        if self._next.kind == "fact":
            return " ".join(words).rstrip(",; ")
        return " ".join(words)

    def _checked(
        self,
        text: str,
        first: Lexeme,
        *,
        exact: bool = False,
        scope: Literal["anywhere", "title"] = "anywhere",
    ) -> Phrase:
        """The phrase, or raise a fault if it holds no or too many content words."""
        text = tidy(text)
        terms = phrase_terms(text)
        if not terms:
            last = self._lexemes[self._at - 1]
            repaired = self._text[: first.start] + self._text[last.end :]
            has = "only words that every paper has" if name_words(text) else "no word to look for"
            raise NoContentError(f"“{text}” has {has}", first.start, repaired)
        if len(terms) == 1 and len(terms[0].term) == 1 and is_wide(terms[0].term):
            reason = f"One character is too broad; add the next, or more, to “{text}”"
            raise FaultError(reason, first.start)
        if _TOO_WILD.search(text):
            reason = f"A * needs {SHORTEST_PREFIX} letters in front, as in: transform*"
            raise FaultError(reason, first.start)
        if len(terms) > MOST_WORDS:
            reason = f"A phrase has at most {MOST_WORDS} words; join shorter ones with AND"
            raise FaultError(reason, first.start)
        return Phrase(text, exact, scope)

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise FaultError(f"Brackets go at most {DEEPEST} deep", at)

    def _missing(self) -> FaultError:
        """The fault of an operator with nothing on one side."""
        here = self._next
        before = self._lexemes[self._at - 1] if self._at else here
        faulty = here if here.kind in ("AND", "OR") else before
        if faulty.kind not in ("AND", "OR", "NOT", "-"):
            faulty = here
        repaired = self._text[: faulty.start] + self._text[faulty.end :]
        beside = f"beside {faulty.text}" if faulty.text else "at the end"
        return FaultError(f"Something is missing {beside}", faulty.start, repaired)

    def _only_negated(self, start: int, sign: Lexeme | None = None) -> FaultError:
        """The fault of a watch or branch that says only what it does not want.

        Beside an OR, it is that `sign` which goes: the dash was meant.
        """
        if sign is not None:
            repaired = f"{self._text[: sign.start].rstrip()} {self._text[sign.end :].lstrip()}"
            return FaultError(_NOTHING_WANTED, start, repaired)
        for lexeme in self._lexemes:
            if lexeme.start >= start and lexeme.kind in ("NOT", "-"):
                repaired = self._text[: lexeme.start] + self._text[lexeme.end :]
                return FaultError(_NOTHING_WANTED, lexeme.start, repaired)
        return FaultError(_NOTHING_WANTED, start)


_READ_AS = {
    "or": 'Read as a list: any of these. For one phrase put it in "quotes".',
    "and": 'Read as two things that must both be there. For one phrase put it in "quotes".',
    "not": 'Read as leaving out what comes after "not".',
}


def _of_field(tree: Expression, name: str) -> Expression:
    """The tree of brackets behind a field, each of its phrases looked for there."""
    if isinstance(tree, Not):
        return Not(_of_field(tree.part, name))
    if isinstance(tree, And | Or):
        return type(tree)(tuple(_of_field(part, name) for part in tree.parts))
    if not isinstance(tree, Phrase):
        return tree
    if name == "title":
        return Phrase(tree.text, tree.exact, "title")
    return NameFilter(cast("Literal['author', 'category', 'source']", name), tree.text)


def wants(tree: Expression) -> bool:
    """Whether a tree asks for anything rather than only leaving things out."""
    if isinstance(tree, And):
        return any(map(wants, tree.parts))
    return not isinstance(tree, Not)


def _flat(parts: list[Expression], kind: type[And] | type[Or]) -> tuple[Expression, ...]:
    nested = [part.parts if isinstance(part, kind) else (part,) for part in parts]
    return tuple(part for group in nested for part in group)


def _without(text: str, at: int) -> str:
    return text[:at] + " " + text[at + 1 :]
