"""Word tables: function words, irregular plurals, spellings, endings that are none."""


def words(text: str) -> frozenset[str]:
    """The white-space-separated words of a text."""
    return frozenset(text.split())


FUNCTION_WORDS = words("""
a about above across after all also am among an and another any are as at be because been
before being between both but by can could did do does done doing down during each either for
from further had has have having he her here hers him his how however i if in into is it its
itself just may me might more most much must my near neither no nor of off on once only onto or
other our ours out over own per she should since so some such than that the their theirs them
then there these they this those through thus to too toward towards under until up upon used
using versus very via vs was we were what when where whether which while who whom whose why
will with within without would yet you your et al eg ie etc not
""")
"""Words that carry no topic: one unit wide, and never needed for a match but `DIRECTIONS`."""

BREAKING = words("""
a an the am is are was were be been being do does did doing done have has had having can could will
would shall should may might must i we you he she they it my our your his her hers their its us
them him me this that these those who whom whose which what when where why how if because since
than then there here so such not yet
""")
"""Function words that no compound has inside: "test time we compute" is no *test-time compute*."""

JOINING = words("and or nor but in on for with from by at into to as via using vs versus per over")
"""Function words that end a compound: with another word before, "prices and wage" is no *wage*."""

DIRECTIONS = frozenset({"to", "without", "not"})
"""Function words that turn a phrase around ("text to image"), so a watch that has one needs it."""

PARTICLES = DIRECTIONS | {"in", "on", "off", "out", "over", "under", "up", "down"}
"""Function words that count where they begin a phrase or stand in a compound: off-policy."""

MANNERS = words("based driven powered style like enabled assisted")
"""Last words of a compound that leave its first what it is: RAG-based is still RAG."""

BY_MEANS = words("based driven powered enabled")
"""Words that say by what means: LLM-powered agents and agents powered by LLMs are LLM agents."""

LINK, LINK_TO = "of", "to"
"""Function words of the of-form: "segmentation of images" for *image segmentation*."""

OF, OF_OR_TO = 1 << 16, 1
"""What an "of" and a "to" add to the links of a paper; what a phrase needs there of either."""

TAKES_TO = words("""
access adaptation adherence adhesion allergy attachment attack attention aversion barrier binding
commitment compliance contribution damage dependency exposure extension hesitancy hypersensitivity
immunity incentive injury intolerance localization migration obstacle opposition preference
proximity reaction relation resilience resistance response robustness sensitivity solution
susceptibility threat tolerance transfer transition transport treatment vulnerability
""")
"""Nouns that take "to" where others take "of": resistance to drugs is *drug resistance*."""

IRREGULAR = {
    "matrices": "matrix", "indices": "index", "indexes": "index", "vertices": "vertex",
    "vortices": "vortex", "appendices": "appendix", "simplices": "simplex", "axes": "axis",
    "analyses": "analysis", "hypotheses": "hypothesis", "syntheses": "synthesis",
    "theses": "thesis", "crises": "crisis", "diagnoses": "diagnosis", "prognoses": "prognosis",
    "biases": "bias", "lenses": "lens", "gases": "gas", "viruses": "virus", "buses": "bus",
    "viri": "virus", "atlases": "atlas", "statuses": "status", "focuses": "focus",
    "corpora": "corpus", "corpuses": "corpus", "phenomena": "phenomenon", "criteria": "criterion",
    "automata": "automaton", "spectra": "spectrum", "minima": "minimum", "maxima": "maximum",
    "optima": "optimum", "extrema": "extremum", "quanta": "quantum", "strata": "stratum",
    "formulae": "formula", "nebulae": "nebula", "supernovae": "supernova", "novae": "nova",
    "galaxies": "galaxy", "nuclei": "nucleus", "stimuli": "stimulus", "radii": "radius",
    "loci": "locus", "foci": "focus", "bacteria": "bacterium", "fungi": "fungus", "mice": "mouse",
    "children": "child", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth",
    "leaves": "leaf", "halves": "half", "lives": "life", "knives": "knife", "people": "person",
    "schemata": "schema", "data": "data", "datum": "data", "media": "media",
}  # fmt: skip
SINGULAR_IN_S = words("""
lens bias news series species gas always perhaps whereas across less bus plus corps chaos kudos
cosmos pathos ethos rhinoceros canvas atlas pancreas alias christmas texas kansas
""")
PLURAL_IN_ICS = words("""
metrics topics heuristics characteristics critics clinics fabrics mosaics logics lyrics comics
generics epidemics pandemics classics skeptics mimics relics picnics topics antibiotics plastics
ceramics psychedelics
""")

PLURAL_IN_CHES = words("caches aches headaches niches moustaches")

SPELLING = {
    "analyse": "analyze", "analysed": "analyzed", "analysing": "analyzing", "centre": "center",
    "metre": "meter", "fibre": "fiber", "litre": "liter", "theatre": "theater",
    "catalogue": "catalog", "dialogue": "dialog", "analogue": "analog", "defence": "defense",
    "offence": "offense", "licence": "license", "grey": "gray", "programme": "program",
    "artefact": "artifact", "ageing": "aging", "judgement": "judgment", "tyre": "tire",
    "skilful": "skillful", "enrol": "enroll", "fulfil": "fulfill", "mould": "mold",
    "aluminium": "aluminum", "sulphur": "sulfur", "haemoglobin": "hemoglobin",
    "paediatric": "pediatric", "anaesthesia": "anesthesia", "leukaemia": "leukemia",
    "oestrogen": "estrogen", "manoeuvre": "maneuver", "plough": "plow", "grey-scale": "grayscale",
}  # fmt: skip
IRREGULAR |= {
    f"{word}es": word
    for word in words("""
    archipelago cargo echo embargo halo hero mango mosquito potato tomato tornado
    torpedo veto volcano
    """)
}
SPELLING |= {
    name: name.replace("ae", "a").replace("oe", "o").replace("ue", "u")
    for name in words("""
    baecklund foerster froehlich goedel goettingen groebner grueneisen hoelder hoermander hueckel
    juelich juergen kaehler koeln koenig kuenneth loeffler loewdin loewner mueller muenchen muenster
    moebius moessbauer pluecker roentgen roessler schaefer schoenberg schoenflies schoenhage
    schroedinger schroeder schuetz schuetzenberger sjoegren toennies tuebingen tuerkiye voelker
    wuerzburg zuerich
    """)
}
"""British words as Americans write them, and German names as those write them who lack ä, ö, ü."""

ADJECTIVES = {
    "robotic": "robot", "genomic": "genom", "proteomic": "proteom", "metabolomic": "metabolom",
    "transcriptomic": "transcriptom", "microbiomic": "microbiom", "atomic": "atom",
    "magnetic": "magnet", "galactic": "galaxy", "molecular": "molecul", "neuronal": "neuron",
    "bacterial": "bacterium", "viral": "virus", "tumoral": "tumor", "photonic": "photon",
    "phononic": "phonon", "excitonic": "exciton", "plasmonic": "plasmon", "hadronic": "hadron",
    "leptonic": "lepton", "solitonic": "soliton", "ionic": "ion", "ceramic": "ceram",
    "oceanic": "ocean", "volcanic": "volcano", "seismic": "seism", "acoustic": "acoust",
    "syntactic": "syntax", "semantic": "semant", "algorithmic": "algorithm",
    "spectroscopic": "spectroscopy", "microscopic": "microscopy", "tomographic": "tomography",
    "demographic": "demography", "diabetic": "diabet", "arthritic": "arthrit",
    "schizophrenic": "schizophrenia", "enzymatic": "enzym", "embryonic": "embryo",
    "planetary": "planet", "exoplanetary": "exoplanet", "lunar": "moon", "stellar": "star",
    "fungal": "fungu", "microbial": "microb", "parasitic": "parasit", "peptidic": "peptid",
    "polymeric": "polymer", "colloidal": "colloid", "crystalline": "crystal",
}  # fmt: skip
"""Adjectives, each with the stem of the noun that it is made of: a robotic arm is a robot arm."""

JOINED_ALIASES = {
    "nfkb": "nfkappab", "tnfa": "tnfalpha", "ifna": "ifnalpha", "ifnb": "ifnbeta",
    "ifng": "ifngamma", "tgfb": "tgfbeta", "il1b": "il1beta", "il1a": "il1alpha",
    "hif1a": "hif1alpha", "pgc1a": "pgc1alpha", "pparg": "ppargamma", "ppara": "pparalpha",
    "amyloidb": "amyloidbeta", "abeta": "amyloidbeta", "ikba": "ikappabalpha", "ikb": "ikappab",
    "pi3k": "pi3kinase", "hr": "hr",
}  # fmt: skip
"""Names of genes and proteins whose Greek letter is written as a Latin one."""

NO_STEM = words("""
embed hundred sacred naked evening ceiling king string spring thing morning sibling wedding
offspring something nothing everything anything indeed speed bed red
""")
