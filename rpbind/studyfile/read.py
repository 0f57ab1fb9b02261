"""Reads `study.toml`: checked, with paths relative to the file's folder."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from rpbind.errors import UserError, check_no_yaml
from rpbind.parts.contents import FOLDER, relative_to, seek_in
from rpbind.recipe.custom import recorded
from rpbind.recipe.presets import PRESETS
from rpbind.spaces.named import SPACES
from rpbind.studyfile.given import CALL, RESOURCES, plain
from rpbind.studyfile.own import recorded_own
from rpbind.studyfile.problems import Source, placed, refused
from rpbind.studyfile.spec import VERSION, StudySpec

OWN = ("metrics", "own_controls")
FORGOTTEN = ("seeds", "epochs")
"""What a file sets and `--smoke` replaces, because a quick run is not the study of the file."""


@dataclass(frozen=True)
class StudyFile:
    """A study file that was read.

    Parameters
    ----------
    spec
        The study.
    source
        The file, which knows the line of every key.
    """

    spec: StudySpec
    source: Source


def read_study(path: Path) -> StudyFile:
    """Read a study file.

    Parameters
    ----------
    path
        The TOML file.

    Returns
    -------
    StudyFile
        The study, whose paths are those of the file, seen from the current folder.

    Raises
    ------
    UserError
        If there is no such file, it is not TOML, or a key or value is wrong; with the line.
    """
    text = _text(path)
    source = Source(path, text)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = re.sub(r" \(at line (\d+), column \d+\)$", "", str(error))
        line = re.search(r"at line (\d+)", str(error))
        where = f", line {line[1]}" if line else ""
        raise placed(f"{path}{where}: this is not TOML: {why}.") from None
    version = tree.get("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise placed(
            f"{source.at(('version',))}: this is a study file of version {version!r}; this rpbind "
            f"reads version {VERSION}. Use the rpbind that wrote it, or see docs/study-file.md for "
            f"the keys of version {VERSION}."
        )
    seek_in(path.parent / FOLDER)  # the custom files of a study, whose study.toml this may be
    tree = _recorded(tree, source)
    try:
        spec = StudySpec.model_validate(_from_folder(tree, path.parent))
    except ValidationError as error:
        raise refused(error, tree, source) from None
    return StudyFile(spec, source)


def _text(path: Path) -> str:
    check_no_yaml("A study", path)
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            f"There is no study file {path}. `rpbind init {path}` writes one to begin with."
        ) from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder: name the study's TOML file.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no study file: it is not text in UTF-8.") from None


def _recorded(tree: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Return the content of a file, with the content of each custom class recorded in it."""
    found: dict[str, Any] = {}
    with relative_to(source.file.parent):
        for key, value in tree.items():
            if key == "changes" and isinstance(value, dict):
                found[key] = {}
                for name, values in value.items():
                    with source.place(key, name):
                        found[key][name] = recorded(values)
                continue
            with source.place(key):
                found[key] = recorded_own(key, value) if key in OWN else recorded(value)
    return found


def _from_folder(tree: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the content of a file with its paths seen from the current folder."""

    def file(value: Any, names: Mapping[str, Any]) -> Any:
        is_path = isinstance(value, str) and value not in names and "://" not in value
        return str(folder / value) if is_path else value

    def recipe(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {**value, "file": file(value["file"], {})} if "file" in value else value
        return file(value, PRESETS)

    found = dict(tree)
    if "data" in found:
        found["data"] = file(found["data"], {})
    if "reference" in found:
        found["reference"] = recipe(found["reference"])
    if isinstance(found.get("arms"), list):
        found["arms"] = [
            each | {"reference": recipe(each["reference"])}
            if isinstance(each, dict) and "reference" in each
            else each
            for each in found["arms"]
        ]
    search = found.get("search")
    if isinstance(search, dict):
        search = dict(search)
        if "space" in search:
            search["space"] = file(search["space"], SPACES)
        if "base" in search:
            search["base"] = recipe(search["base"])
        if isinstance(search.get("warm_start"), list):
            search["warm_start"] = [file(each, PRESETS) for each in search["warm_start"]]
        found["search"] = search
    return found


def with_options(
    file: StudyFile, given: Mapping[str, Any], usual: Mapping[str, Any] | None = None
) -> StudySpec:
    """Return the study of a file with options that were given beside it.

    Parameters
    ----------
    file
        The file.
    given
        The options that were given by name. With `smoke`, the number of seeds and the epochs of
        the file do not count.
    usual
        Options that hold where the file says nothing, such as those of the environment.

    Returns
    -------
    StudySpec
        The study.

    Raises
    ------
    UserError
        If the file and an option say different things.
    """
    top = {key: value for key, value in file.spec if key in file.spec.model_fields_set}
    said = {key: plain(value) for key, value in given.items() if key not in CALL}
    gets = dict(file.spec.resources.model_dump(exclude_unset=True))
    gets = {k: v for k, v in (usual or {}).items() if k in RESOURCES and k not in gets} | gets
    if said.get("smoke"):
        top = {key: value for key, value in top.items() if key not in FORGOTTEN}
    for key, value in said.items():
        path = ("resources", key) if key in RESOURCES else (key,)
        mine = gets if key in RESOURCES else top
        if key in mine and not _same(mine[key], value, is_path=key == "data"):
            raise placed(
                f"{file.source.at(path)} sets {key} = {mine[key]!r}, and the option "
                f"--{key.replace('_', '-')} gives {value!r}. Remove one of the two."
            )
        mine[key] = value
    tree = top | ({"resources": gets} if gets else {})
    try:
        return StudySpec.model_validate(tree)
    except ValidationError as error:
        raise refused(error, tree, None) from None


def _same(mine: Any, value: Any, *, is_path: bool) -> bool:
    if is_path:
        return Path(mine).resolve() == Path(value).resolve()
    return bool(mine == value)
