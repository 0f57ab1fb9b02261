"""The original models, brought in a file as a user would, get the verdicts of the presets."""

import re
import subprocess
import sys
from pathlib import Path

from rpbind.api.study import open_study

EXAMPLE = Path(__file__).parents[2] / "examples" / "original_model"


def test_file_and_preset_of_the_original_models_are_one_model(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_bytes((EXAMPLE / "models.py").read_bytes())
    small = re.sub("^seeds = .*$", "seeds = 3\nepochs = 2", (EXAMPLE / "study.toml").read_text(),
                   flags=re.MULTILINE)  # fmt: skip
    (tmp_path / "study.toml").write_text(small)
    subprocess.run(
        [sys.executable, "-m", "rpbind", "run", "study.toml", "--reports", "reports"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    (folder,) = (tmp_path / "reports").glob("original-*")
    verdicts = open_study(folder).verdicts().set_index("contrast")
    assert verdicts["verdict"].to_dict() == {
        "fix": "better",
        "fix-file": "better",
        "old-file-or-preset": "inert",
        "fixed-file-or-preset": "inert",
    }
    assert verdicts.loc["fix", "difference"] == verdicts.loc["fix-file", "difference"] > 0.05
