"""The wheel in a bare environment does what the README says, from an empty folder."""

import os
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from rpbind.ledger import Ledger
from rpbind.spaces.named import SPACES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PROTEINS = {"A": "MKKRRVLAAGRK", "B": "MDEEDSTNPEPD", "C": "MFFWYYGGSFYW", "D": "MHHHCCQQNTSH"}
MEGABYTE = 1 << 20

HELPS = """
import contextlib, io, sys, typer
from rpbind import cli
def calls(command, *words):
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from calls(below, *words, name)
for words in calls(typer.main.get_command(cli.app)):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        cli.app([*words, "--help"], standalone_mode=False)
    assert "Usage:" in said.getvalue(), words
    print(*words)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, because setuptools writes into the folder that it builds."""
    source = tmp_path_factory.mktemp("source") / "rpbind"
    unused = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "rpbind", source / "rpbind", ignore=unused)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    out = source.parent / "dist"
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    run(sys.executable, "-m", "pip", "wheel", *offline, "-w", out, source, cwd=out.parent)
    (found,) = out.iterdir()
    return found


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, and with the dependencies of this one.

    The folder of the dependencies is only a place to import from: the link of an editable install
    that lies in it is not followed.
    """
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=home)
    (site,) = home.glob("lib/python*/site-packages")
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("".join(f"{place}\n" for place in sorted(places)))
    return python.parent


def run(*command: object, cwd: Path) -> str:
    """Run a program outside of the repository, and return what it prints on stdout."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def commands_of_the_readme() -> list[str]:
    """What a user types who has the package and not the checkout."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    lines = [line.split(" #")[0] for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("rpbind ")]


def table() -> str:
    """48 windows of 31 letters for each protein; those that have its motif are bound."""
    drawn = random.Random(0)
    lines = ["rna,protein,label"]
    for number, protein in enumerate(PROTEINS):
        for window in range(48):
            letters = drawn.choices("ACGU", k=31)
            if window % 2:
                letters[10:16] = list(("UGCAUG", "GUUAAC", "CUAGUG", "AAACCC")[number])
            lines.append(f"{''.join(letters)},{protein},{window % 2}")
    return "\n".join(lines) + "\n"


def test_the_wheel_has_all_files_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
        packed = {each.filename: each.compress_size for each in archive.infolist()}
    package = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "rpbind").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    info = {name for name in sizes if name.split("/")[0].endswith(".dist-info")}
    assert sizes.keys() - info == package
    assert not any("test" in Path(name).name for name in package)
    vendored = {name for name in sizes if name.startswith("rpbind/figures/vendor/")}
    assert max(size for name, size in sizes.items() if name not in vendored) < MEGABYTE
    assert sum(sizes[name] for name in vendored) < 2 * MEGABYTE
    assert sum(packed[name] for name in packed.keys() - vendored) < MEGABYTE


def test_every_command_of_the_wheel_shows_its_help(bare: Path, tmp_path: Path) -> None:
    shown = run(bare / "python", "-c", HELPS, cwd=tmp_path).splitlines()
    assert {"ablate", "tune", "train", "embed", "import table"} <= set(shown)
    where = run(bare / "python", "-c", "import rpbind; print(rpbind.__file__)", cwd=tmp_path)
    assert where.startswith(str(bare.parent))


def test_the_commands_of_the_readme_run_in_an_empty_folder(bare: Path, tmp_path: Path) -> None:
    """The smallest data and models, and two arms instead of fourteen; the words are its own.

    After them its ten lines of Python.
    """
    (tmp_path / "windows.csv").write_text(table())
    fasta = "".join(f">{name}\n{letters}\n" for name, letters in PROTEINS.items())
    (tmp_path / "proteins.fasta").write_text(fasta)
    small = {
        "ablate": "--smoke --design factorial --changes residual,init --narrower 32",
        "tune": "--smoke --narrower 32 --trials 2",
        "train": "--narrower 32 --epochs 1",
    }
    typed = commands_of_the_readme()
    assert {line.split()[1] for line in typed} >= {"import", "embed", *small}
    for line in typed:
        _, command, *words = line.split()
        more = small.get(command, "").split()
        for option in ("--trials", "--seeds"):  # replaced by smaller numbers
            if option in words:
                del words[words.index(option) : words.index(option) + 2]
        run(bare / "rpbind", command, *words, *more, cwd=tmp_path)
    (lines,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    quick = lines.replace("rb.ablate(", 'rb.ablate("data/mine", smoke=True, narrower=32,')
    assert quick != lines
    (tmp_path / "my_question.py").write_text(quick)
    header, *verdicts, page = run(bare / "python", "my_question.py", cwd=tmp_path).splitlines()
    assert {"contrast", "difference", "low", "high", "p", "verdict"} <= set(header.split())
    assert [line.split()[1] for line in verdicts] == ["film", "mask"]
    assert (tmp_path / page).is_file()
    studies = [Ledger(page.parent) for page in tmp_path.glob("reports/*/index.html")]
    assert len(studies) == len(small) + 1
    for ledger in studies:
        assert {row.state for row in ledger.rows()} == {"done"}


def test_a_search_space_is_named_without_the_checkout(bare: Path, tmp_path: Path) -> None:
    code = "from rpbind.spaces.named import SPACES; print(*SPACES)"
    assert run(bare / "python", "-c", code, cwd=tmp_path).split() == list(SPACES)
