"""The shapes that cross the border of matching: what a paper must offer, what a match says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Field = Literal["title", "abstract", "authors", "categories", "source", "facts"]
How = Literal["exact", "typo", "stem", "joined", "split", "acronym", "of-form"]


class PaperText(Protocol):
    """What matching reads of a paper; table rows and plain records satisfy it alike."""

    @property
    def title(self) -> str:
        """The title, possibly with LaTeX."""
        ...

    @property
    def abstract(self) -> str:
        """The abstract, or "" where the source gave none."""
        ...

    @property
    def authors(self) -> Sequence[str]:
        """Names as the source wrote them."""
        ...

    @property
    def categories(self) -> Sequence[str]:
        """Subject classes such as "cs.LG"."""
        ...

    @property
    def source(self) -> str:
        """The name of the source that first gave the paper, such as "huggingface"."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why one phrase of a watch matched: its words as they stand in the paper, and how.

    `score` is 0-100. `note` names the variant used ("LLM = large language model"), else "".
    """

    phrase: str
    field: Field
    words: str
    how: How
    score: float
    note: str = ""

    def __str__(self) -> str:
        if self.field == "facts":
            verb = {"cites": "it ", "by": "it is "}.get(self.words.split(" ", 1)[0], "it has ")
            return f"{self.phrase}: {verb}{self.words}"
        via = f" via {self.note}" if self.note else ""
        place = (
            f"in the {self.field}" if self.field in ("title", "abstract") else f"as {self.field}"
        )
        return f'matched "{self.words}" {place}{via}, {self.score:.0f}'


class Match:
    """A watch that matched a paper: its score 0-100 and the evidence, best phrase first.

    Evidence may be given as a function, called when it is first read: of thousands of matches in a
    round, only those of posted papers are ever explained.
    """

    __slots__ = ("_evidence", "score")

    def __init__(
        self, score: float, evidence: "tuple[Evidence, ...] | Callable[[], tuple[Evidence, ...]]"
    ) -> None:
        self.score = score
        self._evidence = evidence

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Why it matched, best phrase first."""
        if not isinstance(self._evidence, tuple):
            self._evidence = self._evidence()
        return self._evidence

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Match):
            return NotImplemented
        return self.score == other.score and self.evidence == other.evidence

    def __hash__(self) -> int:
        return hash(self.score)

    def __repr__(self) -> str:
        return f"Match({self.score!r}, {self.evidence!r})"
