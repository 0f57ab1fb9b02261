"""Install the project into an environment from the lock file: by uv if it is there, else by pip.

    .venv/bin/python .ci/install.py '.[test]'

uv takes a tenth of pip's CPU time. It does not read pip's configuration, in which people name the
index that has a CPU build of torch, so it is given pip's indexes. Neither compiles bytecode: Python
does that for the modules that are imported, when they are.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

LOCK = "constraints.txt"
OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}
"""Option of pip -> that of uv; pip separates several values by blanks."""


def words_for_uv(listed: str) -> list[str]:
    """Return the options that make uv look where pip looks.

    Parameters
    ----------
    listed
        What `pip config list` prints: lines such as `global.find-links='/wheels'`. Those of the
        environment (`:env:.find-links`) come before those of files, and of two files, the section
        `install` before `global`.

    Returns
    -------
    list of str
        Words of a command line.
    """
    found: dict[str, str] = {}
    ranks = ("global.", "install.", ":env:.")
    for rank in ranks:
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(rank) and value:
                found[name.removeprefix(rank)] = str(ast.literal_eval(value))
    words = ["--index-strategy", "unsafe-best-match"]  # the best version of all indexes, as pip
    for name, option in OPTIONS.items():
        words += [word for each in found.get(name, "").split() for word in (option, each)]
    if found.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        words.append("--no-index")
    return words


def certificates(listed: str) -> dict[str, str]:
    """Return the variable that makes uv trust what pip trusts."""
    names = ("global.cert", "install.cert", ":env:.cert")
    values = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    given = [ast.literal_eval(values[name]) for name in names if name in values]
    return {"SSL_CERT_FILE": given[-1]} if given and "SSL_CERT_FILE" not in os.environ else {}


def main(project: str) -> int:
    """Install; the exit code is that of uv or pip."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    lock = ["--quiet", "--constraint", LOCK, "--editable", project]
    uv = shutil.which("uv")
    if uv is None:
        return subprocess.run([*pip, "install", "--no-compile", *lock], check=False).returncode
    told = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=True)
    listed = told.stdout
    command = [uv, "pip", "install", "--python", sys.executable, *words_for_uv(listed), *lock]
    environment = os.environ | certificates(listed)
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
