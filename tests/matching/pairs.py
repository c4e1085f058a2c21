"""Pairs judged by hand, before there was a scorer: would this person want to see this title?

Each row is a watch as typed, a title or sentence, the judgement, and why. Rows are judged by what
the person meant, not by what any algorithm finds easy; those we still get wrong are named in
`test_pairs.py` and must stay few.
"""

from typing import NamedTuple


class Pair(NamedTuple):
    """One judgement: `wanted` is whether the title should match the watch at threshold 80."""

    watch: str
    text: str
    wanted: bool
    why: str


WORD_FORMS = (
    Pair("language models", "A language model that knows when to stop", True, "plural watch"),
    Pair("language model", "Probing language models for syntax", True, "plural paper"),
    Pair("matrix factorization", "Factorization machines and matrix games", False, "order"),
    Pair("random matrix", "Spectra of random matrices", True, "irregular plural"),
    Pair("index structure", "Learned index structures", True, "plural of the last word"),
    Pair("learned index", "Learned indices for spatial keys", True, "irregular plural"),
    Pair("analysis", "Two analyses of one corpus", True, "Greek plural"),
    Pair("bias", "Measuring bias in embeddings", True, "a word that ends in s is no plural"),
    Pair("lens", "Logit lens for small networks", True, "a word that ends in s is no plural"),
    Pair("gas", "Gases in young galaxies", True, "plural of a short word"),
    Pair("embedding", "Sentence embeddings without labels", True, "plural"),
    Pair("embeddings", "Embedded systems for drones", False, "embedded is another sense"),
    Pair("fine-tuning", "Fine tuning on a budget", True, "hyphen against space"),
    Pair("fine tuning", "Finetuning on a budget", True, "space against joined"),
    Pair("finetuning", "Parameter-efficient fine-tuning", True, "joined against hyphen"),
    Pair("pre-training", "Pretraining with noisy labels", True, "hyphen against joined"),
    Pair("pretraining", "Pre-training with noisy labels", True, "joined against hyphen"),
    Pair("text to image", "Text-to-image synthesis in one step", True, "spaces against hyphens"),
    Pair("text-to-image", "From text to image and back", True, "hyphens against spaces"),
    Pair("text to image", "Image to text retrieval", False, "the reverse direction"),
    Pair("few-shot learning", "Few-shot learners are brittle", True, "same light stem"),
    Pair("quantization", "Post-training quantisation to three bits", True, "British spelling"),
    Pair("behaviour cloning", "When behavior cloning fails", True, "American spelling"),
    Pair("colour constancy", "Color constancy under mixed light", True, "American spelling"),
    Pair("modelling", "Modeling traffic at scale", True, "doubled consonant"),
    Pair("naive bayes", "Naïve Bayes revisited", True, "accent"),
    Pair("schrodinger bridge", "Diffusion Schrödinger bridges", True, "umlaut"),
    Pair("β-VAE", "beta-VAE learns disentangled factors", True, "Greek letter by name"),
    Pair("gamma ray bursts", "Afterglows of $\\gamma$-ray bursts", True, "Greek letter in LaTeX"),
    Pair("erdos renyi", "Cliques in Erd\\H{o}s-R\\'enyi graphs", True, "LaTeX accents"),
    Pair("parkinson's disease", "Gait in Parkinson disease", True, "possessive"),
    Pair("FlashAttention", "FlashAttention2: fewer shared memory reads", True, "version digits"),
    Pair("GPT-4", "GPT-4o as a tutor", False, "another name"),
    Pair("llama 2", "Llama 2 speaks Thai", True, "name with version"),
    Pair("llama 2", "Llama 3 speaks Thai", False, "another version"),
    Pair("qwen 2", "Qwen 2.5 technical report", False, "2.5 is not 2"),
    Pair("synthetic data", "Synthetic datasets for code", True, "dataset is data here"),
    Pair("optimize", "Optimizing compilers for tensors", True, "same light stem"),
    Pair("organization", "How organs grow", False, "no stem of ours"),
    Pair("universe", "University rankings", False, "a stemmer's famous error"),
    Pair("news", "A new method for parsing", False, "news is no plural"),
    Pair("policy", "Police body cameras", False, "a stemmer's famous error"),
    Pair("generation", "General relativity in one page", False, "no shared meaning"),
    Pair("caching", "KV cache eviction for long prompts", True, "same light stem"),
)

BOUNDARIES = (
    Pair("RAG", "Leverage in portfolio choice", False, "inside a word"),
    Pair("RAG", "Storage on the edge", False, "inside a word"),
    Pair("PPO", "Support vector machines at scale", False, "inside a word"),
    Pair("AI", "What the witness said", False, "inside a word"),
    Pair("NER", "A new partner in nerve repair", False, "inside a word"),
    Pair("GAN", "He began with a gan of eagles", False, "capitals only"),
    Pair("LoRA", "LoRA without regret", True, "same name"),
    Pair("CLIP", "A clip of the interview", False, "capitals only"),
    Pair("CLIP", "CLIP sees colours", True, "capitals"),
    Pair("LLM", "How LLMs plan", True, "plural of an acronym"),
    Pair("SLAM", "Visual SLAM indoors", True, "capitals"),
    Pair("SLAM", "Poets at the slam finals", False, "capitals only"),
    Pair("agent", "Reagent selection in synthesis", False, "inside a word"),
    Pair("art", "Partial orders in practice", False, "inside a word"),
    Pair("graph", "A paragraph about photography", False, "inside a word"),
    Pair("rank", "Frank copulas", False, "inside a word"),
)

NEAR_WORDS = (
    Pair("machine learning", "Machine unlearning under audit", False, "the opposite"),
    Pair("supervised learning", "Unsupervised learning of shapes", False, "the opposite"),
    Pair("content moderation", "Context moderation effects in surveys", False, "other word"),
    Pair("causal inference", "Casual inference about strangers", False, "a real word"),
    Pair("object detection", "Object direction from one photo", False, "a real word"),
    Pair("diffusion", "Infusion pumps in hospitals", False, "a real word"),
    Pair("transformer", "Transforming growth factors in mice", False, "other sense"),
    Pair("attention", "Intention prediction for drivers", False, "a real word"),
    Pair("word embeddings", "World embeddings for planners", False, "a real word"),
    Pair("planning", "Planting trees by drone", False, "a real word"),
    Pair("robust", "Robots that knit", False, "a real word"),
    Pair("federated learning", "Federated leanring across banks", True, "typo in the paper"),
    Pair("difusion models", "Diffusion models for audio", True, "typo in the watch"),
    Pair("reinforcment learning", "Reinforcement learning with silence", True, "typo in watch"),
    Pair("tranformer", "A transformer for tables", True, "typo in the watch"),
    Pair("retreival augmented generation", "Retrieval-augmented generation at sea", True, "typo"),
    Pair('"difusion"', "Diffusion models for audio", False, "quotes switch correction off"),
    Pair("quantum computing", "Quantum computation with ions", False, "near, but not said"),
    Pair("speech recognition", "Speech cognition in infants", False, "a real word"),
    Pair("protein folding", "Protein holding under tension", False, "a real word"),
)

ORDER_AND_GAPS = (
    Pair("graph neural network", "Graph neural networks for chemistry", True, "as typed"),
    Pair("graph neural network", "Neural scene graph networks", False, "order"),
    Pair("graph network", "Graph attention networks", True, "one word between"),
    Pair("graph network", "A graph of how trade networks grew", False, "too far apart"),
    Pair("vision transformer", "A transformer for scalable vision", False, "order"),
    Pair("vision transformer", "Vision transformers need registers", True, "plural"),
    Pair("mechanism design", "The mechanism (CAM) is designed for speed", False, "a verb"),
    Pair("reward model", "Rewards are shaped, then dynamics modelled", False, "a verb far off"),
    Pair("reward model", "Reward models overfit", True, "plural"),
    Pair("neural rendering", "Neural radiance fields. Rendering now", False, "two sentences"),
    Pair("object tracking", "Tracking of moving objects", True, "of-form"),
    Pair("image segmentation", "Segmentation of medical images", True, "of-form"),
    Pair("image segmentation", "Segmentation of a market by image", False, "other sense"),
    Pair("tensor parallelism", "Parallelism (data, tensor, pipeline) for training", True, "list"),
    Pair("knowledge distillation", "Distillation of knowledge into trees", True, "of-form"),
    Pair("structure from motion", "Global structure-from-motion revisited", True, "hyphens"),
    Pair("mixture of experts", "Sparse mixture-of-experts routing", True, "hyphens"),
    Pair("mixture of experts", "Experts disagree on a mixture", False, "order"),
    Pair("image generation", "Image and video generation with one model", True, "shared head"),
    Pair("speech translation", "Speech recognition, then translation", False, "two tasks"),
    Pair(
        "multi-agent reinforcement learning", "Multi-agent deep reinforcement learning", True, "gap"
    ),
)

ACRONYMS = (
    Pair("RAG", "Retrieval-augmented generation for law", True, "long form"),
    Pair("retrieval augmented generation", "RAG for law", True, "acronym"),
    Pair("VLM", "Vision-language models are blind", True, "long form"),
    Pair("vision-language models", "A VLM for charts", True, "acronym"),
    Pair("vision-language models", "Vision-language-action models for arms", False, "VLA, not VLM"),
    Pair("large language model", "LLM inference on phones", True, "acronym"),
    Pair("LLM", "A large language model for Basque", True, "long form"),
    Pair("LLM", "Large vision and language corpora", False, "no model"),
    Pair("GNN", "Expressive graph neural networks", True, "long form"),
    Pair("NLP", "Natural language processing for clinics", True, "long form"),
    Pair("reinforcement learning from human feedback", "RLHF without rewards", True, "acronym"),
    Pair("RLHF", "Reinforcement learning from human feedback", True, "long form"),
    Pair(
        "automatic speech recognition",
        "Adversarial subspace rank (ASR)",
        False,
        "paper's own",
    ),
    Pair("explainable AI", "XAI for radiologists", True, "acronym"),
    Pair("counterfactual risk", "Counterfactual risk (CR) bounds", True, "brackets do not hurt"),
    Pair("MoE", "Mixture of experts at a trillion weights", True, "long form"),
    Pair("SAE", "Sparse autoencoders find features", True, "long form"),
    Pair("large language model inference", "LLM inference on phones", True, "acronym within"),
)
