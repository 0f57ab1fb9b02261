"""The user's name for a study is kept in its plan, and is no part of its fingerprint."""

import shutil
from pathlib import Path

from rpbind.experiment import prepared
from rpbind.studyfile.given import Call
from rpbind.studyfile.run import request
from rpbind.studyfile.spec import StudySpec


def test_a_name_is_in_the_plan_and_changes_no_fingerprint(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "world")
    named, nameless = (
        prepared(
            *request(
                StudySpec(
                    name=name, data=str(tmp_path / "world"), seeds=2,
                    changes={"plain": {"model.residual": False}}, design="leave-one-out",
                ),
                Call(reports=tmp_path / "reports", dry_run=True),
            )
        )
        for name in ("third-try", None)
    )  # fmt: skip
    assert (named.resumed.name, named.folder.name) == ("third-try", "third-try")
    assert nameless.resumed.name == ""
    assert named.plan.fingerprint == nameless.plan.fingerprint
