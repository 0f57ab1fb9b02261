"""The command that says what a dataset gives away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind import audit_api
from rpbind.verbosity import tell


def audit(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="Rule, such as cold-rna or cold-rna:80:10:10, or the name of a saved split. "
            "Priors then rank its test part, and leaks are measured (default: all windows)."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write a self-contained page to this file: .html.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure what a dataset gives away without a motif: density, composition, leaks, origins."""
    if out is not None:
        audit_api.check_out(out, (".html",))
    found = audit_api.audit(data, split)
    if json:
        print(found.json())
    else:
        Console().print(found.text())
    if out is not None:
        tell(f"written: {found.page(out)}")
