"""The record of a study: its plan, and exactly one durable row for each attempt of a run.

A study is a folder. `plan.json` lists the runs and the comparisons that they answer. `ledger/`
holds the rows. `runs/` holds the files of the runs, and start marks of those that are under way.
"""

from rpbind.files.atomic import write_atomic
from rpbind.ledger.ledger import Ledger
from rpbind.ledger.plan_records import (
    ArmPlan,
    ContrastPlan,
    ControlPlan,
    InterimAnalysis,
    OwnPlan,
    Plan,
    PredictionPlan,
)
from rpbind.ledger.records import (
    CUT_OFF,
    Call,
    Finding,
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
    "OwnPlan",
    "Plan",
    "PredictionPlan",
    "ProteinScore",
    "Row",
    "RunStart",
    "Stage",
    "State",
    "write_atomic",
]
