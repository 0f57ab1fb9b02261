"""The documents as a site: built without a warning and without a network, and complete."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

import rpbind
from rpbind.cli import app
from rpbind.recipe.listing import hyperparameters

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_NETWORK = """
import socket, sys
from mkdocs.__main__ import cli

def refuse(*_):
    raise AssertionError("the site's build opens a connection")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
sys.exit(cli())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    built = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_an_offline_reader_tells_nobody_what_they_read(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        loaded = re.findall(r"<(?:script|img|iframe|source)[^>]*src=\"([^\"]*)\"", text)
        loaded += re.findall(r"<link[^>]*href=\"([^\"]*)\"", text)
        assert [one for one in loaded if re.match(r"(https?:)?//", one)] == [], page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\"?(https?:)?//", style.read_text()), style.name


def test_the_reference_has_every_public_name_command_and_hyperparameter(site: Path) -> None:
    api = (site / "reference" / "api.html").read_text()
    assert {name for name in rpbind.__all__ if f'.{name}"' not in api} == set()
    commands = (site / "reference" / "commands.html").read_text()
    names = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert {name for name in names if f"rpbind {name}</code>" not in commands} == set()
    recipe = (site / "reference" / "recipe.html").read_text()
    assert {
        one.path for one in hyperparameters() if f"<code>{one.path}</code>" not in recipe
    } == set()
