"""The model runs in a process of its own, which comes when asked and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bot.meaning.encoder import MeaningError
from bot.meaning.model import DEFAULT, SentenceModel, find_model
from bot.meaning.process import ModelProcess
from tests.waiting import PATIENCE

TEXTS = ["sparse attention", "a survey\nof frogs — naïve"]


@pytest.fixture
def encoder():
    made = ModelProcess(find_model(DEFAULT))
    yield made
    made.close()


def test_it_encodes_as_the_model_itself_does(encoder):
    rows = encoder.encode(TEXTS)
    assert rows.dtype == np.float32
    assert (rows == SentenceModel(find_model(DEFAULT)).encode(TEXTS)).all()
    assert encoder.encode([]).shape[0] == 0


def test_closing_ends_the_process_and_the_next_text_starts_another(encoder):
    assert encoder.pid is None
    encoder.encode(TEXTS)
    first = encoder.pid
    assert first is not None
    encoder.close()
    assert not _lives(first)
    encoder.encode(TEXTS)
    assert encoder.pid not in (None, first)


def test_a_killed_process_is_replaced(encoder):
    encoder.encode(TEXTS)
    assert encoder.pid is not None
    os.kill(encoder.pid, signal.SIGKILL)
    try:
        encoder.encode(TEXTS)
    except MeaningError as error:
        assert "SIGKILL" in str(error)  # noqa: PT017 - it may be seen dead beforehand
    assert encoder.encode(TEXTS).shape == (2, 384)


def test_a_damaged_model_is_an_error_each_time_and_ends_nothing(tmp_path: Path):
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.onnx").write_bytes(b"no network")
    broken = ModelProcess(find_model(str(tmp_path)))
    for _ in range(2):
        with pytest.raises(MeaningError, match="cannot be loaded"):
            broken.encode(TEXTS)
    broken.close()


def test_the_process_ends_with_the_program_that_started_it():
    code = (
        "import os; from bot.meaning.model import *; from bot.meaning.process import *;"
        "one = ModelProcess(find_model(DEFAULT)); one.encode(['frogs']);"
        "print(one.pid, 'onnxruntime' in __import__('sys').modules, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid, loaded = done.stdout.split()
    assert loaded == "False"
    patience = time.monotonic() + PATIENCE
    while _lives(int(pid)) and time.monotonic() < patience:
        time.sleep(0.01)
    assert not _lives(int(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that ended and that nobody has asked about yet counts as ended.
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
