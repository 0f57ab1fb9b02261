"""Defaults from files: `rpbind.toml` in the current folder, and a file of the user.

An option wins over its environment variable, that over `rpbind.toml`, that over the user's file,
and that over the built-in default. A file can set only where studies are and what they run on.
What decides a result (data, split, seeds, epochs, ...) is in the command or in the study's file,
so that the same command means the same study everywhere.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rpbind.errors import UserError, did_you_mean, reason
from rpbind.mistakes import mistakes

PROJECT_FILE = Path("rpbind.toml")

Reports = Annotated[
    Path,
    typer.Option(
        envvar="RPBIND_REPORTS", help="Folder for studies; on a cluster, all nodes must share it."
    ),
]
Address = Annotated[
    str | None,
    typer.Option(envvar="RPBIND_ADDRESS", help="Address of a Ray cluster (default: this machine)."),
]
Workers = Annotated[
    int,
    typer.Option(envvar="RPBIND_WORKERS", min=1, help="Worker processes per run (Ray Train)."),
]
CpusPerWorker = Annotated[
    int,
    typer.Option(
        envvar="RPBIND_CPUS_PER_WORKER",
        min=1,
        help="CPUs per worker, which are also its torch threads.",
    ),
]
GpusPerRun = Annotated[
    float,
    typer.Option(
        envvar="RPBIND_GPUS_PER_RUN", min=0.0, help="GPUs per run, shared by its workers."
    ),
]
ShareGpus = Annotated[
    bool,
    typer.Option(
        "--share-gpus",
        help="Let as many runs share each GPU as its memory holds, by a measurement of each "
        "model before the first run; in place of --gpus-per-run.",
    ),
]


class Settings(BaseModel):
    """The defaults that a file can set, each named as the option is, with underscores."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reports: str | None = None
    address: str | None = None
    workers: Annotated[int | None, Field(ge=1)] = None
    cpus_per_worker: Annotated[int | None, Field(ge=1)] = None
    gpus_per_run: Annotated[float | None, Field(ge=0)] = None
    log: list[str] | None = None


@dataclass(frozen=True)
class Default:
    """A default, and the file that sets it.

    Parameters
    ----------
    value
        The value.
    file
        The file.
    """

    value: Any
    file: Path


def user_file() -> Path:
    """Return the path of the user's own file, whether or not it is there.

    Returns
    -------
    pathlib.Path
        `~/.config/rpbind/config.toml`, or what the platform has in its place.
    """
    from platformdirs import user_config_path

    return user_config_path("rpbind") / "config.toml"


def variable(name: str) -> str:
    """Return the environment variable of a default: RPBIND_REPORTS for reports."""
    return f"RPBIND_{name.upper()}"


def default_from_variable(name: str) -> str | None:
    """Return the text of a default's environment variable, if it is set and a value.

    Parameters
    ----------
    name
        The option's name, with underscores.

    Returns
    -------
    str | None
        The text; None if the variable is not set or empty.

    Raises
    ------
    UserError
        If it is no value of the option.
    """
    if not (text := os.environ.get(variable(name))):
        return None
    try:
        Settings.model_validate({name: text.split() if name == "log" else text}, strict=False)
    except ValidationError as error:
        raise UserError(
            f"{variable(name)} sets the default of an option: {mistakes(error)}. Correct or "
            "unset it."
        ) from None
    return text


def defaults_from_files() -> dict[str, Default]:
    """Read the defaults that files set; the project's file wins over the user's.

    Returns
    -------
    dict
        {option's name: its default}.

    Raises
    ------
    UserError
        If a file cannot be read, is not TOML, or sets something that a file cannot set.
    """
    return {
        name: Default(value, file)
        for file in (user_file(), PROJECT_FILE)
        for name, value in _read(file).items()
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            f"{file} holds defaults of options, and cannot be read as TOML in UTF-8: "
            f"{reason(error)}. Correct or remove it."
        ) from None
    known = Settings.model_fields
    for name in content:
        if name not in known:
            raise UserError(
                f"{file}: a file sets the defaults of {', '.join(known)}; got '{name}'."
                f"{did_you_mean(name, known)} What decides a result is given in the command or in "
                "the study's file."
            )
    try:
        Settings.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{file}: {reason(error)}.") from None
    if "reports" in content:
        content["reports"] = str(Path(content["reports"]).expanduser())
    return content


def command_of(app: typer.Typer) -> Any:
    """Return the command of a command line, whose options have the defaults from files.

    Parameters
    ----------
    app
        The command line.

    Returns
    -------
    click.Command
        The command; call it to run the command line.
    """
    command: Any = typer.main.get_command(app)
    found = {variable(name): default for name, default in defaults_from_files().items()}
    for option in _options(command):
        if (default := found.get(option.envvar)) is not None:
            option.default = default.value
            values = default.value if isinstance(default.value, list) else [default.value]
            option.set_by = f"from {default.file}"
            option.show_default = f"{', '.join(map(str, values))}, {option.set_by}"
    return command


def _options(command: Any) -> Iterator[Any]:
    """Yield the options that have an environment variable, of a command and all below it."""
    for below in getattr(command, "commands", {}).values():
        yield from _options(below)
    yield from (option for option in command.params if isinstance(option.envvar, str))
