"""The code that rows depend on, without comments, docstrings and layout.

The search starts at the modules that make rows and follows their imports, so a new module counts
as soon as one of them uses it. Code that only reads rows (analysis, report, CLI) never counts.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import rpbind

ROOT = Path(rpbind.__file__).parent
ROW_MODULES = ("train.run", "train.worker", "baselines.run")
"""The modules that make rows."""

NOT_COUNTED = (
    *("errors", "history", "keywords", "ledger", "live", "mistakes", "names", "saved", "tables"),
    *("terminal", "verbosity"),
)
"""What these modules import and cannot change a row: it shows, names or stores. Everything else
counts, so that a new room does too."""


@lru_cache(maxsize=1)
def code_of_rows() -> dict[str, str]:
    """Hash each module that rows depend on.

    Returns
    -------
    {module: eight hex digits}, such as {"train.loop": "1f2e3d4c"}.
    """
    found: dict[str, str] = {}
    waiting = list(ROW_MODULES)
    while waiting:
        module = waiting.pop()
        if module in found or module.split(".")[0] in NOT_COUNTED:
            continue
        tree = ast.parse(_file(module).read_text())
        found[module] = hashlib.sha256(normalised_code(tree).encode()).hexdigest()[:8]
        waiting += _imported(tree)
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def code_id() -> str:
    """Hash all code that rows depend on.

    Returns
    -------
    Twelve hex digits.
    """
    text = "\n".join(f"{module} {mark}" for module, mark in code_of_rows().items())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def normalised_code(tree: ast.Module) -> str:
    """Return a module's code without comments, docstrings and layout."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_text(each)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a bare string: a docstring, or the text below a constant."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the modules of this package that a module imports, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
        else:
            continue
        for name in names:
            module = name.removeprefix("rpbind.")
            if name.startswith("rpbind.") and _file(module).exists():
                yield module


def _file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
