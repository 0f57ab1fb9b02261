"""Draws docstrings, error messages and help texts at random, to be read by a person.

    python benchmarks/draw_words.py 647bbb3
    python benchmarks/draw_words.py HEAD --seed 1

From the files of `rpbind/` and `experiments/` at a commit (read with `git archive`, nothing is
imported) it draws ten public docstrings, ten messages of `UserError` and ten help texts. The same
commit and seed always give the same thirty texts. An expression of an f-string is printed as code
in braces.
"""

import ast
import random
import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from typing import Annotated

import typer

Text = tuple[str, str]
"""Where a text stands, and the text."""

KINDS = ("docstrings", "messages", "help texts")


def sources(commit: str) -> dict[str, str]:
    """Return the Python files of a commit: {path: text}, sorted by path."""
    command = ["git", "archive", "--format=tar", commit, "rpbind", "experiments"]
    packed = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        found = {}
        for name in sorted(archive.getnames()):
            if name.endswith(".py") and (file := archive.extractfile(name)) is not None:
                found[name] = file.read().decode()
        return found


def docstrings(path: str, tree: ast.Module) -> Iterator[Text]:
    """Yield the docstrings of the module and of its public classes, functions and methods."""
    if text := ast.get_docstring(tree):
        yield path, text
    yield from _docstrings(path, tree)


def _docstrings(place: str, node: ast.AST) -> Iterator[Text]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if child.name.startswith("_"):
                continue
            here = f"{place} {child.name}"
            if text := ast.get_docstring(child):
                yield here, text
            if isinstance(child, ast.ClassDef):
                yield from _docstrings(here, child)


def messages(path: str, tree: ast.Module) -> Iterator[Text]:
    """Yield the texts that are given to `UserError` as literals."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="UserError"), args=[first, *_]) if literal(first):
                yield f"{path}:{node.lineno}", literal(first)


def help_texts(path: str, tree: ast.Module) -> Iterator[Text]:
    """Yield the texts of `help=` of options and arguments."""
    for node in ast.walk(tree):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "help" and (text := literal(keyword.value)):
                yield f"{path}:{keyword.value.lineno}", text


def literal(node: ast.expr) -> str:
    """Return the text of a string literal or f-string, or of a sum of them; "" without any."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            f"{{{ast.unparse(part.value)}}}"
            if isinstance(part, ast.FormattedValue)
            else literal(part)
            for part in node.values
        )
    if isinstance(node, ast.BinOp):
        return literal(node.left) + literal(node.right)
    return ""


def main(
    commit: Annotated[str, typer.Argument(help="Commit whose texts are drawn.")] = "HEAD",
    seed: Annotated[int, typer.Option(help="Random seed of the draw.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="Texts of each kind.")] = 10,
) -> None:
    """Draw texts of each kind from a commit and print where each stands."""
    trees = {path: ast.parse(text) for path, text in sources(commit).items()}
    for kind, find in zip(KINDS, (docstrings, messages, help_texts), strict=True):
        texts = [text for path, tree in trees.items() for text in find(path, tree)]
        drawn = random.Random(seed).sample(texts, count)
        print(f"{count} of {len(texts)} {kind}\n")
        for number, (place, text) in enumerate(drawn, start=1):
            lines = "\n".join(f"    {line}".rstrip() for line in text.strip().splitlines())
            print(f"{number:2d}. {place}\n{lines}\n")


if __name__ == "__main__":
    typer.run(main)
