"""What is installed bears one name, and runs from there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    [built] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(built)


def test_a_wheel_puts_nothing_but_one_package_into_an_environment(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {name for name in names if not name.endswith(".dist-info")} == {"paperround"}


def test_the_rooms_of_a_wheel_are_found_by_the_program_and_its_children(
    wheel: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    child = "import bot, storage, config; print(bot.__file__)"
    asked = (
        "import sys, subprocess; sys.argv = ['paperround', '--version']\n"
        "import paperround\n"
        "try: paperround.main()\n"
        "except SystemExit: pass\n"
        "import bot; print(bot.__file__, flush=True)\n"
        f"subprocess.run([sys.executable, '-P', '-c', {child!r}], check=True)\n"
    )

    said = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout.split("\n")

    rooms = str(tmp_path / "paperround" / "rooms" / "bot" / "__init__.py")
    assert said[0].startswith("paperround ")
    assert said[1:3] == [rooms, rooms]
