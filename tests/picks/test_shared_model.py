import numpy as np
import pytest

from bot.picks.codec import TasteFormatError
from bot.picks.features import SIZE, interest_of
from bot.picks.shared_model import SharedModel
from tests.picks.papers import Text

BIOLOGY = ("Protein folding in cells", "Cells fold proteins", "Genes of yeast cells", "Yeast genes")
NETWORKS = ("Routing in networks", "Congestion and routing", "Network congestion", "Networks")
WORLD = [Text(title) for title in (*BIOLOGY, *NETWORKS)] * 3


def likeness(shared: SharedModel, one: str, other: str) -> float:
    return float(shared.read(Text(one)).meaning @ shared.read(Text(other)).meaning)


def test_a_reading_has_length_one_whatever_the_paper_holds():
    whole = Text("Routing in networks", "We route packets.", ("Ada Li", "Bo Ek"), ("cs.NI",))
    shared = SharedModel.of_papers(WORLD)
    for paper in (whole, Text("Routing"), Text("", "We route.")):
        read = shared.read(paper)
        length = float(read.values @ read.values + read.meaning @ read.meaning)
        assert abs(length - 1.0) < 0.01
        assert (np.diff(read.places) > 0).all()
        assert read.places.max() < SIZE


def test_a_paper_without_words_reads_as_nothing():
    read = SharedModel.of_papers(WORLD).read(Text("…"))
    assert len(read.places) == 0
    assert not read.meaning.any()


def test_forms_of_a_word_read_alike():
    shared = SharedModel.blank()
    assert shared.read(Text("Routing networks")).places.tolist() == (
        shared.read(Text("routed network")).places.tolist()
    )


def test_words_of_the_same_papers_are_alike_without_a_common_word():
    shared = SharedModel.of_papers(WORLD, dimensions=2)
    assert likeness(shared, "Genes", "Folding") > likeness(shared, "Genes", "Congestion")


def test_what_channels_differ_in_tells_papers_apart_more_than_what_they_agree_on():
    shared = SharedModel.of_papers(WORLD, dimensions=4)
    biologists = [shared.place(Text(title)) for title in BIOLOGY]
    engineers = [shared.place(Text(title)) for title in NETWORKS]
    channels = [np.array(some * 2) for some in (biologists, engineers)] * 200
    pooled = shared.pooled(channels)

    before, after = (likeness(one, "Yeast genes", "Proteins fold") for one in (shared, pooled))
    assert after > before
    across = [likeness(one, "Yeast genes", "Network congestion") for one in (shared, pooled)]
    assert across[1] <= across[0]


def test_a_pool_of_two_channels_changes_little_and_one_nothing():
    shared = SharedModel.of_papers(WORLD, dimensions=4)
    liked = np.array([shared.place(Text(title)) for title in BIOLOGY * 2])
    other = np.array([shared.place(Text(title)) for title in NETWORKS * 2])
    paper = Text("Genes route")

    assert shared.pooled([liked]).read(paper).meaning == pytest.approx(
        shared.read(paper).meaning, abs=1e-3
    )
    assert shared.pooled([liked, other]).read(paper).meaning == pytest.approx(
        shared.read(paper).meaning, abs=0.03
    )


def test_pools_of_one_base_each_read_a_paper_once_and_their_own_way():
    shared = SharedModel.of_papers(WORLD, dimensions=4)
    liked = [np.array([shared.place(Text(t)) for t in some * 2]) for some in (BIOLOGY, NETWORKS)]
    few, many = shared.pooled(liked), shared.pooled(liked * 100)
    wanted, paper = interest_of("genes"), Text("Genes route proteins")

    for one in (shared, few, many):
        assert one.read(paper) is one.read(paper)
        assert one.interest(wanted) is one.interest(wanted)
    assert not np.array_equal(few.read(paper).meaning, many.read(paper).meaning)
    assert not np.array_equal(few.interest(wanted).meaning, many.interest(wanted).meaning)


def test_a_stored_pool_reads_papers_the_same_and_only_on_its_texts():
    shared = SharedModel.of_papers(WORLD, dimensions=4)
    liked = [np.array([shared.place(Text(t)) for t in some * 2]) for some in (BIOLOGY, NETWORKS)]
    pooled = shared.pooled(liked * 100)
    again = SharedModel.loads(shared.dumps()).loads_pool(pooled.dumps_pool())
    paper = Text("Genes route proteins")

    assert again.version == pooled.version != shared.version
    assert (again.read(paper).meaning == pooled.read(paper).meaning).all()
    with pytest.raises(TasteFormatError):
        SharedModel.of_papers(WORLD[:12], dimensions=2).loads_pool(pooled.dumps_pool())


def test_rare_words_tell_more_than_frequent_ones():
    shared = SharedModel.of_papers(WORLD)
    frequent, rare = (shared.read(Text(word)).places[0] for word in ("cells", "folding"))
    assert shared.telling[rare] > shared.telling[frequent]


def test_equal_papers_give_an_equal_base():
    one, other = SharedModel.of_papers(WORLD), SharedModel.of_papers(WORLD)
    assert (one.alike.directions == other.alike.directions).all()


def test_an_install_that_saw_nothing_has_a_base():
    assert SharedModel.of_papers([]).dimensions == 0


def test_a_stored_base_reads_papers_the_same():
    shared = SharedModel.of_papers(WORLD)
    again = SharedModel.loads(shared.dumps())
    paper = Text("Yeast networks", "Genes route proteins.")
    assert again.version == shared.version
    assert (again.read(paper).values == shared.read(paper).values).all()
    assert (again.read(paper).meaning == shared.read(paper).meaning).all()


def test_any_script_is_read_and_broken_text_does_no_harm():
    shared = SharedModel.blank()
    assert len(shared.read(Text("Обучение с подкреплением")).places) > 0
    assert len(shared.read(Text("\ud800 broken \udfff")).places) > 0
