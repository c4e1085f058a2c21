import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.query.suggest import narrower
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from tests.matching.paper import Text

LEXICON = Lexicon.shipped()


def score(watch: str, title: str, abstract: str = "", threshold: float = 60) -> float | None:
    match = evaluate(parse(watch), Text(title, abstract), LEXICON, threshold)
    return match.score if match else None


SCORES = [
    ("diffusion models", "Diffusion models for audio", "", 100),
    ("diffusion models", "A study", "Diffusion models are slow.", 95),
    ("diffusion models", "Diffusion models", "Diffusion models are slow.", 100),
    ("diffusion models", "Diffusion language models", "", 84),
    ("diffusion models", "Diffusion, models", "", 92),
    ("diffusion models", "Diffusion in models", "", 96),
    ("diffusion models", "Diffusion. Models", "", None),
    ("test-time compute", "At test time we compute it", "", 76),
    ("diffusion model", "Diffusion in a model of trains", "", 72),
    ("minimum wage", "Minimum prices and wage bargaining", "", 76),
    ("image generation", "Image and video generation", "", 80),
    ("judge LLM", "A judge helps an LLM", "", 60),
    ("heart failure", "Failure of the heart", "", 90),
    ("heart failure", "Failure of the heart rate sensor", "", None),
    ("test: a diffusion model", "Test: a diffusion model", "", 100),
    ("test (a diffusion) model?", "Test (a diffusion) model?", "", 100),
    ("what now? diffusion models", "What now? Diffusion models", "", 100),
    ("diffusion, models", "Diffusion models", "", 100),
    ('"test a diffusion model"', "Test: a diffusion model", "", 100),
    ('"diffusion models"', "Diffusion (models)", "", 100),
    ('"diffusion models"', "Diffusion in models", "", None),
    ('"diffusion models"', "A test", "Of diffusion. Models", None),
    ("organ-on-a-chip", "An organ on a chip", "", 100),
    ("organ on a chip", "Organ-on-a-chip", "", 100),
    ("diffusion models", "Diffusion modelling", "", 94),
    ("federated learning", "Federated leanring", "", 95),
    ("optimize", "Optimizing tensors", "", 84),
    ("model", "Modeling traffic", "", 76),
    ("large language model", "An LLM for law", "", 97),
    ("large language model", "On law", "We use an LLM.", 92),
    ("LLM", "An llm for law", "", None),
    ("RAG", "Retrieval-augmented generation", "", 97),
    ("image segmentation", "Segmentation of images", "", 94),
    ("image segmentation", "On images", "Segmentation of images is old.", 89),
    ('"language models"', "Language models", "", 100),
    ('"language models"', "Language modelling", "", None),
    ('"language models"', "Language for models", "", None),
    ("title:diffusion", "A study", "Diffusion everywhere", None),
    ("title:diffusion", "Diffusion everywhere", "", 100),
    ("graphs AND diffusion", "Graphs", "with diffusion", 95),
    ("graphs OR diffusion", "Graphs", "with diffusion", 100),
    ("graphs AND diffusion", "Graphs", "without", None),
    ("graphs -survey", "Graphs: a survey", "", None),
    ("graphs -survey", "Graphs surveyed", "", 100),
    ("graphs -(survey AND review)", "Graphs: a survey", "", 100),
    ("vision-language models", "Vision-language-action models", "", None),
    ("language models", "Vision-language models", "", 84),
    ("language models", "On models", "Vision-language models", 79),
    ('"language models"', "Vision-language models", "", 100),
    ("retrieval", "Retrieval-augmented generation", "", 84),
    ("RAG", "RAG-based agents", "", 100),
    ("planning", "Pre-planning", "", 100),
    ("GPT", "GPT-4 in class", "", 100),
    ("genomics", "Genomic surveys", "", 84),
    ("vision models", "Vision/language models", "", 84),
    ("large language model", "Large vision-language models", "", None),
    ("large language model", "Large diffusion language models", "", 84),
    ("protein interaction", "Protein-protein interactions", "", 100),
    ("language model", "Scaling a language~model(LM)", "", 100),
    ("test-time scaling", "Test-time scaling~(TTS) again", "", 100),
]


@pytest.mark.parametrize(("watch", "title", "abstract", "expected"), SCORES)
def test_scores(watch: str, title: str, abstract: str, expected: float | None) -> None:
    assert score(watch, title, abstract) == expected


LONG = "We report on many other things, each of them at length. " * 6


def test_an_acronym_said_once_in_a_long_abstract_is_a_mention_in_passing() -> None:
    once = f"{LONG} Unlike an LLM it is small."

    assert score("large language model", "On law", once) is None
    assert score("large language model", "On law", f"{once} The LLM is large.") == 92
    assert score("large language model", "An LLM on law", LONG) == 97
    assert score("large language model", "On law", f"{once} A large language model.") == 95
    assert score("LLM", "On law", once) == 95


def test_an_abstract_that_begins_with_an_acronym_may_say_it_in_passing_too() -> None:
    first = f"LLMs are not our subject. {LONG}"

    assert score("large language model", "On law", first) is None
    assert score("large language model", "On law", f"{first} Nor is an LLM.") == 92


@pytest.mark.parametrize("known_first", ["title", "abstract"])
def test_a_paper_says_what_its_acronym_is_wherever_it_does_so_first(known_first: str) -> None:
    defined = "Graph attention networks (GAN) fit well. "
    title, abstract = (defined, LONG) if known_first == "title" else ("On law", defined + LONG)

    assert score("generative adversarial network", title, f"{abstract} GAN wins.") is None
    assert score("generative adversarial network", "On law", f"{LONG} GAN wins, as a GAN.") == 92


def test_nothing_below_the_threshold_is_a_match() -> None:
    assert score("diffusion models", "Diffusion language models", threshold=85) is None
    assert score("graphs OR diffusion", "Graphs", "diffusion", threshold=100) == 100


def test_no_threshold_finds_what_scores_under_sixty() -> None:
    far = "Diffusion " + "strange " * 3 + "models"

    assert score("diffusion models", far, threshold=0) is None


EXPLAINED = [
    ("language models", "Language models are blind", "Language models", "exact", ""),
    ("federated learning", "Federated leanring", "Federated leanring", "typo",
     "leanring = learning"),
    ("optimize", "On optimization.", "optimization", "stem", "optimization = optimize"),
    ("fine tuning", "Finetuning (cheap)", "Finetuning", "joined", "finetuning = fine tuning"),
    ("pretraining", "Pre training", "Pre training", "split", "pre training = pretraining"),
    ("large language model inference", "LLM inference", "LLM inference", "acronym",
     "LLM = large language model"),
    ("RAG", "Retrieval-augmented generation", "Retrieval-augmented generation", "acronym",
     "retrieval-augmented generation = RAG"),
    ("image segmentation", "The segmentation of images", "segmentation of images", "of-form",
     "segmentation of image"),
]  # fmt: skip


@pytest.mark.parametrize(("watch", "title", "words", "how", "note"), EXPLAINED)
def test_evidence_names_words_and_way(
    watch: str, title: str, words: str, how: str, note: str
) -> None:
    match = evaluate(parse(watch), Text(title), LEXICON)

    assert match is not None
    (found,) = match.evidence
    assert (found.phrase, found.field, found.words) == (watch, "title", words)
    assert (found.how, found.note) == (how, note)


def test_evidence_is_best_first_and_none_twice() -> None:
    paper = Text("Graphs", "Diffusion on graphs.", ["Yann LeCun"], ["cs.LG"], "hugging-face")
    watch = parse("diffusion AND (graphs OR trees) AND graphs author:LeCun category:cs")

    match = evaluate(watch, paper, LEXICON)

    assert match is not None
    assert [evidence.phrase for evidence in match.evidence] == [
        "graphs", "author:LeCun", "category:cs", "diffusion",
    ]  # fmt: skip


NAMED = [
    ("category:cs", True),
    ("category:cs.lg", True),
    ("category:cs.CL", False),
    ("category:stat", True),
    ('source:"hugging face"', True),
    ("source:arxiv", False),
    ("author:LeCun, Y.", True),
    ("author:Yann Dubois", False),
    ("graphs -author:LeCun", False),
    ("graphs -category:math", True),
]


@pytest.mark.parametrize(("watch", "matches"), NAMED)
def test_names_are_found_in_their_fields(watch: str, matches: bool) -> None:
    paper = Text("Graphs", "", ["Yann LeCun"], ["cs.LG", "stat.ML"], "HuggingFace")

    assert (evaluate(parse(watch), paper, LEXICON) is not None) == matches


def test_a_channel_that_wants_certainty_gets_no_initials() -> None:
    paper = Text("Graphs", "", ["Yann LeCun"])

    assert evaluate(parse("author:LeCun, Y."), paper, LEXICON, 95) is None


def test_a_match_is_compared_by_what_it_says() -> None:
    paper = Text("Graphs")
    match = evaluate(parse("graph"), paper, LEXICON)

    assert match == evaluate(parse("graph"), paper, LEXICON)
    assert match != Match(99.0, ())
    assert match != "graph"
    assert "Graphs" in repr(match)


def test_a_broad_watch_is_narrowed_to_how_people_use_it() -> None:
    titles = ["Reinforcement learning", "Deep learning", "Reinforcement learning again", "Learning"]
    papers = [Text(f"{title} of things") for title in titles]

    assert narrower(parse("learning"), papers, LEXICON) == "reinforcement learning"


@pytest.mark.parametrize("watch", ["learning AND graphs", '"learning"', "quantum"])
def test_a_watch_that_needs_no_narrowing_gets_no_suggestion(watch: str) -> None:
    assert narrower(parse(watch), [Text("Learning of things")] * 3, LEXICON) is None


WRITTEN = """
AT&T | AT&T builds a network | yes
AT&T | Networks at T-Mobile | no
R&D | R\\&D spending in firms | yes
C++ | Generating C++ code | yes
C++ | Generating C code | no
C# | Migrating C# and .NET code | yes
.NET | Migrating C# and .NET code | yes
.NET | A neural net for sound | no
Q* | Q*: improving reasoning | yes
Q* | Q-learning again | no
A* search | Learned heuristics for A$^*$ search | yes
GPT-4o | GPT-4 as a judge | no
GPT4 | GPT-4 as a judge | yes
Llama 3.1 | Llama3.1 on phones | yes
Qwen2.5-VL | Qwen 2.5 VL technical report | yes
Qwen 2.5 VL | Qwen2.5-VL technical report | yes
text-to-SQL | Text2SQL with LLMs | yes
NF-κB | NF-kB in cells | yes
NF-kB | NFκB in cells | yes
NFκB | NF-kappaB in cells | yes
TNF-α | TNFalpha in cells | yes
TNFalpha | TNF-$\\alpha$ in cells | yes
H2O | Photocatalytic H$_2$O$_2$ | no
H2O | Splitting H$_{2}$O | yes
TiO₂ | TiO$_2$ nanotubes | yes
p53 | TP53 in tumors | yes
IL-6 | Interleukin-6 in serum | yes
C. elegans | Caenorhabditis elegans ages | yes
Caenorhabditis elegans | C. elegans ages | yes
scRNA-seq | Single-cell RNA sequencing of islets | yes
single-cell RNA-seq | Single-cell RNA sequencing of islets | yes
Li-ion battery | Lithium-ion batteries age | yes
robot manipulation | Robotic manipulation of cloth | yes
robotics | A robotic arm | yes
vision-language-action | A VLA that folds | yes
LLM agents | Agents of large language models | yes
GAN | GaN transistors | no
MoE | MOE layers | yes
深度学习 | 基于深度学习的图像识别方法 | yes
深度学习 | 基于深度强化学习的方法 | no
機械学習 | 機械学習による画像認識 | yes
การเรียนรู้ของเครื่อง | การประยุกต์ใช้การเรียนรู้ของเครื่องในเกษตร | yes
기계 학습 | 기계학습을 이용한 예측 | yes
基于 BERT 的模型 | 基于ＢＥＲＴ的模型研究 | yes
apprentissage | Vers l’apprentissage automatique | yes
التعلم الآلي | تعلم آلي للصور | yes
İstanbul | Traffic in Istanbul | yes
covid19 | COVID-19 vaccines | yes
PM2.5 | PM 2.5 exposure | yes
transform* | Efficient Transformers | yes
transform* | A form of trance | no
graph transform* | Graph transformations | yes
LLM agents | Agents powered by large language models negotiate | yes
LLM agents | LLM-based agents | yes
Mamba | Mambo: music | no
US | LET US READ ALL LANGUAGE MODELS | no
language model | LET US READ ALL LANGUAGE MODELS | yes
LLM | LET US READ LLM AGENTS | yes
heart failure | Failure of the hearts reveals much | yes
"""


@pytest.mark.parametrize("row", WRITTEN.strip().splitlines())
def test_names_are_found_in_each_of_their_spellings(row: str) -> None:
    watch, title, found = row.replace("\\\\", "\\").split(" | ")

    assert (score(watch, title, threshold=80) is not None) == (found == "yes")


SENSES = [
    ("TTS", "Test-time scaling~(TTS) of agents", "TTS is cheap.", False),
    ("TTS", "TTS for agents", "Here test-time scaling means sampling.", False),
    ("TTS", "TTS for agents", "We read text to speech.", True),
    ("TTS", "TTS for readers", "", True),
    ("MLLM", "Seeing in MLLMs", "Multi-modal large language models (MLLMs) see.", True),
    ("SSL: sweet spot learning of agents", "SSL: Sweet Spot Learning of Agents", "", True),
    ("ASR", "Jailbreaks", "The attack success rate (ASR) falls; ASR is low.", False),
    ("ASR in noise", "ASR in noise", "Adversarial subspace rank (ASR)", False),
    ("MCP", "Monocytes", "Monocyte chemoattractant protein-1 (MCP-1) rises.", False),
    ("moe", "Schools", "The Ministry of Education (MOE) pays.", False),
    ("automatic speech recognition", "Attacks", "Attack success rate (ASR)", False),
    ("automatic speech recognition", "ASR", "Automated speech recognition (ASR)", True),
    ("test-time scaling", "TTS again", "", False),
    ("test-time scaling", "TTS again", "Test-time scaling (TTS)", True),
    ("androgen receptor", "AR variants", "", False),
    ('"TTS"', "Test-time scaling (TTS)", "", True),
]


@pytest.mark.parametrize(("watch", "title", "abstract", "found"), SENSES)
def test_a_papers_own_words_decide_what_an_acronym_means(
    watch: str, title: str, abstract: str, *, found: bool
) -> None:
    assert (score(watch, title, abstract, threshold=80) is not None) is found
