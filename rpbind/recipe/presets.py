"""The named recipes (presets); `old` and `fixed` are the original model before and after a fix."""

from __future__ import annotations

from rpbind.errors import check_one_of
from rpbind.recipe.memories import ExpandedMemory
from rpbind.recipe.model import Attention, Classifier, FeedForward, Model, XavierInit
from rpbind.recipe.recipe import Recipe
from rpbind.recipe.training import Plateau, Train

OLD = Recipe()
"""The original model before its fix (`old`)."""

FIXED = Recipe(
    model=Model(
        memory=ExpandedMemory(),
        attention=Attention(temperature=True),
        residual=True,
        feed_forward=FeedForward(),
        classifier=Classifier(hidden=(256, 128), dropout=0.2),
        init=XavierInit(),
    ),
    train=Train(
        lr=3e-3,
        weight_decay=1e-5,
        clip_norm=1.0,
        schedule=Plateau(min_lr=1e-4),
        stop_after=15,
    ),
)
"""The original model after its fix (`fixed`): its attention is still inert."""

CONV_RESIDUE = FIXED.with_(
    {
        "model.encoder": {"kind": "conv", "dim": 64, "pool": 4},
        "model.memory": "residue",
        "model.attention": {"dim": 64, "heads": 4, "temperature": True},
        "model.feed_forward": {"hidden": 128},
        "train.batch_size": 256,
        "train.lr": 1e-3,
        "train.optimizer": "adamw",
        "train.weight_decay": 1e-2,
    }
)
"""A model in which attention can matter: convolutions over the RNA, one key per residue."""

OWN_HEAD = CONV_RESIDUE.with_(
    {
        "proteins": "triad",
        "model.encoder": {
            "kind": "conv",
            "dim": 96,
            "layers": 3,
            "pool": 4,
            "pool_after": "first",
            "dropout": 0.3,
        },
        "model.memory": "none",
        "model.attention.dim": 128,
        "model.normalised": False,
        "model.feed_forward": None,
        "model.readout": "mean-max",
        "model.own_head": True,
        "model.classifier": {"hidden": [128], "dropout": 0.5},
        "train.batch_size": 512,
        "train.lr": 2e-3,
        "train.epochs": 1,
        "train.shift": 15,
        "train.mask": 0.1,
        "train.schedule": "one-cycle",
    }
)
"""The best model that we know for proteins that the training part contains. It has no attention,
shared convolutions, and a linear head for each protein. `docs/log.md` has the experiments."""

PRESETS = {"old": OLD, "fixed": FIXED, "conv-residue": CONV_RESIDUE, "own-head": OWN_HEAD}


def preset(name: str) -> Recipe:
    """Return a preset.

    Parameters
    ----------
    name
        Name of a preset.

    Returns
    -------
    Recipe
        The preset.

    Raises
    ------
    UserError
        Where there is no such preset; it names the nearest one.
    """
    check_one_of("A preset", name, PRESETS)
    return PRESETS[name]
