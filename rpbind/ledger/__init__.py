"""The only record of a study: its plan, and exactly one durable row for every attempt of a run.

A study is a folder. `plan.json` says what was to be run and which comparisons it answers;
`ledger/` holds the rows, `runs/` what the runs leave, and what marks those that are under way.
"""

from rpbind.files.atomic import write_atomic
from rpbind.ledger.ledger import Ledger
from rpbind.ledger.records import (
    CUT_OFF,
    ArmPlan,
    Call,
    ContrastPlan,
    ControlPlan,
    Finding,
    InterimAnalysis,
    Plan,
    ProteinScore,
    Row,
    RunStart,
    Stage,
    State,
)

__all__ = [
    "CUT_OFF",
    "ArmPlan",
    "Call",
    "ContrastPlan",
    "ControlPlan",
    "Finding",
    "InterimAnalysis",
    "Ledger",
    "Plan",
    "ProteinScore",
    "Row",
    "RunStart",
    "Stage",
    "State",
    "write_atomic",
]
