import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.latex import readable
from tests.shared import SHARED, needs_shared

LATEXISH = st.text(st.sampled_from("ab 1.,$\\{}^_%&#~'\"()[]\n") | st.characters(), max_size=80)
PLAIN = st.characters(max_codepoint=0xFFFF, exclude_characters="\\$_^{}`'-!?")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"$\alpha$-divergence", "α-divergence"),
        (r"$\epsilon$-greedy in $\mathbb{R}^d$", "ϵ-greedy in ℝᵈ"),
        ("$O(n^2)$ and $x_i^{t+1}$", "O(n²) and xᵢᵗ⁺¹"),
        (r"$10^{-3}$ at 90$^{\circ}$", "10⁻³ at 90°"),
        (r"$O(n\log n)$ with $\mathcal{O}(\sqrt{T})$", "O(n log n) with O(√(T))"),
        (r"A$^\text{T}$A and S$^2$Q", "AᵀA and S²Q"),
        (r"$x^q + y^{q,r}$", "x^q + y^(q,r)"),
        (r"$x \leq y$ done", "x ≤ y done"),
        (r"LLM$\times$MapReduce ($\times$4)", "LLM×MapReduce (×4)"),
        (r"\(X\)-evolve", "X-evolve"),
        (r"in $\textit{near} $, $ \textit{far} $ and", "in near, far and"),
        (r"$\mathbf{\texttt{D}}$ual", "Dual"),
        (r"a gain of $\sim\textbf{6%}$ here", "a gain of ∼6% here"),
    ],
)
def test_math_becomes_unicode(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Schr\"odinger and Sk\l odowska", "Schrödinger and Skłodowska"),
        (r"M\'{e}lange", "Mélange"),
        (r"\textbf{bold} and \textsc{Small}", "bold and Small"),
        (r"\href{https://example.org/a_b}{our page}", "our page"),
        (r"see \url{https://example.org/a_b%20c}", "see https://example.org/a_b%20c"),
        (r"\textcolor{red}{stop} there", "stop there"),
        ("``quoted'' -- {BERT}", "“quoted” – BERT"),
        (r"We present \Method, and \Method is new", "We present Method, and Method is new"),
        (r"R\textsuperscript{\textregistered}", "R®"),
        (r"as before~\cite{li,guo}.", "as before~."),
        (r"10\% of R\&D, \$100", "10% of R&D, $100"),
    ],
)
def test_commands_become_what_they_show(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "costs $5",
        "US$5 to US$7, or a_b for $6",
        "10% of 50% & more",
        "snake_case and x^2",
        "C# ~ 50 {not latex}",
        "a trailing backslash \\",
        "1\u00a0000 non-breaking",
        "",
    ],
)
def test_text_that_only_looks_like_latex_stays(text: str) -> None:
    assert readable(text) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Part I -- Optimal", "Part I – Optimal"),
        ("pages 5--9", "pages 5–9"),
        ("models---and --- data", "models—and — data"),
        ("with --help at https://example.org/a--b", "with --help at https://example.org/a--b"),
    ],
)
def test_hyphens_that_stand_for_a_dash_are_one(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize("plain", ["costs $5", "10% of R&D", "about ~50 C#", "x^2 by a_b"])
def test_real_latex_beside_it_does_not_harm_plain_text(plain: str) -> None:
    assert readable(rf"{plain}; \emph{{so}} be it") == f"{plain}; so be it"


@pytest.mark.parametrize(
    "text", ["$x^$", r"\textbf{open", "{x} }", "{" * 5000, "\\begin{a}" * 2000]
)
def test_malformed_latex_comes_back_raw(text: str) -> None:
    assert readable(text) == text


@given(LATEXISH)
def test_no_text_makes_it_raise(text: str) -> None:
    assert isinstance(readable(text), str)


@given(st.lists(st.text(PLAIN), max_size=8))
def test_plain_words_and_their_spaces_survive_beside_latex(words: list[str]) -> None:
    text = " ".join(words)

    assert readable(rf"\emph{{so}} {text}").split() == ["so", *text.split()]


@needs_shared
def test_real_titles_lose_their_markup() -> None:
    assert SHARED is not None
    samples = json.loads((SHARED / "arxiv" / "weird_samples.json").read_text(encoding="utf-8"))
    titles = [
        paper["title"] for kind in ("latex_title", "backslash_title") for paper in samples[kind]
    ]

    left = [readable(title) for title in titles if set("\\{}") & set(readable(title))]

    assert left == []
