"""Changes one small thing at a time in what must not be wrong, and sees whether a test notices.

Run `python -m tests.mutants`; `--sample 20` tries so many, `--only due` one file's. It prints the
changes that no test of the file's own noticed, and with all of them tried writes their number into
tests/bench/RESULTS.md. Each is tried in a process of its own; files on disk stay as they are.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python -m tests.mutants"
MOST_SECONDS = 180
"""A change that makes the tests run longer than this was noticed."""

TARGETS: dict[str, tuple[str, ...]] = {
    "bot/picks/selection.py": (
        "tests/picks/test_selection.py",
        "tests/rounds/picking/test_pick.py",
    ),
    "bot/rounds/picking/pick.py": ("tests/rounds/picking",),
    "bot/rounds/scheduling/due.py": ("tests/rounds/scheduling", "tests/rounds/test_isolation.py"),
    "bot/rounds/learning/votes.py": ("tests/rounds/learning",),
    "storage/papers.py": ("tests/storage/test_papers.py",),
    "storage/claims.py": ("tests/storage/test_posts.py", "tests/rounds/delivery"),
    "storage/votes.py": ("tests/storage/test_votes.py", "tests/rounds/learning"),
}
"""Files that pick, claim and count, each with the tests that must notice."""

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}
_EACH_COUNTS = {"min", "max", "or_", "and_"}


@dataclass(frozen=True)
class Mutant:
    """A file with one thing changed: where, and what was there and is now."""

    path: str
    line: int
    was: str
    now: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.was}  ->  {self.now}"


def mutants_of(path: str, source: str) -> Iterator[Mutant]:
    """Every small change to a file; annotations, docstrings and asserts stay as they are."""
    tree = ast.parse(source)
    for place in range(len(list(_nodes(tree)))):
        node = list(_nodes(tree))[place]
        for change in _changes(node):
            changed = deepcopy(tree)
            _replace(changed, list(_nodes(changed))[place], change)
            yield Mutant(path, node.lineno, ast.unparse(node), ast.unparse(change), changed)


def _nodes(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that are run, in their order."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list") or isinstance(tree, ast.Assert):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_docstring(child):
                continue
            if isinstance(child, ast.expr):
                yield child
            yield from _nodes(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    yield from _swapped(node)
    yield from _called_otherwise(node)
    match node:
        case ast.BinOp(op=ast.Add() | ast.BitOr() | ast.BitAnd()):
            yield node.left
        case ast.BoolOp(values=values):
            yield _with(node, values=values[:-1])
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield _with(node, value=not value)
        case ast.Constant(value=int(value)):
            yield _with(node, value=value + 1)
        case ast.IfExp():
            yield _with(node, body=node.orelse, orelse=node.body)


def _swapped(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(ops=[one]) if type(one) in _SWAPPED:
            yield _with(node, ops=[_SWAPPED[type(one)]()])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _SWAPPED:
            yield _with(node, op=_SWAPPED[type(op)]())


def _called_otherwise(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=args):
            if name in _OTHER_NAME:
                yield _with(node, func=ast.Name(_OTHER_NAME[name], ast.Load()))
            if name in _EACH_COUNTS and len(args) > 1:
                yield _with(node, args=args[:-1])
                yield _with(node, args=args[1:])


def _with(node: ast.expr, **fields: object) -> ast.expr:
    changed = deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _replace(tree: ast.Module, node: ast.expr, change: ast.expr) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, change)
            elif isinstance(value, list) and any(each is node for each in value):
                setattr(parent, name, [change if each is node else each for each in value])
    ast.fix_missing_locations(tree)


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed file to whoever imports its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.path.removesuffix(".py").replace("/", ".")
        self._path = str(ROOT / mutant.path)
        self._code = compile(mutant.tree, self._path, "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=self._path)

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self._path
        exec(self._code, module.__dict__)


def _try(mutant: Mutant) -> None:
    """Run the tests on the changed file and end the process: with 0 where they all pass."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(3))
    signal.alarm(MOST_SECONDS)
    pytest = importlib.import_module("pytest")
    sys.meta_path.insert(0, _Changed(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-k", "not postgres"]
    try:
        ended = pytest.main([*options, *TARGETS[mutant.path]])
    except BaseException:  # noqa: BLE001 - whatever ended the tests, they noticed
        os._exit(1)
    os._exit(int(ended))


def survivors(mutants: Sequence[Mutant], jobs: int) -> list[Mutant]:
    """The changes that no test noticed; `jobs` are tried at a time."""
    running: dict[int, Mutant] = {}
    left, found = list(mutants), []
    while left or running:
        while left and len(running) < jobs:
            mutant = left.pop(0)
            child = os.fork()
            if child == 0:
                _try(mutant)
            running[child] = mutant
        ended, status = os.wait()
        mutant = running.pop(ended)
        if os.waitstatus_to_exitcode(status) == 0:
            found.append(mutant)
            print(f"not noticed: {mutant}", flush=True)
    return found


def main() -> int:
    """Try the changes; returns how many were not noticed, 99 at most."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="try so many, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of the choice")
    parser.add_argument("--only", default="", help="files whose path holds this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    mutants = [
        mutant
        for path in TARGETS
        if asked.only in path
        for mutant in mutants_of(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    if asked.sample:
        mutants = random.Random(asked.seed).sample(mutants, min(asked.sample, len(mutants)))
    for heavy in ("pytest", "hypothesis", "sqlmodel", "numpy", "dbos", "structlog", "httpx"):
        importlib.import_module(heavy)
    began = time.monotonic()
    found = survivors(mutants, asked.jobs)
    minutes = (time.monotonic() - began) / 60
    print(f"{len(mutants) - len(found)} of {len(mutants)} were noticed, in {minutes:.1f} minutes")
    if not asked.sample and not asked.only:
        _write(mutants, found)
    return min(len(found), 99)


def _write(mutants: Sequence[Mutant], found: Sequence[Mutant]) -> None:
    # Imported late: what is tried must not be imported before it is changed.
    from tests.bench.results import BENCH_PAGE, table, write_section

    tried: defaultdict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        tried[mutant.path].append(mutant)
    rows = [
        [f"`{path}`", len(each), len(each) - sum(one.path == path for one in found)]
        for path, each in tried.items()
    ]
    body = table(["file", "changes", "noticed"], rows)
    if found:
        left = "\n".join(f"- `{mutant}`" for mutant in found)
        body = f"{body}\n\nNot noticed:\n\n{left}"
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Small changes", body, command=COMMAND, today=today)


if __name__ == "__main__":
    sys.exit(main())
