"""Runs a sentence model in a process of its own, which ends when it is not needed.

So the memory of the model is freed in full, its sums never hold up the event loop, and a fault in
native code ends that process alone. Requests and answers go through its standard streams: a line of
JSON with texts; back a line with the shape, and the numbers as bytes.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from bot.meaning.encoder import Floats, MeaningError
from bot.meaning.model import ModelFiles, SentenceModel

_NICE = 5
_GRACE_SECONDS = 5.0


class ModelProcess:
    """An `Encoder` that starts its process when it is first asked. Safe to use from threads."""

    def __init__(self, files: ModelFiles) -> None:
        """Know the model's name; nothing is loaded yet. Raises MeaningError."""
        self._files = files
        self._name = files.name()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name and version."""
        return self._name

    @property
    def pid(self) -> int | None:
        """The number of the process that holds the model now, None where none does."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text, (texts x dimensions) float32; raises MeaningError."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        with self._lock:
            try:
                return _ask(self._running(), texts)
            except MeaningError:
                raise
            except (OSError, ValueError, EOFError) as error:
                raise MeaningError(f"the sentence model ended ({self._end()})") from error

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            files = self._files
            told = [files.label, str(files.network), str(files.words), files.sha256]
            self._child = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-P", "-m", "bot.meaning.process", *told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        return self._child

    def _end(self) -> str:
        """End the process; returns what became of it."""
        child, self._child = self._child, None
        if child is None:
            return "it was not there"
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        code = child.returncode
        return signal.Signals(-code).name if code < 0 else f"code {code}"


def _ask(child: subprocess.Popen[bytes], texts: Sequence[str]) -> Floats:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(list(texts)).encode() + b"\n")
    child.stdin.flush()
    head = child.stdout.readline()
    if not head:
        raise EOFError
    told = json.loads(head)
    if "error" in told:
        raise MeaningError(told["error"])
    size = told["rows"] * told["columns"] * 4
    body = child.stdout.read(size)
    if len(body) < size:
        raise EOFError
    return np.frombuffer(body, "<f4").reshape(told["rows"], told["columns"]).astype(np.float32)


def serve(files: ModelFiles, asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more; a model that cannot be loaded answers so."""
    model: SentenceModel | None = None
    for line in asked:
        try:
            model = model or SentenceModel(files)
            rows = model.encode(json.loads(line)).astype("<f4")
        except MeaningError as error:
            answers.write(json.dumps({"error": str(error)}).encode() + b"\n")
        else:
            shape = {"rows": rows.shape[0], "columns": rows.shape[1]}
            answers.write(json.dumps(shape).encode() + b"\n" + rows.tobytes())
        answers.flush()


def main(told: Sequence[str]) -> None:
    """Be the process; it gives way to whatever else the machine has to do."""
    # Whoever stops the program ends this by closing its streams.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    label, network, words, sha256 = told
    files = ModelFiles(label, Path(network), Path(words), sha256)
    serve(files, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(sys.argv[1:])
