"""What the site has beside the pages in docs/: references, notebooks, pages of other folders.

MkDocs calls the two `on_` functions (`hooks:` in mkdocs.yml). Nothing here is downloaded.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
FROM_ELSEWHERE = {
    "README.md": "index.md",
    "README.zh.md": "tutorial.zh.md",
    "docs/decisions": "decisions/index.md",
    "benchmarks": "benchmarks/index.md",
    "benchmarks/README.md": "benchmarks/index.md",
    "examples/README.md": "examples/index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Path in the repository -> page of the site, where the one is not the other below docs/."""

WHY = "Why rpbind is built as it is: each page says the context, the decision, and what it costs."
INCLUDED = (
    *("examples/README.md", "benchmarks/README.md"),
    *("CONTRIBUTING.md", "CHANGELOG.md"),
)
ELSEWHERE = ("benchmarks/", "examples/")
"""Folders of the repository that are folders of the site."""

LINK = re.compile(r"\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are generated, and those that other folders have."""
    for path in INCLUDED:
        _add(files, config, FROM_ELSEWHERE[path], (ROOT / path).read_text())
    for path in sorted((ROOT / "benchmarks").glob("*.md")):
        if path.name != "README.md":
            _add(files, config, f"benchmarks/{path.name}", path.read_text())
    for path in sorted((ROOT / "examples").glob("*.ipynb")):
        _add(files, config, f"examples/{path.stem}.md", "\n\n".join(_cells(path)))
    _add(files, config, "decisions/index.md", _list("Decisions", WHY, "docs/decisions"))
    _add(files, config, "reference/api.md", _api())
    _add(files, config, "reference/contracts.md", CONTRACTS)
    _add(files, config, "reference/commands.md", _commands())
    _add(files, config, "reference/recipe.md", _recipe())
    _add(files, config, "reference/study-file.md", _study_file())
    for path in sorted(_linked()):
        name = f"source/{path}.txt"  # which a browser shows
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Point links to files of the repository at where the site has them."""
    site = page.file.src_uri
    here = ROOT / _source(site)

    def moved(link: re.Match[str]) -> str:
        path = _in_repository(here, link["path"])
        if path is None:
            return link[0]
        target = os.path.relpath(_in_site(path), Path(site).parent)
        return f"]({target}{link['anchor'] or ''})"

    return LINK.sub(moved, markdown)


def _add(files: Files, config: MkDocsConfig, name: str, content: str) -> None:
    files.append(File.generated(config, name, content=content))


def _in_repository(page: Path, link: str) -> str | None:
    """Return what a page's link names, from the repository's root; None where it names nothing."""
    target = Path(os.path.normpath(page.parent / link))
    if not target.exists() or not target.is_relative_to(ROOT):
        return None
    return str(target.relative_to(ROOT))


def _source(site: str) -> str:
    """Return the file of the repository from which a page of the site comes."""
    moved = {FROM_ELSEWHERE[path]: path for path in INCLUDED}
    return moved.get(site, site if site.startswith(ELSEWHERE) else f"docs/{site}")


def _in_site(path: str) -> str:
    if path in FROM_ELSEWHERE:
        return FROM_ELSEWHERE[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.startswith("benchmarks/") and path.endswith(".md"):
        return path
    if path.startswith("examples/") and path.endswith(".ipynb"):
        return str(Path(path).with_suffix(".md"))
    return f"source/{path}.txt"


def _linked() -> set[str]:
    """Return the files that are no pages and to which a page of the site links."""
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
    pages += [ROOT / path for path in INCLUDED]
    found = set()
    for page in pages:
        for link in LINK.finditer(page.read_text()):
            path = _in_repository(page, link["path"])
            if path and _in_site(path).startswith("source/"):
                found.add(path)
    return {path for path in found if (ROOT / path).is_file()}


def _list(title: str, text: str, folder: str) -> str:
    """Return a page that lists the pages of a folder by their titles."""
    lines = [f"# {title}", "", text, ""]
    for path in sorted((ROOT / folder).glob("*.md")):
        heading = path.read_text().splitlines()[0].removeprefix("# ")
        lines.append(f"- [{heading}]({path.name})")
    return "\n".join(lines)


CONTRACTS = """# Contracts of your own classes

[Your own model](../own-model.md) shows how to use them.

::: rpbind.model.contracts
    options:
      show_root_heading: false
      show_root_toc_entry: false
"""
"""The page of what a class of one's own must do."""


def _api() -> str:
    """Return the page of everything that `import rpbind` offers, from its docstrings."""
    import rpbind

    lines = [
        "# Python interface",
        "",
        "`import rpbind as rb` offers these names; the modules below it",
    ]
    lines += ["may change. [From Python](../python.md) shows how to use them."]
    for name in rpbind.__all__:
        value = getattr(rpbind, name)
        lines += ["", f"::: {value.__module__}.{value.__qualname__}"]
    return "\n".join(lines)


def _commands() -> str:
    """Return every command with its options, as `--help` shows them."""
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from rpbind.cli import app

    top = get_command(app)
    _say_in_full(top)
    context = top.make_context("rpbind", [], resilient_parsing=True)
    return get_docs_for_click(obj=top, ctx=context, name="rpbind", title="Commands")


def _say_in_full(command: Any) -> None:
    """Give every command of a group its first sentence, which would be cut after 45 letters."""
    for below in getattr(command, "commands", {}).values():
        below.get_short_help_str = partial(str.__str__, (below.help or "").split("\n\n")[0])
        _say_in_full(below)


def _recipe() -> str:
    """Return the table of all hyperparameters, as `rpbind hyperparameters` lists them."""
    from rpbind.recipe.listing import hyperparameters

    lines = [
        "# Fields of a recipe",
        "",
        "Changes, search spaces and recipe files name these paths. A field that belongs to a",
        "variant exists only if its slot has that variant. `rpbind hyperparameters` lists them.",
        "",
        "| path | variant | values | default |",
        "|---|---|---|---|",
    ]
    for one in hyperparameters():
        cells = (f"`{one.path}`", one.variant, one.values, one.default)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def _study_file() -> str:
    """Return the tables of all keys of a study file, from its schema."""
    from rpbind.studyfile.reference import reference

    start = "[A study in one file](../study-file.md) says how the file is used."
    return f"# Fields of study.toml\n\n{start}\n\n{reference()}"


def _cells(notebook: Path) -> Iterator[str]:
    """Yield a notebook's cells as Markdown."""
    for cell in json.loads(notebook.read_text())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
        elif source.startswith("%%writefile "):
            magic, code = source.split("\n", 1)
            yield f'```python title="{magic.split()[1]}"\n{code}\n```'
        else:
            yield f"```python\n{source}\n```"
