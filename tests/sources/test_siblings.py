"""Siblings of the inputs that once went wrong: the same kinds of fault as others write them."""

import pytest

from bot.sources.base import Intake
from bot.sources.feed_parser import gather
from bot.sources.paper_ids import names_of
from bot.sources.paper_kinds import kind_of

SPACES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
)


def read(*items):
    intake = Intake()
    body = f"<rss version='2.0' {SPACES}><channel><title>T</title>{''.join(items)}</channel></rss>"
    gather("feed", body.encode(), intake, url="https://post.example.org/feed")
    return intake.fresh().entries


def item(title="T", link="https://x.example.org/1", text="", more=""):
    return (
        f"<item><title>{title}</title><link>{link}</link>"
        f"<description><![CDATA[{text}]]></description>{more}</item>"
    )


PEOPLE = {
    "Alpha, M.; Beta, A. B.": ["M. Alpha", "A. B. Beta"],
    "Ada Post, Bo Sample, Cy Third et al.": ["Ada Post", "Bo Sample", "Cy Third"],
    "van der Berg, J., O'Neil, K.": ["J. van der Berg", "K. O'Neil"],
    "García Márquez, G., López Obrador, A. M.": ["G. García Márquez", "A. M. López Obrador"],
    "The ATLAS Collaboration": ["The ATLAS Collaboration"],
    "李飞飞, 王伟": ["李飞飞", "王伟"],
}


@pytest.mark.parametrize(("line", "people"), PEOPLE.items())
def test_an_author_line_is_the_people_in_it(line, people):
    (paper,) = read(item(more=f"<dc:creator>{line}</dc:creator>"))

    assert paper.authors == people


ABSTRACTS = {
    "Science, Published online: 3 May 2026; doi:10.1126/science.x1": "",
    "Publication date: May 2026<br/>Source: Lancet, Volume 1<br/>Author(s): A B": "",
    "Journal of Botany, Ahead of Print.": "",
    "[Phys. Rev. Lett. 130, 021001] Published Mon Jan 05, 2026": "",
    "PLoS One. 2026 Nov 20;21(11):e03. doi: 10.1371/journal.pone.03. eCollection 2026.": "",
    "..": "",
    "Author(s): A. Post and B. Sample<p>We measure muons.</p>": "We measure muons.",
    "Summary. We see things clearly now.": "We see things clearly now.",
    "Résumé : Nous voyons bien.": "Nous voyons bien.",
    "摘要：我们研究图。": "我们研究图。",
    "Abstract syntax trees grow.": "Abstract syntax trees grow.",
}


@pytest.mark.parametrize(("text", "abstract"), ABSTRACTS.items())
def test_what_publishers_put_around_is_no_abstract(text, abstract):
    (paper,) = read(item(text=text))

    assert paper.abstract == abstract


@pytest.mark.parametrize("guid", ["0", "null", "http://lab.example.org", "10.1000/journal"])
def test_an_id_that_all_entries_share_names_none(guid):
    shared = f"<guid isPermaLink='false'>{guid}</guid>"
    found = read(*(item(f"Paper {n}", f"https://x.example.org/{n}", more=shared) for n in range(4)))

    assert len({paper.names for paper in found}) == 4


@pytest.mark.parametrize(
    "odd", ["&#55357;", "&#xD83D;&#xDE00;", "&#0;", "&#x1F;", "&#1114112;", "\f"]
)
def test_one_odd_character_costs_no_entry(odd):
    assert len(read(item(f"Smile {odd}"), item("Laugh", "https://x.example.org/2"))) == 2


SAME = [
    (
        "https://journals.aps.org/prl/abstract/10.1103/PhysRevLett.130.021001",
        "https://link.aps.org/doi/10.1103/PhysRevLett.130.021001",
        "http://dx.doi.org/10.1103/physrevlett.130.021001.",
    ),
    (
        "https://www.medrxiv.org/content/10.1101/2026.11.01.26311111v2.full.pdf",
        "https://www.medrxiv.org/content/early/2026/11/02/2026.11.01.26311111",
    ),
    (
        "https://www.alphaxiv.org/abs/2611.00001",
        "https://ar5iv.labs.arxiv.org/html/2611.00001",
        "https://scirate.com/arxiv/2611.00001",
        "https://papers.cool/arxiv/2611.00001",
        "https://www.semanticscholar.org/arxiv/2611.00001",
        "https://scholar.google.com/scholar_url?url=https://arxiv.org/pdf/2611.00001&hl=en",
        "https://doi.org/10.48550/arXiv.2611.00001",
    ),
    (
        "https://www.ncbi.nlm.nih.gov/pubmed/40000001",
        "https://europepmc.org/article/MED/40000001",
        "https://pubmed.ncbi.nlm.nih.gov/40000001/?utm_source=x&fc=1",
    ),
    (
        "https://www.cell.com/cell/fulltext/S0092-8674(26)00001-1",
        "https://www.sciencedirect.com/science/article/pii/S0092867426000011",
    ),
    (
        "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0300000",
        "https://dx.plos.org/10.1371/journal.pone.0300000",
    ),
    ("https://openreview.net/pdf?id=AbC", "https://openreview.net/forum?id=AbC&noteId=x"),
]


@pytest.mark.parametrize("addresses", SAME, ids=lambda addresses: addresses[0][8:40])
def test_all_addresses_of_a_paper_have_a_name_in_common(addresses):
    named = [set(names_of(url=url)) for url in addresses]

    assert any(not name.startswith("url:") for name in set.intersection(*named))


KINDS = {
    "Publisher Correction: On x": "correction",
    "Expression of Concern: On x": "correction",
    "Withdrawal notice to “On x”": "retraction",
    "In This Issue": "front",
    "Front Cover: On x": "front",
    "Correction of refractive errors in children": "paper",
    "Retraction of the lamellipodium": "paper",
    "Withdrawal symptoms after opioids": "paper",
    "Contents of the stomach of whales": "paper",
    "Cover crops and soil": "paper",
}


@pytest.mark.parametrize(("title", "kind"), KINDS.items())
def test_a_title_says_what_an_entry_is(title, kind):
    assert str(kind_of(title).kind) == kind
