"""Settings come from the environment, all problems at once, and their page knows them all."""

from pathlib import Path

import pytest

from bot.errors import SettingsError
from config.settings import PREFIX, Settings, demo_settings, load_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX) or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_order_is_chosen_then_environment_then_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PAPERROUND_PORT=1\nPAPERROUND_LIMIT=2\nPAPERROUND_BEYOND=3\n")
    monkeypatch.setenv("PAPERROUND_LIMIT", "4")
    monkeypatch.setenv("PAPERROUND_PORT", "5")

    settings = load_settings(port=6)

    assert (settings.port, settings.limit, settings.beyond) == (6, 4, 3)


def test_every_problem_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_PORT", "99999")
    monkeypatch.setenv("PAPERROUND_LIMIT", "many")
    monkeypatch.setenv("PAPERROUND_SCHEDULE", "sometimes")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    for name in ("PAPERROUND_PORT", "PAPERROUND_LIMIT", "PAPERROUND_SCHEDULE"):
        assert name in str(caught.value)


def test_a_misspelt_setting_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_TRESHOLD", "80")

    with pytest.raises(SettingsError, match="did you mean PAPERROUND_THRESHOLD"):
        load_settings()


def test_our_database_url_comes_before_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///common.db")
    common = load_settings().database
    monkeypatch.setenv("PAPERROUND_DATABASE_URL", "sqlite:///ours.db")

    assert (common, load_settings().database) == ("sqlite:///common.db", "sqlite:///ours.db")


def test_the_engine_keeps_its_data_beside_ours() -> None:
    settings = load_settings(data_dir="/data")

    assert settings.database == "sqlite:////data/paperround.sqlite"
    assert settings.engine_database == "sqlite:////data/paperround-engine.sqlite"


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_ARXIV_CATEGORIES", "cs.LG, cs.CL,")

    assert load_settings().arxiv_categories == ("cs.LG", "cs.CL")


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_TOKEN", "hunter2")

    assert "hunter2" not in repr(load_settings())


def test_the_demo_keeps_away_from_real_data_unless_told_where() -> None:
    assert demo_settings(load_settings()).data_dir.name == "demo"
    assert demo_settings(load_settings(data_dir="/here")).data_dir == Path("/here")


@pytest.mark.parametrize("page", ["config/README.md", "config/example.env"])
def test_every_setting_is_documented(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    missing = [name for name in Settings.model_fields if PREFIX + name.upper() not in text]

    assert missing == []
