"""A study file to begin with: a question about the preset `fixed` in the simulated world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rpbind.errors import UserError

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""The version of JSON schema in which pydantic writes."""

TEMPLATE = """\
# A study in one file. Check it, try it, run it:
#   rpbind run {name} --dry-run
#   rpbind run {name} --smoke
#   rpbind run {name}
# To have an editor complete and check it: rpbind schema > study.schema.json, and write
# "#:schema study.schema.json" as the first line of this file.

version = 1

question = "Does the residual matter, and would a convolution read windows better?"
prediction = "Without the residual the RNA does not reach the classifier."

# The data: a dataset folder, relative to this file. Without it: a simulated world.
# data = "data/mine"
# split = "cold-protein"      # or cold-rna, cold-both, cold-chromosome, random (which leaks)
# proteins = "triad"          # the protein vectors that every arm reads

# What is compared. `rpbind hyperparameters` lists all that a change can set.
reference = "fixed"           # a preset (old, fixed, conv-residue, own-head) or a recipe file
design = "one-at-a-time"      # or path, path-reverse, leave-one-out, add-one-in, factorial, ...

seeds = 5                     # paired seeds per arm
# epochs = 20
# delta = 0.010               # a smaller difference of test AUROC is no meaningful effect
# controls = "off"            # do not train the reference again with random protein vectors

[changes]
no-residual = {{ model.residual = false }}
conv = {{ model.encoder = "conv" }}

# What you expect. It changes no verdict; the report says whether it held.
[[predict]]
contrast = "no-residual"
expect = "worse"              # or better, inert, "no meaningful effect"

# A search before the comparison, whose winner joins it:
# [search]
# space = "original"          # a name or a TOML file
# trials = 20

# What each run gets:
# [resources]
# workers = 2
# cpus_per_worker = 2
"""


def write_template(path: Path) -> None:
    """Write a study file to begin with.

    Parameters
    ----------
    path
        The file, which must not exist yet.

    Raises
    ------
    UserError
        If the file exists, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=path))
    except FileExistsError:
        raise UserError(
            f"{path} exists already, and is left as it is. Name another file: rpbind init FILE."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}. Name another file.") from None


def schema() -> dict[str, Any]:
    """Return the JSON schema of a study file, from which editors complete and check it."""
    from rpbind.studyfile.spec import StudySpec

    made = StudySpec.model_json_schema()
    return {
        "$schema": DRAFT,
        **made,
        "title": "rpbind study",
    }
