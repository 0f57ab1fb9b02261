"""A user's class is found, hashed, loaded from exactly the recorded content, and given options."""

import sys
from pathlib import Path

import pytest

from rpbind import parts
from rpbind.errors import UserError

GRU = """
from typing import Literal

class GRUEncoder:
    def __init__(self, length, dim: int = 64, *, cell: Literal["gru", "lstm"] = "gru",
                 widths: tuple[int, ...] = (8, 4), rate: float | None = None):
        self.dim = dim

SIZE = 3
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "my_parts.py") -> str:
    Path(name).write_text(text)
    return name


def loaded(reference: str) -> type:
    return parts.load(parts.part(reference, "model.encoder"), "model.encoder")


def test_a_class_is_loaded_from_its_file_and_named_without_folders(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    file = written(GRU, "sub/my_parts.py")
    there = parts.part(f"{file}:GRUEncoder", "model.encoder")
    assert there == parts.part(f"{tmp_path}/sub/my_parts.py:GRUEncoder", "model.encoder")
    assert there.reference == "my_parts.py:GRUEncoder"
    assert parts.load(there, "model.encoder")(101, dim=8).dim == 8


def test_a_path_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    written(GRU, "study/my_parts.py")
    with parts.relative_to(tmp_path / "study"):
        assert loaded("my_parts.py:GRUEncoder").__name__ == "GRUEncoder"


def test_a_class_is_loaded_from_an_installed_module() -> None:
    found = parts.part("fractions:Fraction", "metric")
    assert (found.file, found.reference) == ("fractions.py", "fractions:Fraction")
    assert parts.load(found, "metric")(1, 2) == 0.5


def test_the_recorded_content_is_loaded_not_what_the_file_holds_now(tmp_path: Path) -> None:
    written("class A:\n    said = 'before'\n")
    before = parts.part("my_parts.py:A", "metric")
    parts.keep(tmp_path / "study" / "parts", [(before.sha256, before.file)])
    written("class A:\n    said = 'after'\n")
    assert parts.load(before, "metric").said == "before"
    assert loaded("my_parts.py:A").said == "after"
    (copy,) = parts.kept_in(tmp_path / "study" / "parts")
    assert copy.name == f"{before.sha256}-my_parts.py"


def test_another_process_finds_content_in_the_folder_that_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("class Kept:\n    said = 'kept'\n")
    kept = parts.part("my_parts.py:Kept", "metric")
    parts.keep(tmp_path / "kept", [(kept.sha256, kept.file)])
    Path("my_parts.py").unlink()
    monkeypatch.setattr("rpbind.parts.contents._known", {})
    with pytest.raises(UserError, match=r"my_parts\.py"):
        parts.content_of(kept.sha256, kept.file)
    parts.seek_in(tmp_path / "kept")
    assert parts.load(kept, "metric").said == "kept"


def test_a_copy_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written("class Trusted:\n    pass\n")
    trusted = parts.part("my_parts.py:Trusted", "metric")
    parts.keep(tmp_path / "kept", [(trusted.sha256, trusted.file)])
    (copy,) = parts.kept_in(tmp_path / "kept")
    copy.write_text("class Trusted:\n    evil = 1\n")
    monkeypatch.setattr("rpbind.parts.contents._known", {})
    parts.seek_in(tmp_path / "kept")
    with pytest.raises(UserError, match="was changed"):
        parts.load(trusted, "metric")


BROKEN = {
    "import of nothing": ("import nothing_of_this_name\n", 1, "import nothing_of_this_name"),
    "an error in the body": ("class A:\n    x = 1 / 0\n", 2, "x = 1 / 0"),
    "a syntax error": ("class A:\n    def f(self:\n", 2, "def f(self:"),
    "an exit": ("import sys\nsys.exit(3)\n", 2, "sys.exit(3)"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_error_ends_in_the_users_file_and_line(case: str) -> None:
    text, line, code = BROKEN[case]
    written(text)
    with pytest.raises(UserError) as error:
        loaded("my_parts.py:A")
    *_, where, what = str(error.value).splitlines()
    assert where.strip() == f'File "my_parts.py", line {line}'
    assert what.strip() == code
    assert not [name for name in sys.modules if name.startswith("rpbind_custom_") and not
                hasattr(sys.modules[name], "__file__")]  # fmt: skip


@pytest.mark.parametrize("line", ["import helper", "from helper import x", "from . import x"])
def test_a_file_that_imports_a_file_beside_it_is_refused(line: str) -> None:
    written("x = 1\n", "helper.py")
    written(f"import math\n{line}\nclass A:\n    pass\n")
    with pytest.raises(UserError, match="one file") as error:
        loaded("my_parts.py:A")
    assert str(error.value).splitlines()[-1].strip() == line


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ("my_parts.py", "FILE.py:CLASS"),
        ("my_prts.py:A", "my_parts.py"),
        ("no.such.module:A", "no.such.module"),
        ("math:A", "math"),
        ("my parts:A", "FILE.py:CLASS"),
    ],
)
def test_a_wrong_reference_is_refused_before_anything_runs(reference: str, named: str) -> None:
    written("raise SystemError\n")
    with pytest.raises(UserError, match=named):
        parts.part(reference, "model.encoder")


def test_a_package_that_cannot_be_imported_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "broken_package").mkdir()
    written("raise RuntimeError('out of order')\n", "broken_package/__init__.py")
    with pytest.raises(UserError, match=r"broken_package.*out of order"):
        parts.part("broken_package.encoders:A", "model.encoder")


def test_a_file_in_the_root_of_a_checkout_may_import_rpbind() -> None:
    Path("rpbind").mkdir()
    written("", "rpbind/__init__.py")
    written("from rpbind.errors import UserError\n\nclass Beside:\n    error = UserError\n")
    assert loaded("my_parts.py:Beside").error is UserError  # type: ignore[attr-defined]


@pytest.mark.parametrize(("name", "said"), [("GRUEncodr", "GRUEncoder"), ("SIZE", "no class")])
def test_a_name_that_is_no_class_is_refused(name: str, said: str) -> None:
    written(GRU)
    with pytest.raises(UserError, match=said):
        loaded(f"my_parts.py:{name}")


def test_options_are_those_of_the_signature_with_its_defaults() -> None:
    written(GRU)
    kind = loaded("my_parts.py:GRUEncoder")
    full = parts.checked_options(kind, {"dim": 32}, "model.encoder", ["length"])
    assert full == {"dim": 32, "cell": "gru", "widths": [8, 4], "rate": None}
    off = parts.checked_options(kind, {"rate": "off"}, "model.encoder", ["length"])
    assert off["rate"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dims": 3}, "'dim'"),
        ({"dim": "wide"}, r"options\.dim must be int"),
        ({"dim": True}, r"options\.dim must be int"),
        ({"dim": 1.5}, r"options\.dim must be int"),
        ({"cell": "rnn"}, "gru"),
        ({"widths": [1, "x"]}, r"options\.widths"),
        ({"rate": float("nan")}, r"options\.rate"),
        ({"length": 5}, "given by rpbind"),
    ],
)
def test_an_option_that_the_signature_lacks_or_of_another_type_is_refused(
    options: dict[str, object], said: str
) -> None:
    written(GRU)
    with pytest.raises(UserError, match=said):
        parts.checked_options(
            loaded("my_parts.py:GRUEncoder"), options, "model.encoder", ["length"]
        )


def test_a_missing_option_is_named() -> None:
    written("class A:\n    def __init__(self, size, *, deep=1): ...\n")
    with pytest.raises(UserError, match="lacks size"):
        parts.checked_options(loaded("my_parts.py:A"), {}, "model.memory")


def test_a_class_that_takes_any_option_gets_all_of_them() -> None:
    written("class A:\n    def __init__(self, a=1, **more): ...\n")
    given = parts.checked_options(loaded("my_parts.py:A"), {"b": 2}, "model.memory")
    assert given == {"a": 1, "b": 2}


def test_a_module_is_one_of_a_package_and_not_a_file_of_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written(GRU, "mine.py")
    monkeypatch.syspath_prepend(Path.cwd())
    with pytest.raises(UserError, match=r"mine\.py:GRUEncoder"):
        parts.part("mine:GRUEncoder", "model.encoder")
