"""Kinds of cases that somebody who had not seen ours brought, each with a sibling that is none."""

import pytest

from bot.matching.evaluate import evaluate
from bot.matching.query.expression import parse
from bot.matching.text.lexicon import Lexicon
from tests.matching.paper import Text

FOUND = [
    ("climate change adaptation", "Adaptation to Climate Change in Coastal Cities"),
    ("adaptation to climate change", "Climate change adaptation in coastal cities"),
    ("antibiotic resistance", "Resistance to Antibiotics in Coastal Waters"),
    ("lead exposure", "Exposure to lead and later income"),
    ("segmentation of images", "Image segmentation with nets"),
    ("detection of the deepfakes", "Deepfake detection at scale"),
    ("gender pay gap", "Gender Pay and Wage Gap in Europe"),
    ("İstanbul", "İstanbul'da hava kirliliği"),
    ("türkiye", "Türkiye'nin nüfusu"),
    ("Müller glia", "Mueller glia in the retina"),
    ("Mueller glia", "Müller glia in the retina"),
    ("Gröbner basis", "Groebner basis computation"),
    ("Kähler manifold", "Ricci flow on Kaehler manifolds"),
    ("dark matter halos", "Shapes of dark matter haloes"),
    ("anaemia", "Anemia in pregnancy"),
    ("esophageal cancer", "Oesophageal cancer screening"),
    ("sulfate aerosol", "Sulphate aerosols over the Arctic"),
    ("exposure to lead", "Childhood lead exposure and later income"),
    ("quality of life", "Health-related quality of life after stroke"),
    ("single-cell RNA-seq", "A single cell RNA sequencing atlas of the human gut"),
    ("GWAS", "Genome-wide association study of migraine"),
    ("perovskite solar cell", "Stable perovskite solar cells by interface passivation"),
    ("CRISPR/Cas9", "CRISPR-Cas9 editing in rice"),
    ("dark matter halos", "Halo shapes of dark matter haloes in simulations"),
    ("p-adic", "p-adic Hodge theory for rigid spaces"),
    ("SARS-CoV-2", "Neutralization of SARS‑CoV‑2 variants"),
    ("type 2 diabetes", "Diet in patients with Type 2 diabetes mellitus"),
    ("difference-in-differences", "Difference in differences with staggered adoption"),
    ("carbon nanotube", "Growth of carbon nano-tubes on copper"),
    ("apprentissage profond", "Une méthode d'apprentissage profond pour la détection"),
    ("aprendizaje automático", "Modelos de aprendizaje automático para la salud"),
    ("图神经网络", "一种新的图神经网络方法"),
    ("量子計算", "誤り訂正による量子計算の実現"),
    ("машинное обучение", "Методы машинного обучения в медицине"),
    ("künstliche Intelligenz", "Künstlicher Intelligenz vertrauen: eine Umfrage"),
    ("fMRI", "Decoding speech from functional magnetic resonance imaging"),
    ("LLM hallucination", "Hallucinations of large language models in medicine"),
    ("heat wave", "Heatwaves and mortality in cities"),
    ("CO2 capture", "CO$_2$ capture by amine sorbents"),
    ("zero-shot", "Zero‐shot classification of satellite images"),
    ("mental health", "Adolescents' mental health during lockdown"),
    ("Bose-Einstein condensate", "Vortices in Bose–Einstein condensates"),
]
NOT_FOUND = [
    ("image text", "Text to image generation with diffusion"),
    ("speech text", "From text to speech"),
    ("video image", "Image to video in one step"),
    ("antibiotic resistance", "Resistance of farmers: an antibiotics policy"),
    ("climate change adaptation", "Climate of change: adaptation of novels for film"),
    ("text to image", "Image text pairs"),
    ("minimum wage", "Minimum Prices and Wage"),
    ("hawai", "Hawai'i's coral reefs"),
    ("brien", "O'Brien and the sea"),
    ("shoe", "Shot noise in shops"),
    ("antibiotic resistance", "Resistance of farmers to change: antibiotics policy"),
    ("image text", "Text-to-image generation with diffusion"),
    ("minimum wage", "Maximum hours and minimum staff: wage effects"),
    ("MCP", "Monte Carlo planning (MCP) for games"),
    ("PET", "Recycling of PET bottles made of polyethylene terephthalate (PET)"),
    ("RNA", "Rana temporaria calls in spring"),
    ("GAN", "GaN power transistors"),
    ("causal inference", "A casual inference engine for chat"),
    ("graph neural network", "Neural responses to network graphs"),
    ("dark matter", "Matter of fact: dark patterns in web shops"),
    ("type 2 diabetes", "Type 1 diabetes in children"),
    ("H2O", "Decomposition of H2O2 on silver"),
    ("p53", "Expression of p63 in skin"),
    ("IL-6", "IL-16 in asthma"),
    ("quantum computing", "Computing quantum yields of dyes"),
    ("language model", "Body language: a model of gesture"),
    ("machine learning", "Learning to operate a milling machine"),
    ("基因", "因基层治理"),
    ("solar cell", "Solar flares and cell phones"),
    ("heart failure", "Failure of the heart rate sensor"),
    ("vision transformer", "Transformer stations for scalable vision systems"),
    ("reward model", "Rewards are modelled as noise"),
    ("US", "Let us walk"),
    ("ASR", "Adaptive sparse regression (ASR) for genomics"),
    ("transfer learning", "Learning about knowledge transfer offices"),
]


@pytest.mark.parametrize(("watch", "title"), FOUND)
def test_other_words_for_the_same_are_found(watch: str, title: str) -> None:
    assert evaluate(parse(watch), Text(title), Lexicon.shipped())


@pytest.mark.parametrize(("watch", "title"), NOT_FOUND)
def test_the_same_words_for_something_else_are_not(watch: str, title: str) -> None:
    assert evaluate(parse(watch), Text(title), Lexicon.shipped()) is None


@pytest.mark.parametrize(
    ("watch", "author", "found"),
    [
        ("author:O'Brien", "Kate O'Brien", True),
        ("author:Nguyen Van Anh", "Nguyễn Văn Anh", True),
        ("author:Jürgen Müller", "J. Mueller", True),
        ("author:Wei Xu", "Weizhen Xu", False),
        ("author:Li Wu", "Lin Wu", False),
    ],
)
def test_people_are_found_as_others_write_them(watch: str, author: str, found: bool) -> None:
    match = evaluate(parse(watch), Text("On tides", authors=[author]), Lexicon.shipped())

    assert (match is not None) is found
