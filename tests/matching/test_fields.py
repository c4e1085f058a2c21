"""Words of many fields as strangers type them, one title a watch: found, or rightly not found.

Each stands for a kind: punctuation, acronyms of other fields, genes and formulas, order, scripts
without spaces, accents and spellings, names of people.
"""

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.query.suggest import correct
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from tests.matching.paper import Text

LEXICON = Lexicon.shipped()

FOUND = [
    ("visual question-answering", "Visual Question Answering: A Survey"),
    ("R&D spending", "R&D Spending and Firm Growth"),
    ("human-in-the-loop", "Human in the Loop Labelling"),
    ("end to end driving", "End-to-End Driving with Transformers"),
    ("input/output", "Fast Input/Output for Databases"),
    ("GPT-4o", "GPT4o in Practice"),
    ("F#", "Functional Programming in F#"),
    ("A/B testing", "Online A/B Tests at Scale"),
    ("COVID-19", "Long-term effects of COVID‑19 infection"),
    ("COVID 19", "COVID-19 vaccines"),
    ("Qwen 2.5", "Qwen2.5 Technical Report"),
    ("MRI", "Magnetic resonance imaging of the knee"),
    ("polymerase chain reaction", "A PCR test"),
    ("CBT", "Cognitive behavioural therapy for insomnia"),
    ("DFT", "Density functional theory of alloys"),
    ("AGN", "Active galactic nuclei at high redshift"),
    ("GDP", "Forecasting gross domestic product"),
    ("ICU", "Mortality in intensive care units"),
    ("RCT", "Randomised controlled trials in schools"),
    ("EEG", "Electroencephalography for sleep staging"),
    ("ADHD", "Attention-deficit/hyperactivity disorder in adults"),
    ("PTSD", "Post-traumatic stress disorder after war"),
    ("mRNA vaccine", "Messenger RNA vaccines for influenza"),
    ("GNSS", "Global navigation satellite systems"),
    ("IL-6", "Interleukin 6 in sepsis"),
    ("TNF-alpha", "TNF-α inhibitors"),
    ("p53", "TP53 mutations"),
    ("E. coli", "Escherichia coli outbreaks"),
    ("S. cerevisiae", "Saccharomyces cerevisiae aging"),
    ("CRISPR-Cas9", "CRISPR/Cas9 genome editing"),
    ("CO2 capture", "CO$_2$ capture by amines"),
    ("TiO2", "TiO₂ photocatalysis"),
    ("Li-ion battery", "Lithium-ion batteries"),
    ("perovskite solar cells", "Perovskite-based solar cells"),
    ("drug discovery", "Discovery of drugs by screening"),
    ("强化学习", "基于强化学习的机器人"),
    ("機械学習", "機械学習による画像認識"),
    ("学習", "機械学習による画像認識"),
    ("딥러닝", "딥러닝을 이용한 의료 영상"),
    ("기계 학습", "기계학습은 무엇인가"),
    ("การเรียนรู้", "การเรียนรู้ของเครื่อง"),
    ("ＬＬＭ", "LLM agents"),
    ("大規模言語モデル", "大規模言語モデルの評価"),
    ("apprentissage automatique", "L'apprentissage automatique en santé"),
    ("intelligence artificielle", "De l’intelligence artificielle"),
    ("eau", "L'eau potable"),
    ("ısı transferi", "Isı transferi üzerine"),
    ("naïve bayes", "Naive Bayes classifiers"),
    ("Schrödinger equation", "The Schroedinger equation"),
    ("organisational behaviour", "Organizational Behavior in Startups"),
    ("ageing", "Aging and cognition"),
    ("paediatric oncology", "Pediatric Oncology Trials"),
    ("tumour", "Tumor growth"),
    ("fibre optics", "Fiber optic sensors"),
    ("children", "Child development"),
    ("mice", "Mouse models of disease"),
    ("analyses", "Analysis of variance"),
    ("phenomena", "A phenomenon in physics"),
    ("SAR", "Synthetic aperture radar imaging"),
]

NOT_FOUND = [
    ("GPT-4", "GPT-4o in Practice"),
    ("C#", "A C Compiler"),
    ("Qwen 2", "Qwen2.5 Technical Report"),
    ("CBT", "Computer-based testing (CBT) in schools"),
    ("BERT", "Bert: a lemur story"),
    ("IL-6", "Interleukin-16 levels"),
    ("BRCA1", "BRCA2 carriers"),
    ("H2O", "H$_2$O$_2$ decomposition"),
    ("heart failure", "Failure of the heart rate sensor"),
    ("minimum wage", "Minimum prices and wage"),
    ("graph neural networks", "Neural networks on graphs"),
    ("climate policy", "Climate: a policy review"),
    ("machine translation", "Translation with machine help"),
    ("深層学習", "深層強化学習"),
    ("causal inference", "Casual Inference Podcasts"),
    ("Mamba", "Mambo dancing"),
    ("few-shot learning", "Few Shot Learners"),
    ("US", "Tell us about it"),
    ("IT", "It works"),
    ("WHO", "Who benefits from trade?"),
    ("AIDS", "Hearing aids for children"),
    ("SAR", "Structure–activity relationship (SAR) of inhibitors"),
]

PEOPLE = [
    ("Gabriel García Márquez", "García Márquez, G.", True),
    ("G. García Márquez", "Gabriel García Márquez", True),
    ("García Márquez", "Gabriel Garcia-Marquez", True),
    ("Márquez", "Gabriel García Márquez", True),
    ("Ana López Obrador", "Andrés López Obrador", False),
    ("van der Berg", "J. van der Berg", True),
    ("ATLAS Collaboration", "The ATLAS Collaboration", True),
    ("al-Khwarizmi", "Muhammad Al Khwarizmi", True),
    ("LeCun Y", "Yann LeCun", True),
    ("Yann LeCun", "Marc LeCun", False),
    ("Wei Zhang", "Wen Zhang", False),
    ("Zhang Wei", "Wei Zhang", True),
    ("Jean-Baptiste Dupont", "J.-B. Dupont", True),
    ("O'Brien", "Conor O’Brien", True),
    ("Łukasz Kaiser", "Lukasz Kaiser", True),
    ("De la Cruz", "Maria de la Cruz", True),
    ("von Neumann", "John von Neumann", True),
    ("Ludwig van Beethoven", "Beethoven, L. van", True),
    ("Martin Luther King Jr.", "Martin L. King", True),
    ("J Smith", "Jane Smith", True),
    ("J Smith", "Kate Smith", False),
]


def _watched(watch: str, paper: Text) -> Match | None:
    return evaluate(correct(parse(watch), LEXICON).expression, paper, LEXICON)


@pytest.mark.parametrize(("watch", "title"), FOUND)
def test_a_title_that_says_it_is_found(watch: str, title: str) -> None:
    assert _watched(watch, Text(title)) is not None


@pytest.mark.parametrize(("watch", "title"), NOT_FOUND)
def test_a_title_that_says_something_else_is_not(watch: str, title: str) -> None:
    assert _watched(watch, Text(title)) is None


@pytest.mark.parametrize(("name", "author", "same"), PEOPLE)
def test_an_author_is_found_in_every_usual_form(name: str, author: str, same: bool) -> None:
    assert (_watched(f"author:{name}", Text("Waves", "", [author])) is not None) is same
