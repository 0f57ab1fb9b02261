"""The names that options take: {name: what it is}."""

from __future__ import annotations

from rpbind.ledger.trials import OBJECTIVES as OBJECTIVES
from rpbind.recipe.presets import PRESETS as PRESETS
from rpbind.search.config import REPEATED as REPEATED
from rpbind.search.config import SAMPLERS as SAMPLERS
from rpbind.search.config import SCHEDULERS as SCHEDULERS
from rpbind.spaces.named import SPACES as SPACES
