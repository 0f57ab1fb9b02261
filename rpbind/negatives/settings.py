"""The options of an import of peaks, with those of its negatives."""

from __future__ import annotations

from dataclasses import dataclass

from rpbind.genome.settings import PeakSettings
from rpbind.negatives.rules import NegativeSettings

NONE = "none"
"""The name of the rule where no negatives are made."""


@dataclass(frozen=True, kw_only=True)
class PeakImportSettings(NegativeSettings, PeakSettings):
    """How peaks are imported. Every field is an option."""

    def __post_init__(self) -> None:
        NegativeSettings.__post_init__(self)
        PeakSettings.__post_init__(self)
