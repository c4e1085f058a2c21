"""The command line keeps its contract: output, exit codes, and one readable line for a failure."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.commands.parser import parse
from bot.tasks import watches as tasks
from bot.tasks.watches import say
from config.settings import Settings
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[1]

PAPERS = [
    {"id": "2401.00001", "title": "Mixture-of-Experts at scale", "abstract": "We train experts."},
    {"id": "2401.00002", "title": "Diffusion models for proteins", "summary": "Proteins fold."},
    {"id": "2401.00003", "title": "Sorting networks", "authors": ["Yann LeCun"]},
]


TRIED = [
    *(
        "list",
        "unwatch 1",
        "top week",
        "saved",
        "saved export ris",
        "saved find rag",
        "saved tag 1 #rag",
        "help",
        "help watch",
    ),
    *("style short", "quiet off"),
    *("schedule", "schedule daily 08:00 Europe/Paris", "pause for 2 days", "resume"),
]
"""A command for each verb that asks nothing of rounds."""


class Shell:
    """Runs `paperround` as a program of its own, on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PAPERROUND_DATA_DIR": str(folder / "kept"),
            "PAPERROUND_HUGGINGFACE": "false",
        }

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command that must end with `code`; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", *words],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        self.error = done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run(*words, code=code))

    def file(self, name: str, *lines: str) -> str:
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    def papers(self) -> str:
        return self.file("papers.jsonl", *map(json.dumps, PAPERS))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_round_from_import_to_picks(shell: Shell) -> None:
    imported = shell.json("import", "--json", shell.papers())
    shell.run("watch", "add", "--channel", "local:general", "mixture of experts")
    rehearsed = shell.json("round", "--dry-run", "--json")
    made = shell.json("round", "--json")
    again = shell.json("round", "--json", "--channel", "local:general")

    assert imported == {"taken": 3, "updated": 0, "same": 0, "refused": [], "retracted": []}
    pick = made["rounds"][0]["picks"][0]
    assert made["rounds"][0]["channel"] == "local:general"
    assert (pick["id"], pick["title"]) == ("2401.00001", "Mixture-of-Experts at scale")
    assert pick["score"] >= 80
    assert pick["evidence"][0]["words"] == "Mixture-of-Experts"
    assert rehearsed == made
    [nothing] = again["rounds"]
    assert nothing["picks"] == []
    assert nothing["why"] == "All that matches was picked here already (1 paper)."


def test_importing_twice_takes_nothing_anew(shell: Shell) -> None:
    papers = shell.papers()
    shell.run("import", papers)

    assert shell.json("import", "--json", papers)["same"] == 3


def test_an_import_takes_the_good_and_names_the_bad(shell: Shell) -> None:
    mixed = shell.file("mixed.jsonl", json.dumps(PAPERS[0]), "{broken", '{"title": "No id"}')

    found = shell.json("import", "--json", mixed, str(shell.folder / "missing.json"), code=1)

    assert found["taken"] == 1
    assert [one["where"].split("/")[-1] for one in found["refused"]] == [
        "mixed.jsonl line 2",
        "mixed.jsonl line 3",
        "missing.json",
    ]


def test_matching_needs_no_database_and_prints_one_line_a_match(shell: Shell) -> None:
    watches = shell.file("watches.txt", "difusion models", "", "author:LeCun", "quantum gravity")

    lines = shell.run("match", "--watches", watches, shell.papers()).splitlines()

    found = [json.loads(line) for line in lines]
    assert [(one["id"], one["watch"]) for one in found] == [
        ("2401.00002", "difusion models"),
        ("2401.00003", "author:LeCun"),
    ]
    assert found[0].keys() == {"id", "watch", "score", "evidence"}
    assert "you typed difusion" in shell.error
    assert not (shell.folder / "kept").exists()


def test_a_watch_may_be_given_again_and_each_that_finds_nothing_is_named(shell: Shell) -> None:
    watches = [
        part
        for text in ("author:LeCun", "diffusion models", "quantum gravity", "-x AND qualia")
        for part in ("--watch", text)
    ]

    lines = shell.run("match", *watches, shell.papers()).splitlines()

    assert [json.loads(line)["watch"] for line in lines] == ["diffusion models", "author:LeCun"]
    assert [line.split(";")[0] for line in shell.error.splitlines()] == [
        "nothing matches quantum gravity",
        "nothing matches -x AND qualia",
    ]


def test_typed_watches_and_a_file_of_them_are_refused_together(shell: Shell) -> None:
    watches = shell.file("watches.txt", "diffusion models")

    shell.run("match", "--watch", "gravity", "--watches", watches, shell.papers(), code=2)

    assert "either --watch" in shell.error


def test_a_malformed_expression_is_one_line_with_its_position(shell: Shell) -> None:
    shell.run("match", "--watch", "(mixture", shell.papers(), code=2)

    assert shell.error.startswith("paperround: ")
    assert "character" in shell.error
    assert len(shell.error.strip().splitlines()) == 1


def test_watches_are_added_listed_and_removed(shell: Shell) -> None:
    shell.run("watch", "add", "-c", "local:general", "mixture of experts")
    shell.run("watch", "add", "-c", "local:general", "diffusion", "-survey")
    shell.run("watch", "remove", "-c", "local:general", "1")

    listed = shell.json("watch", "list", "-c", "local:general", "--json")

    assert [one["watch"] for one in listed["watches"]] == ["diffusion -survey"]


def test_a_list_of_feeds_is_read_by_the_channel_that_is_named(shell: Shell) -> None:
    feeds = '<opml version="2.0"><body><outline type="rss" text="J" xmlUrl="https://j.org/f"/>'
    listed = shell.file("feeds.opml", f"{feeds}</body></opml>")

    shell.run("import", listed, "--channel", "local:general")

    assert "J" in shell.run("papers", "-c", "local:general", "sources")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("watch", "add", "-c", "general", "x"), "is not a channel"),
        (("watch", "add", "-c", "slack:T0/C0", "x"), "not known here"),
        (("round",), "no channel yet"),
        (("papers", "wtach", "diffusion"), "watch"),
        (("deliveries", "retry", "9" * 23), "less than"),
        (("deliveries", "drop", "banana"), "integer"),
        (("deliveries", "drop", "0"), "greater than"),
    ],
)
def test_a_refusal_says_what_to_do_and_ends_with_2(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    shell.run(*words, code=2)

    assert said in shell.error
    assert "Traceback" not in shell.error


@pytest.mark.parametrize(
    "words",
    [
        ("round", "--dry-run", "-c", "local:generl"),
        ("watch", "list", "-c", "local:generl"),
        ("papers", "-c", "local:generl", "list"),
        ("papers", "-c", "local:generl", "wtach", "diffusion"),
    ],
)
def test_neither_a_question_nor_a_typo_makes_a_channel(
    shell: Shell, words: tuple[str, ...]
) -> None:
    shell.run("watch", "add", "-c", "local:general", "mixture of experts")

    shell.run(*words, code=2)
    refused = shell.error
    shell.run("watch", "list", "-c", "local:generl", code=2)

    assert "watch diffusion" in refused or "Did you mean local:general?" in refused
    assert "There is no channel local:generl yet." in shell.error


def test_wrong_settings_end_with_2_and_their_names(shell: Shell) -> None:
    shell.environ["PAPERROUND_PORT"] = "many"

    shell.run("doctor", code=2)

    assert "PAPERROUND_PORT" in shell.error


def test_an_unwritable_folder_is_one_clear_line(shell: Shell) -> None:
    (shell.folder / "taken").write_text("a file, not a folder")
    shell.environ["PAPERROUND_DATA_DIR"] = str(shell.folder / "taken")

    shell.run("import", shell.papers(), code=2)

    assert "cannot be written" in shell.error
    assert "PAPERROUND_DATA_DIR" in shell.error


def test_the_doctor_finds_a_new_install_well(shell: Shell) -> None:
    findings = shell.json("doctor", "--json")

    assert {one["what"] for one in findings} >= {"database", "server", "local", "sources"}
    assert all(one["well"] for one in findings)


def test_the_demo_keeps_away_from_data_in_use_and_run_from_the_demos(shell: Shell) -> None:
    shell.run("watch", "add", "-c", "local:general", "diffusion")

    shell.run("demo", "--port", "0", code=2)

    assert "in use and not the demo's" in shell.error


def test_a_question_that_rows_answer_loads_no_index_and_no_engine(shell: Shell) -> None:
    shell.run("watch", "add", "--channel", "local:general", "mixture of experts")
    asked = (
        "import sys\nfrom bot.cli import main\nsys.argv[1:] = ['papers', 'list']\n"
        "try:\n    main()\nexcept SystemExit:\n    print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], env=shell.environ, capture_output=True, text=True, check=True
    )

    assert "1. mixture of experts" in done.stdout
    for heavy in ("numpy", "dbos", "psycopg", "alembic", "httpx", "starlette", "jinja2", "bot.app"):
        assert f"'{heavy}'" not in done.stdout


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose first channel has a watch."""
    folder = tmp_path_factory.mktemp("watched")
    settings = Settings(data_dir=folder, huggingface=False)
    asyncio.run(say(settings, "local:general", "watch mixture of experts"))
    return folder


@pytest.mark.parametrize("typed", TRIED)
async def test_what_rows_answer_is_what_the_whole_program_answers(
    typed: str,
    watched: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = []
    for way, verbs in (("rows", tasks.FROM_ROWS), ("all", frozenset[str]())):
        monkeypatch.setattr(tasks, "FROM_ROWS", verbs)
        folder = shutil.copytree(watched, tmp_path / way)
        capsys.readouterr()
        code = await say(Settings(data_dir=folder, huggingface=False), "local:general", typed)
        answers.append((code, capsys.readouterr().out))

    assert answers[0] == answers[1]


def test_every_verb_that_rows_answer_is_tried() -> None:
    assert {parse(typed).verb.words for typed in TRIED} == tasks.FROM_ROWS


def test_help_loads_nothing_that_only_work_needs(shell: Shell) -> None:
    loaded = (
        "import sys\nfrom bot.cli import main\nsys.argv[1:] = ['--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", loaded],
        env=shell.environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Usage:" in done.stdout
    for heavy in ("asyncio", "rich", "pydantic", "sqlalchemy", "numpy", "dbos", "bot.app"):
        assert f"'{heavy}'" not in done.stdout


def test_nobody_but_its_owner_can_read_the_data(shell: Shell) -> None:
    kept = shell.folder / "kept"
    shell.run("watch", "add", "-c", "local:general", "diffusion")
    (kept / "paperround.sqlite").chmod(0o644)
    shell.run("round", "--channel", "local:general")

    assert kept.stat().st_mode & 0o777 == 0o700
    assert {file.name: file.stat().st_mode & 0o077 for file in kept.iterdir()} == {
        file.name: 0 for file in kept.iterdir()
    }
