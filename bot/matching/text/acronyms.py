"""Acronyms of the field that everyone writes both ways; a paper's own definition overrides them."""

from bot.matching.text.tokenizer import phrase_terms

_TABLE = """
3DGS 3D Gaussian splatting
AGI artificial general intelligence
AI artificial intelligence
ANN artificial neural network
ANNS approximate nearest neighbor search
ASR automatic speech recognition
BCI brain computer interface
BEV bird's-eye view
BO Bayesian optimization
CFD computational fluid dynamics
CNN convolutional neural network
CoT chain of thought
CTR click-through rate
CVAE conditional variational autoencoder
DDPM denoising diffusion probabilistic model
DFT density functional theory
DiT diffusion transformer
DL deep learning
DPO direct preference optimization
DRL deep reinforcement learning
EEG electroencephalography
EHR electronic health record
FFT fast Fourier transform
FHE fully homomorphic encryption
FL federated learning
fMRI functional magnetic resonance imaging
FRB fast radio burst
GAN generative adversarial network
GCN graph convolutional network
GNN graph neural network
GP Gaussian process
GRB gamma-ray burst
GRPO group relative policy optimization
GUI graphical user interface
GWAS genome-wide association study
HCI human-computer interaction
HPC high performance computing
ICL in-context learning
IoT internet of things
KD knowledge distillation
KG knowledge graph
LDM latent diffusion model
LLM large language model
LMM large multimodal model
LoRA low-rank adaptation
LRM large reasoning model
LSTM long short-term memory
LVLM large vision-language model
MAE masked autoencoder
MARL multi-agent reinforcement learning
MCMC Markov chain Monte Carlo
MCP model context protocol
MCTS Monte Carlo tree search
MDP Markov decision process
MIL multiple instance learning
ML machine learning
MLLM multimodal large language model
MoE mixture of experts
MPC model predictive control
MRI magnetic resonance imaging
MTL multi-task learning
MTP multi-token prediction
NAS neural architecture search
NER named entity recognition
NeRF neural radiance field
NLG natural language generation
NLI natural language inference
NLP natural language processing
NLU natural language understanding
NMT neural machine translation
OCR optical character recognition
ODE ordinary differential equation
OOD out-of-distribution
PDE partial differential equation
PEFT parameter-efficient fine-tuning
PINN physics-informed neural network
PPO proximal policy optimization
PRM process reward model
PTQ post-training quantization
QAT quantization-aware training
QEC quantum error correction
QKD quantum key distribution
RAG retrieval-augmented generation
RL reinforcement learning
RLAIF reinforcement learning from AI feedback
RLHF reinforcement learning from human feedback
RLVR reinforcement learning with verifiable rewards
RNN recurrent neural network
SAE sparse autoencoder
SAM segment anything model
SDE stochastic differential equation
SFT supervised fine-tuning
SGD stochastic gradient descent
SLAM simultaneous localization and mapping
SLM small language model
SNN spiking neural network
SSL self-supervised learning
SSM state space model
STT speech-to-text
SVM support vector machine
T2I text-to-image
T2V text-to-video
TTA test-time adaptation
TTS text-to-speech
TTT test-time training
UAV unmanned aerial vehicle
UQ uncertainty quantification
VAE variational autoencoder
ViT vision transformer
VLA vision-language-action model
VLM vision-language model
VLN vision-and-language navigation
VPR visual place recognition
VQA visual question answering
VQE variational quantum eigensolver
WSI whole slide image
XAI explainable AI
XAI explainable artificial intelligence
ZSL zero-shot learning
"""


def _words(long: str) -> tuple[str, ...]:
    return tuple(piece.term.lower() for piece in phrase_terms(long))


def _rows() -> list[tuple[str, str]]:
    return [(row.split(" ", 1)[0], row.split(" ", 1)[1]) for row in _TABLE.strip().splitlines()]


LONG_FORMS: dict[str, tuple[tuple[str, str], ...]] = {}
"""Acronym and long form as typed, by the acronym's folded letters ("llm")."""

SHORT_FORM: dict[tuple[str, ...], str] = {}
"""The acronym as typed, by the folded content words of its long form."""

for _short, _long in _rows():
    LONG_FORMS[_short.lower()] = (*LONG_FORMS.get(_short.lower(), ()), (_short, _long))
    SHORT_FORM[_words(_long)] = _short

SHORT_FORMS = frozenset(SHORT_FORM.values())
"""All acronyms as typed."""

LONG_BEGINNINGS = frozenset(long[0] for long in SHORT_FORM)
"""The first words of all long forms, folded."""

LONGEST = max(map(len, SHORT_FORM))
"""The most content words that a long form has."""


def _inserted(short: tuple[str, ...], long: str) -> tuple[tuple[int, str], ...]:
    """Return the words that `long` has within `short`, each with the place of the one before it.

    Only those that stand in a compound: *deep learning* may be deep reinforcement learning.
    """
    pieces = phrase_terms(long)
    ends = pieces[0].term.lower(), pieces[-1].term.lower()
    if ends != (short[0], short[-1]) or len(short) >= len(pieces):
        return ()
    found, at = [], 0
    for piece in pieces:
        if at < len(short) and piece.term.lower() == short[at]:
            at += 1
        elif piece.glued:
            found.append((at - 1, piece.term))
    return tuple(found) if at == len(short) else ()


INTRUDERS = {
    short: words
    for short in SHORT_FORM
    if (words := tuple(each for _, long in _rows() for each in _inserted(short, long)))
}
"""Words that make a long form another's, where they stand within it: an "action" behind the second
word of *vision language model*. Each comes with the place of the word before it."""
