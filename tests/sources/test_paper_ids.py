import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.paper_ids import find_arxiv, names_of, public_id, split_arxiv, title_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2401.00001", ("2401.00001", None)),
        ("2401.00001v3", ("2401.00001", 3)),
        ("arXiv:2401.00001V2", ("2401.00001", 2)),
        ("oai:arXiv.org:2508.13426v1", ("2508.13426", 1)),
        ("0704.0001", ("0704.0001", None)),
        ("hep-th/9901001", ("hep-th/9901001", None)),
        ("HEP-TH/9901001v12", ("hep-th/9901001", 12)),
        ("math.GT/0309136", ("math/0309136", None)),
        (" cs/0112017 ", ("cs/0112017", None)),
    ],
)
def test_an_arxiv_id_splits_into_its_canonical_form_and_version(text, expected):
    assert split_arxiv(text) == expected


@pytest.mark.parametrize(
    "text", ["", "abc", "0000.0000", "2413.00001", "2401.001", "10.1000/x", "hep-zz/9901001"]
)
def test_what_is_no_arxiv_id_is_refused(text):
    with pytest.raises(ValueError, match="is not an arXiv id"):
        split_arxiv(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/abs/2401.00001",
        "http://arxiv.org/abs/2401.00001v2",
        "https://www.arxiv.org/pdf/2401.00001",
        "https://arxiv.org/pdf/2401.00001v1.pdf",
        "https://export.arxiv.org/abs/2401.00001?context=cs.LG",
        "https://arxiv.org/html/2401.00001v1#S2",
        "https://huggingface.co/papers/2401.00001",
        "https://hf.co/papers/2401.00001/",
        "https://www.alphaxiv.org/abs/2401.00001",
        "https://ar5iv.labs.arxiv.org/html/2401.00001",
        "https://doi.org/10.48550/arXiv.2401.00001",
        "HTTPS://ARXIV.ORG/abs/2401.00001",
    ],
)
def test_every_page_of_an_arxiv_paper_names_the_same_paper(url):
    assert names_of(url=url) == ("arxiv:2401.00001",)
    assert find_arxiv(f"<{url}|look at this>, please") == "2401.00001"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://Example.org/Paper/", "http://example.org/Paper"),
        ("https://example.org:443/p", "https://example.org/p"),
        ("https://example.org/p#results", "https://example.org/p"),
        ("https://example.org/p?utm_source=x&id=7&fbclid=y", "https://example.org/p?id=7"),
    ],
)
def test_spellings_of_one_url_are_one_name(one, other):
    assert names_of(url=one) == names_of(url=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/p", "https://example.org/P"),
        ("https://example.org/p?id=7", "https://example.org/p?id=8"),
        ("https://example.org:8080/p", "https://example.org/p"),
        ("https://huggingface.co/papers/2401.00001", "https://huggingface.co/papers"),
        ("https://huggingface.co/datasets/2401.00001", "https://arxiv.org/abs/2401.00001"),
        ("https://notarxiv.org/abs/2401.00001", "https://arxiv.org/abs/2401.00001"),
    ],
)
def test_different_places_are_different_names(one, other):
    assert set(names_of(url=one)).isdisjoint(names_of(url=other))


@pytest.mark.parametrize(
    ("doi", "expected"),
    [
        ("10.1145/3292500.3330701", "doi:10.1145/3292500.3330701"),
        ("https://doi.org/10.1000/ABC", "doi:10.1000/abc"),
        ("http://dx.doi.org/10.1000/ABC", "doi:10.1000/abc"),
        ("DOI: 10.1000/abc.", "doi:10.1000/abc"),
        ("10.48550/arXiv.2401.00001", "arxiv:2401.00001"),
        ("10.48550/ARXIV.hep-th/9901001", "arxiv:hep-th/9901001"),
    ],
)
def test_a_doi_has_one_spelling_and_arxiv_dois_are_arxiv_papers(doi, expected):
    assert names_of(doi=doi) == (expected,)


def test_all_identities_are_given_strongest_first():
    names = names_of(
        url="https://example.org/p", plain_id="p1", doi="10.1000/x", arxiv_id="2401.00001v2"
    )

    assert names == ("arxiv:2401.00001", "doi:10.1000/x", "id:p1", "url:https://example.org/p")


@pytest.mark.parametrize(
    ("plain_id", "expected"),
    [
        ("p1", ("id:p1",)),
        ("2401.00001v4", ("arxiv:2401.00001",)),
        ("10.1000/X", ("doi:10.1000/x",)),
        ("https://arxiv.org/abs/2401.00001", ("arxiv:2401.00001",)),
        ("  ", ()),
    ],
)
def test_an_opaque_id_is_named_for_what_it_turns_out_to_be(plain_id, expected):
    assert names_of(plain_id=plain_id) == expected


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://[::1", "https://", "/papers/1"])
def test_what_is_no_web_address_gives_no_name(url):
    assert names_of(url=url) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2401.00001", "2401.00001"),
        ("have you read arXiv:2401.00001v2?", "2401.00001"),
        ("https://arxiv.org/abs/hep-th/9901001v1", "hep-th/9901001"),
        ("10.48550/arXiv.2401.00001", "2401.00001"),
        ("https%3A%2F%2Farxiv.org%2Fabs%2F2401.00001", "2401.00001"),
        ("version 12.34567 of the thing", None),
        ("192.2401.00001.5", None),
        ("", None),
    ],
)
def test_the_arxiv_id_in_what_a_person_typed_is_found(text, expected):
    assert find_arxiv(text) == expected


def test_a_public_id_has_no_namespace():
    assert public_id("arxiv:2401.00001") == "2401.00001"
    assert public_id("url:https://example.org/p") == "https://example.org/p"


def test_a_title_names_one_paper_however_it_is_typeset():
    spellings = ["Réseaux: a  Survey", "reseaux — A survey!", "RÉSEAUX A SURVEY"]

    assert len({title_name(spelling) for spelling in spellings}) == 1
    assert title_name("Réseaux: a survey, part 2") != title_name(spellings[0])
    assert title_name("… — !") is None


def test_a_name_of_any_length_fits_and_stays_distinct():
    long = "https://example.org/" + "a" * 5000

    (name,) = names_of(url=long)

    assert len(name) <= 510
    assert names_of(url=long + "b") != (name,)


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_naming(text):
    names = names_of(arxiv_id=text, doi=text, url=text, plain_id=text)

    assert all(name.partition(":")[2] for name in names)
    assert all(name.encode().decode() == name for name in names)
    find_arxiv(text)
    title_name(text)
