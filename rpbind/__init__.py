"""rpbind: hyperparameter search and honest ablations for RNA-protein binding models, on Ray.

`import rpbind as rb` gives what `__all__` names; it is the supported interface, and nothing below
it is. A name is imported when it is first used, so that the import itself costs next to nothing.
"""

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rpbind.api.baselines import Baselines, baselines
    from rpbind.api.compare import Comparison, compare
    from rpbind.api.dataset import Dataset, load_dataset
    from rpbind.api.doctor import Checkup, doctor
    from rpbind.api.exporting import export
    from rpbind.api.imports import import_eclip, import_fasta, import_table
    from rpbind.api.jobs import Job, submit
    from rpbind.api.model import Model, load_model
    from rpbind.api.recipes import hyperparameters, preset
    from rpbind.api.run import ablate, run_study, tune
    from rpbind.api.study import Study, open_study
    from rpbind.api.train import train
    from rpbind.audit_api import Audit, audit
    from rpbind.claims_api import verify
    from rpbind.command import as_command
    from rpbind.embed_api import embed
    from rpbind.errors import PausedError, UserError
    from rpbind.findings_api import findings
    from rpbind.genome_api import import_peaks, negatives
    from rpbind.history_api import History, history
    from rpbind.price_api import Estimate, price
    from rpbind.recipe import Recipe
    from rpbind.reports_api import SideBySide, note, side_by_side
    from rpbind.split_api import split, subset
    from rpbind.studyfile.given import define_study
    from rpbind.studyfile.spec import StudySpec
    from rpbind.terminal import run_experiment

try:
    __version__ = version("rpbind")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Audit",
    "Baselines",
    "Checkup",
    "Comparison",
    "Dataset",
    "Estimate",
    "History",
    "Job",
    "Model",
    "PausedError",
    "Recipe",
    "SideBySide",
    "Study",
    "StudySpec",
    "UserError",
    "ablate",
    "as_command",
    "audit",
    "baselines",
    "compare",
    "define_study",
    "doctor",
    "embed",
    "export",
    "findings",
    "history",
    "hyperparameters",
    "import_eclip",
    "import_fasta",
    "import_peaks",
    "import_table",
    "load_dataset",
    "load_model",
    "negatives",
    "note",
    "open_study",
    "preset",
    "price",
    "run_experiment",
    "run_study",
    "side_by_side",
    "split",
    "submit",
    "subset",
    "train",
    "tune",
    "verify",
]

_HOME = {
    "rpbind.api.baselines": ("Baselines", "baselines"),
    "rpbind.api.compare": ("Comparison", "compare"),
    "rpbind.api.dataset": ("Dataset", "load_dataset"),
    "rpbind.api.doctor": ("Checkup", "doctor"),
    "rpbind.embed_api": ("embed",),
    "rpbind.api.exporting": ("export",),
    "rpbind.api.imports": ("import_eclip", "import_fasta", "import_table"),
    "rpbind.api.jobs": ("Job", "submit"),
    "rpbind.api.model": ("Model", "load_model"),
    "rpbind.api.recipes": ("hyperparameters", "preset"),
    "rpbind.api.run": ("ablate", "run_study", "tune"),
    "rpbind.api.study": ("Study", "open_study"),
    "rpbind.audit_api": ("Audit", "audit"),
    "rpbind.claims_api": ("verify",),
    "rpbind.command": ("as_command",),
    "rpbind.errors": ("PausedError", "UserError"),
    "rpbind.findings_api": ("findings",),
    "rpbind.genome_api": ("import_peaks", "negatives"),
    "rpbind.history_api": ("History", "history"),
    "rpbind.price_api": ("Estimate", "price"),
    "rpbind.recipe": ("Recipe",),
    "rpbind.reports_api": ("SideBySide", "note", "side_by_side"),
    "rpbind.split_api": ("split", "subset"),
    "rpbind.studyfile.given": ("define_study",),
    "rpbind.studyfile.spec": ("StudySpec",),
    "rpbind.terminal": ("run_experiment",),
    "rpbind.api.train": ("train",),
}
"""Module -> the names that it defines."""

_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


class _Package(ModuleType):
    """This package: `rb.NAME` of the face stays that, also once a room `rpbind.NAME` is imported.

    The import system binds every imported room to the package, which would hide the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _MODULE_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rpbind' has no attribute '{name}'")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
