"""The page of results: each program's section is its own."""

from datetime import date

import pytest

from tests.bench.results import describe_machine, table, write_section

TODAY = date(2026, 1, 2)


def write(page, name, body, machine="a machine"):
    write_section(page, name, body, command=f"python -m {name}", today=TODAY, machine=machine)


def test_a_section_names_its_command_date_and_machine(tmp_path):
    page = tmp_path / "RESULTS.md"
    write(page, "speed", "42 µs")
    text = page.read_text(encoding="utf-8")
    assert "## speed\n\n`python -m speed` · 2026-01-02 · a machine\n\n42 µs\n" in text


def test_writing_again_replaces_only_that_section(tmp_path):
    page = tmp_path / "RESULTS.md"
    for name, body in [("speed", "old"), ("taste", "kept"), ("speed", r"new \1 figures")]:
        write(page, name, body)
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.index(r"new \1 figures") < text.index("kept")
    assert text.count("## speed") == text.count("## taste") == 1


def test_writing_the_same_twice_changes_nothing(tmp_path):
    page = tmp_path / "RESULTS.md"
    write(page, "speed", "1")
    write(page, "taste", "2")
    before = page.read_text(encoding="utf-8")
    write(page, "speed", "1")
    assert page.read_text(encoding="utf-8") == before


def test_a_section_is_not_mistaken_for_one_whose_name_it_begins(tmp_path):
    page = tmp_path / "RESULTS.md"
    write(page, "speed of delivery", "kept")
    write(page, "speed", "new")
    text = page.read_text(encoding="utf-8")
    assert "kept" in text
    assert "new" in text


def test_text_around_the_sections_survives(tmp_path):
    page = tmp_path / "RESULTS.md"
    page.write_text("# Ours\n\nA word before.\n", encoding="utf-8")
    write(page, "speed", "1")
    assert page.read_text(encoding="utf-8").startswith("# Ours\n\nA word before.\n")


@pytest.mark.parametrize("name", ["", "a -- b", "a > b", "a\nb"])
def test_a_name_that_would_break_its_marker_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="section's name"):
        write(tmp_path / "RESULTS.md", name, "1")


def test_the_machine_line_is_one_line_with_its_python():
    assert "\n" not in describe_machine()
    assert "Python" in describe_machine()


def test_a_table_keeps_bars_inside_their_cells():
    assert table(["what", "µs"], [("a|b", 3)]).splitlines() == [
        "| what | µs |",
        "| :-- | --: |",
        r"| a\|b | 3 |",
    ]
