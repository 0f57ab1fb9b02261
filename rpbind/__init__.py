"""rpbind: hyperparameter search and honest ablations for RNA-protein binding models, on Ray."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rpbind")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
