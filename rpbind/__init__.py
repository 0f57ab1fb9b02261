"""rpbind: hyperparameter search and honest ablations for RNA-protein binding models, on Ray.

`import rpbind as rb` gives what `__all__` names; it is the supported interface, and nothing below
it is. A name is imported when it is first used, so that the import itself costs next to nothing.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rpbind.api.compare import compare
    from rpbind.api.run import ablate, tune
    from rpbind.api.study import Study, open_study
    from rpbind.errors import UserError
    from rpbind.recipe import Recipe
    from rpbind.recipe.presets import preset

try:
    __version__ = version("rpbind")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Recipe",
    "Study",
    "UserError",
    "ablate",
    "compare",
    "open_study",
    "preset",
    "tune",
]

_HOME = {
    "Recipe": "rpbind.recipe",
    "Study": "rpbind.api.study",
    "UserError": "rpbind.errors",
    "ablate": "rpbind.api.run",
    "compare": "rpbind.api.compare",
    "open_study": "rpbind.api.study",
    "preset": "rpbind.recipe.presets",
    "tune": "rpbind.api.run",
}
"""Name -> the module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'rpbind' has no attribute '{name}'")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
