import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ExpressionError
from bot.matching.query.ast import And, Expression, NameFilter, Not, Or, Phrase
from bot.matching.query.expression import DEEPEST, LONGEST, parse, phrases, simple
from bot.matching.query.parser import Parser
from bot.matching.text.phrase_terms import phrase_terms
from tests.matching.index.test_watch_index import watches

CANONICAL = {
    "Mixture of Experts -survey": "mixture of experts -survey",
    "  diffusion \n models ": "diffusion models",
    '"Exact Words" OR LoRA': '"Exact Words" OR LoRA',
    "(a1 OR b1) c1": "(a1 OR b1) AND c1",
    "x1 AND (y1 AND z1)": "x1 AND y1 AND z1",
    "NOT survey paper AND diffusion": "NOT survey paper AND diffusion",
    "title: Vision Transformer": "title:vision transformer",
    'author:"LeCun, Y." robots': "author:LeCun, Y. AND robots",
    "category:cs.LG RAG": "category:cs.LG AND RAG",
    'source:"hugging face" OR x1': 'source:"hugging face" OR x1',
    "“curly quotes” –not1": '"curly quotes" -not1',
    "GPT-4o Vision-Language": "GPT-4o vision-language",
    "speech \u200bOR audio": "speech OR audio",
    "speech \u2060-audio": "speech -audio",
    "tit\u00adle:speech": "title:speech",
    "large language models (LLMs) -survey": "(large language models OR LLMs) -survey",
    "title:mixture of experts (MoE)": "title:mixture of experts OR title:MoE",
    "state space models (Mamba)": "state space models AND mamba",
    'author:"A | B"': 'author:"A | B"',
    "#LLM agents in C#": "LLM agents in C#",
    "Attention: a survey": "attention: a survey",
    "10:1 ratio of std::vector": "10:1 ratio of std::vector",
    "au:Hinton": "author:Hinton",
    "AU=Hinton AND TI=robots": "author:Hinton AND title:robots",
    "(heart[ti] AND failure[ab])": "title:heart AND failure",
    "(heart attack[ti] OR stroke[ti]) AND smith j[au]": (
        "(title:heart attack OR title:stroke) AND author:smith j"
    ),
    "malaria or (dengue and not zika)": "malaria OR dengue -zika",
    "malaria and (dengue or zika)": "malaria AND (dengue OR zika)",
    "covid-19 and (vaccine or vaccination) not review": (
        "covid-19 AND (vaccine OR vaccination) -review"
    ),
    '"deep learning" or "neural networks"': '"deep learning" OR "neural networks"',
    '"heart failure" and not "case report"': '"heart failure" -"case report"',
    "robots or author:Hinton": "robots OR author:Hinton",
    "robots and has:code": "robots AND has:code",
    "robots (soft or continuum) and not drones": "robots AND (soft OR continuum) -drones",
    "TI=(graph neural)": "title:graph neural",
    "ti:(robots OR drones) AND au:(hinton OR lecun)": (
        "(title:robots OR title:drones) AND (author:hinton OR author:lecun)"
    ),
    "title:(robots -survey)": "title:robots -title:survey",
    "cat:(cs.LG OR stat.ML)": "category:cs.LG OR category:stat.ML",
    "Agents (LLM) or Humans": "agents AND LLM AND or humans",
    "llm !survey": "llm -survey",
    "Attention! Survey": "attention! survey",
    "cs.LG": "category:cs.LG",
    "cs.lg OR q-bio.nc": "category:cs.LG OR category:q-bio.NC",
    "cs.LG robots": "cs.LG robots",
    "au:del_maestro ANDNOT ti:checkerboard": "author:del maestro -title:checkerboard",
    "authors:Yann": "author:Yann",
    "cat:cs.LG robots": "category:cs.LG AND robots",
    "category:cs.*": "category:cs",
    "category:cs.LG, cs.CL": "category:cs.LG OR category:cs.CL",
    "abs:diffusion all:graphs": "diffusion graphs",
    "heart failure[ti] AND Smith J[au]": "title:heart failure AND author:Smith J",
    '"heart failure"[Title/Abstract] | stroke': '"heart failure" OR stroke',
    "RAG | agents": "RAG OR agents",
    "a1 && b1 & c1": "a1 AND b1 AND c1",
    "（graphs OR trees）－nets": "(graphs OR trees) -nets",
    "title：graphs": "title:graphs",
    "title : graphs": "title:graphs",
    "malaria or dengue": "malaria OR dengue",
    "malaria or dengue -survey": "(malaria OR dengue) -survey",
    "llm agents, rag": "llm agents OR rag",
    "audio, speech, music": "audio OR speech OR music",
    "audio; speech": "audio OR speech",
    "Robotics, Vision, Speech": "robotics OR vision OR speech",
    "robots not drones": "robots -drones",
    "robots and not toy arms": "robots AND NOT toy arms",
    "title:speech or drones": "title:speech OR title:drones",
    "models (video, audio, touch)": "models AND (video OR audio OR touch)",
    "graph neural networks and RAG": "graph neural networks AND RAG",
    "search and rescue": "search and rescue",
    "fast, accurate detection": "fast, accurate detection",
    "not all tokens matter": "not all tokens matter",
    "Security, Safety and Transparency": "Security, Safety and Transparency",
    "CRAG -- Comprehensive Benchmark": "CRAG - comprehensive benchmark",
    "FlashVideo:Flowing Fidelity": "FlashVideo:flowing fidelity",
    "Free(): Learning to Forget": "free(): learning to forget",
    'the "good" and the "bad" models': '"good" AND "bad" AND models',
    "Learning ``by'' Heart": "learning AND heart",
    "robots,drones": "robots OR drones",
    "robots BUT NOT drones": "robots -drones",
    "‘graph neural network’ OR trees": '"graph neural network" OR trees',
    "category:cs.LG,cs.CL": "category:cs.LG OR category:cs.CL",
    "arxiv:cs.LG robots": "category:cs.LG AND robots",
    "+robots +legs": "robots AND legs",
    "TS=(graph network)": "graph network",
    "TITLE-ABS-KEY(robots OR drones) AND AUTH(hinton)": "(robots OR drones) AND author:hinton",
    "TITLE(graph network)": "title:graph network",
    "allintitle: graph network": "title:graph network",
    "LLM + tools for C++": "LLM + tools for C++",
    "R^2 values (VCT^2)": "R^2 values AND VCT^2",
}

WRONG = {
    "": (0, None),
    "   ": (0, None),
    "the of": (0, None),
    "-survey": (0, None),
    "graphs OR": (7, "graphs"),
    "OR graphs": (0, "graphs"),
    "graphs AND AND trees": (11, "graphs AND trees"),
    "(graphs": (0, "graphs"),
    "graphs)": (6, "graphs"),
    '"graphs': (0, '"graphs"'),
    "graphs ()": (7, "graphs"),
    "(a OR b": (0, "b"),
    "graphs AND (trees OR (nets": (21, "graphs AND (trees OR nets)"),
    "())(": (2, None),
    "titel:graphs": (0, "title:graphs"),
    "foo:bar": (0, "foo bar"),
    "submittedDate:[2024 TO 2025]": (0, "submittedDate [2024 TO 2025]"),
    "Venue:ICLR agents": (0, "venue ICLR agents"),
    "graphs -": (7, "graphs"),
    "強": (0, None),
    "graphs topic:RL": (7, "graphs topic RL"),
    "categroy: cs.LG": (0, "category:cs.LG"),
    "https://arxiv.org/abs/2401.00001": (0, None),
    "\u200bgraphs\u200b OR": (9, "graphs"),
    "author:": (0, None),
    "graphs\x00trees": (6, "graphs trees"),
    "graphs OR -trees": (10, "graphs -trees"),
    "-trees OR graphs": (0, "-trees AND graphs"),
    "a graph OR lattices OR -trees": (23, "a graph OR lattices -trees"),
    "NOT NOT graphs": (0, "graphs"),
    "🎉": (0, None),
    "graph " * 200: (1000, None),
    "graph " * 30: (0, None),
    "(" * 200 + "a1" + ")" * 200: (DEEPEST, None),
}


@pytest.mark.parametrize(("typed", "canonical"), CANONICAL.items())
def test_prints_one_canonical_text(typed: str, canonical: str) -> None:
    assert str(parse(typed)) == canonical


@pytest.mark.parametrize("typed", CANONICAL)
def test_canonical_text_parses_to_the_same_tree(typed: str) -> None:
    tree = parse(typed)

    assert parse(str(tree)) == tree


@pytest.mark.parametrize(("typed", "expected"), WRONG.items())
def test_an_error_names_the_position_and_the_nearest_valid_text(
    typed: str, expected: tuple[int, str | None]
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(typed)

    assert (caught.value.position, caught.value.suggestion) == expected


@settings(deadline=None)
@given(watches)
def test_any_watch_round_trips(typed: str) -> None:
    try:
        tree = parse(typed)
    except ExpressionError:
        return
    assert parse(str(tree)) == tree


ODD_WORDS = """
graphs LoRA RAG of or and not AND-OR text-to-image C++ 3D β-VAE naïve 强化 שלום x:y 10:1 Q&A
"""
joined = st.lists(st.sampled_from(ODD_WORDS.split()), min_size=1, max_size=4).map(" ".join)


def is_phrase(text: str) -> bool:
    """Not read as a list, nor as too broad."""
    try:
        return bool(phrase_terms(text)) and parse(text) == Phrase(text)
    except ExpressionError:
        return False


phrase_trees = st.builds(
    Phrase,
    joined.filter(is_phrase),
    st.booleans(),
    st.sampled_from(["anywhere", "title"]),
)
named_trees = st.builds(
    NameFilter,
    st.sampled_from(["author", "category", "source"]),
    st.sampled_from(["LeCun", "Yann LeCun", "LeCun, Y.", "cs.LG", "hugging face", "OR", "Li-Wei"]),
)
leaf_trees = phrase_trees | named_trees


def not_an_and(tree: Expression) -> bool:
    return not isinstance(tree, And)


def grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    wanted = inner.filter(lambda tree: not isinstance(tree, Not))
    in_and = wanted.filter(not_an_and)
    ors = st.lists(
        wanted.filter(lambda tree: not isinstance(tree, Or)), min_size=2, max_size=3
    ).map(lambda parts: Or(tuple(parts)))
    ands = st.builds(
        lambda first, rest: And((*rest[:1], first, *rest[1:])),
        in_and,
        st.lists(in_and | wanted.map(Not), min_size=1, max_size=3),
    )
    return ors | ands


trees = st.recursive(leaf_trees, grown, max_leaves=12)


@settings(deadline=None, max_examples=300)
@given(trees)
def test_any_tree_is_parsed_from_its_canonical_text(tree: Expression) -> None:
    text = str(tree)

    assert parse(text) == tree
    assert str(parse(text)) == text


noise = st.text(
    st.sampled_from('aB1 "()-:–“|&#ANDORT\x00\u200b\u05d0🎉éＡ') | st.characters(), max_size=60
)


@settings(deadline=None, max_examples=300)
@given(noise | noise.map("title:{}".format) | noise.map('author:"{}'.format))
def test_any_text_parses_and_round_trips_or_is_explained(typed: str) -> None:
    tree, wrong = None, None
    try:
        tree = parse(typed)
    except ExpressionError as error:
        wrong = error

    if wrong is None:
        assert parse(str(tree)) == tree
    else:
        assert 0 <= wrong.position <= len(typed)
        assert wrong.suggestion is None or str(parse(wrong.suggestion)) == wrong.suggestion


@settings(deadline=None, max_examples=300)
@given(trees.map(str) | watches | noise | joined.map("NOT {} AND x1 -b1".format))
def test_a_simple_expression_is_read_as_the_grammar_reads_it(typed: str) -> None:
    at_once = simple(typed)

    assert at_once is None or at_once == Parser(typed).parse()


@pytest.mark.parametrize(
    "typed",
    [
        "diffusion models",
        "graphs AND trees -survey",
        "author:Yann LeCun",
        "title:vision AND NOT a b",
    ],
)
def test_what_most_people_watch_is_simple(typed: str) -> None:
    assert simple(typed) == Parser(typed).parse()


def test_length_is_limited_with_a_clear_error() -> None:
    with pytest.raises(ExpressionError, match="1000 characters"):
        parse("a1 OR " * 2_000)
    assert parse(("a1 OR " * 166 + "b1")[:LONGEST])


def test_phrases_are_those_wanted_not_those_left_out() -> None:
    tree = parse('graphs AND (title:trees OR "deep nets") -survey -(a1 OR b1)')

    assert [str(phrase) for phrase in phrases(tree)] == ["graphs", "title:trees", '"deep nets"']


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("🎉", "“🎉” has no word to look for"),
        ("of the", "“of the” has only words that every paper has"),
        ("-survey", "Say what to look for beside what to leave out, as in: diffusion -survey"),
        (
            "-" + "graph" * 190,
            "Say what to look for beside what to leave out, as in: diffusion -survey",
        ),
    ],
)
def test_a_watch_for_nothing_is_told_what_it_lacks(typed: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(typed)

    assert caught.value.reason == reason


ELSEWHERE = {
    "asthma AND review[pt]": ("[ti], [au] and [tiab]", "asthma AND review"),
    "*former nets": ("behind the beginning of a word", "former nets"),
    "trans*former": ("behind the beginning of a word", "trans*"),
    "colo?r vision": ("no sign for one letter", "color vision"),
    "graph NEAR/3 network": ("near each other anyway", "graph network"),
    "graph NEAR network": ("near each other anyway", "graph network"),
    "graph ADJ2 network": ("near each other anyway", "graph network"),
    '"graph network"~3': ("no ~ and no ^", '"graph network"'),
    "graph^2 robots": ("no ~ and no ^", "graph robots"),
    "robots likes>20": ("upvotes>20", "robots AND upvotes>20"),
    "robots year:2026": ("since:2026", "robots AND since:2026-01-01"),
    "robots year>=2026": ("since:2026", "robots AND since:2026-01-01"),
    "robots doi:10.1000/x": ("cites:https://arxiv.org", "robots"),
    "robots journal:nature": ("A journal is a source", "robots nature"),
    "robots lang:en": ("no field for a language", "robots"),
    "SU=physics": ("TI=, AU=, AB= and TS=", "physics"),
}


@pytest.mark.parametrize(("typed", "expected"), ELSEWHERE.items())
def test_what_means_nothing_here_is_answered_with_what_does(
    typed: str, expected: tuple[str, str]
) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(typed)

    assert expected[0] in str(caught.value)
    assert caught.value.suggestion == expected[1]
