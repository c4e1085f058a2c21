"""The model that the install brings is found and checked, and tells near meanings from far."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.meaning.encoder import MeaningError
from bot.meaning.model import DEFAULT, ModelFiles, SentenceModel, WordPieces, find_model, uncased


@pytest.fixture(scope="module")
def model() -> SentenceModel:
    return SentenceModel(find_model(DEFAULT))


def test_near_meanings_are_near_though_they_share_no_word(model):
    wanted, near, far = model.encode(
        [
            "speech recognition",
            "Transcribing spoken conversations with transformers",
            "Recognition of prior learning at universities",
        ]
    )
    assert wanted @ near > wanted @ far + 0.1


def test_rows_have_length_one_and_do_not_depend_on_what_else_is_asked(model):
    texts = ["", "frogs", "A long text. " * 400, "𝛼-divergence — naïve Bayes, 中文"]
    rows = model.encode(texts)
    assert rows.shape == (4, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)
    for text, row in zip(texts, rows, strict=True):
        assert (model.encode([text])[0] == row).all()


def test_the_end_of_a_long_text_says_nothing(model):
    long = "Frogs leap over wet stones at night. " * 100
    one, other = model.encode([long + "robots", long + "wine"])
    assert (one == other).all()


def test_the_vocabulary_is_read_as_its_authors_meant_it():
    vocabulary = find_model(DEFAULT).words
    entries = vocabulary.read_text(encoding="utf-8").splitlines()
    read = WordPieces(vocabulary).encode("Naïve phosphorylation!")
    assert [entries[number] for number in read] == [
        "[CLS]", "naive", "ph", "##os", "##ph", "##ory", "##lation", "!", "[SEP]",
    ]  # fmt: skip


def test_a_text_cannot_hold_the_models_own_marks():
    read = WordPieces(find_model(DEFAULT).words)
    start, *between, end = read.encode("[CLS] a [SEP]")
    assert not {start, end} & set(between)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ({
            "type": "RobertaProcessing",
            "cls": ["<s>", 0],
            "sep": ["</s>", 2],
            "trim_offsets": True,
            "add_prefix_space": True,
        }, [0, 4, 2]),
        ({
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "</s>", "type_id": 0}},
            ],
            "pair": [],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]},
            },
        }, [0, 4, 2]),
        (None, [4]),
    ],
)  # fmt: skip
def test_another_models_pieces_stand_between_its_own_marks(tmp_path, marks, expected):
    described = {
        "added_tokens": [
            {"id": at, "content": mark, "special": True, "single_word": False}
            | {"lstrip": False, "rstrip": False, "normalized": False}
            for at, mark in enumerate(("<s>", "<pad>", "</s>", "<unk>"))
        ],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
        "post_processor": marks,
        "model": {
            "type": "Unigram",
            "unk_id": 3,
            "vocab": [["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["▁frogs", -1]],
        },
    }
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(described), encoding="utf-8")
    assert WordPieces(path).encode("frogs") == expected


def test_a_changed_file_is_refused_before_it_is_loaded(tmp_path):
    files = find_model(DEFAULT)
    changed = tmp_path / "model.onnx"
    changed.write_bytes(files.network.read_bytes()[:-1] + b"x")
    with pytest.raises(MeaningError, match="not the file it should be"):
        SentenceModel(replace(files, network=changed))


def test_a_folder_with_a_model_of_the_same_kind_replaces_it(tmp_path, model):
    folder = _folder(tmp_path / "my-model", find_model(DEFAULT))
    files = find_model(str(folder))
    assert files.name().startswith("my-model@8199be6f")
    texts = ["sparse attention", "a survey of frogs"]
    assert (SentenceModel(files).encode(texts) == model.encode(texts)).all()


def test_a_model_that_asks_for_its_first_token_gets_it(tmp_path, model):
    folder = _folder(tmp_path / "first", find_model(DEFAULT))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    rows = SentenceModel(find_model(str(folder))).encode(["sparse attention"])
    assert not np.allclose(rows, model.encode(["sparse attention"]), atol=0.01)


def test_a_folder_without_a_model_or_with_two_says_what_is_wrong(tmp_path):
    with pytest.raises(MeaningError, match="holds no sentence model"):
        find_model(str(tmp_path))
    (tmp_path / "tokenizer.json").write_text("{}")
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(MeaningError, match=r"several models \(a.onnx, b.onnx\)"):
        find_model(str(tmp_path))


def test_a_damaged_network_or_tokenizer_is_an_error_of_ours(tmp_path):
    folder = _folder(tmp_path / "damaged", find_model(DEFAULT))
    (folder / "model.onnx").write_bytes(b"no network")
    with pytest.raises(MeaningError, match="damaged cannot be loaded"):
        SentenceModel(find_model(str(folder)))
    folder = _folder(tmp_path / "wordless", find_model(DEFAULT))
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(MeaningError, match="wordless cannot be loaded"):
        SentenceModel(find_model(str(folder)))


def test_the_name_tells_other_files_apart(tmp_path):
    network = tmp_path / "a.onnx"
    network.write_bytes(b"one")
    one = ModelFiles("a", network, tmp_path).name()
    assert hashlib.sha256(b"one").hexdigest()[:8] in one
    network.write_bytes(b"two")
    assert ModelFiles("a", network, tmp_path).name() != one


def _folder(folder: Path, files: ModelFiles) -> Path:
    folder.mkdir(parents=True)
    shutil.copy(files.network, folder / "model.onnx")
    (folder / "tokenizer.json").write_bytes(uncased(files.words))
    return folder
