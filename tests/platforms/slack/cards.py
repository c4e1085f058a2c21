"""Cards to render: an ordinary one, a bare one, and one that tries everything a feed could."""

from datetime import date

from bot.cards.card import Card, CardLink
from bot.cards.digest import Titled, head_lines
from bot.cards.richtext import italic, line
from bot.cards.why import why_line
from bot.matching.types import Evidence

_EVIDENCE = Evidence("mixtures of experts", "title", "mixture of experts", "exact", 97)

ORDINARY = Card(
    title="Routing in Mixtures of Experts",
    url="https://arxiv.org/abs/2403.00001",
    authors="Li, Guo and 10 others",
    summary="Experts are chosen by a learned router. It halves the cost of training.",
    links=(
        CardLink("Abstract", "https://arxiv.org/abs/2403.00001"),
        CardLink("PDF", "https://arxiv.org/pdf/2403.00001"),
        CardLink("Code", "https://github.com/lab/routing"),
    ),
    published=date(2024, 3, 1),
    upvotes=41,
    why=why_line(watch="", evidence=(_EVIDENCE,), score=97),
)

BEYOND = Card(
    title="Sparse Attention Pays for Itself: Length Generalisation in 2 Billion Parameters",
    url="https://arxiv.org/abs/2403.00002",
    authors="Nakamura and Öberg",
    summary="We train attention that skips most tokens, without losing accuracy on long texts. "
    "At 128k tokens it is 4.1 times faster than dense attention of the same size. "
    "Code and checkpoints are released.",
    links=(
        CardLink("Abstract", "https://arxiv.org/abs/2403.00002"),
        CardLink("PDF", "https://arxiv.org/pdf/2403.00002"),
        CardLink("Discussion", "https://huggingface.co/papers/2403.00002"),
    ),
    published=date(2024, 3, 2),
    upvotes=112,
    why=why_line(watch="", evidence=(), score=0, kind="beyond", likes=("sparse", "routing")),
)

BARE = Card(title="Untitled", url=None, authors="", summary="")

HOSTILE = Card(
    title="<!channel> & <https://evil.example|free> *A* search `x`",
    url="https://example.org/a|b?c=<d>&e=1",
    authors="<@U0ADA> & Söhne",
    summary="1 < 2 & 3 > 2. <!here> See <mailto:a@b.c|me>.",
    links=(
        CardLink("Bad", "javascript:alert(1)"),
        CardLink("Spaced", "https://example.org/a b"),
        CardLink("Good", "https://example.org/ok"),
    ),
    why=line("matched ", italic("<!everyone>"), " in the title, 80"),
    badges=("beyond your watches",),
    votes=(3, 1),
)

HEAD = head_lines(
    [Titled(card.title, card.url) for card in (ORDINARY, BEYOND)]
    + [Titled("Retrieval without an Index", "https://arxiv.org/abs/2403.00003")]
)
