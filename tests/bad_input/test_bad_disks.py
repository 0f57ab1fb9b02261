"""A full disk is exit code 75 and one sentence, whatever library meets it; nothing is left broken.

The disk of a test is full after so many bytes of a file (RLIMIT_FSIZE), or a device that is.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bad_input import called
from full_disk import files_of_at_most

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import is_full_disk
from rpbind.files.arrays import save_array, save_blocks
from rpbind.ledger import write_atomic
from rpbind.proteins.build import build_store
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.proteins.encoders import make_encoder
from rpbind.terminal import EXIT_AGAIN

RNG = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dataset `d`, a table of windows and its proteins."""
    dataset = simulate(tmp_path / "d", World(proteins=4, sites=12, length=31))
    fasta = "".join(f">{p.id}\n{p.sequence}\n" for p in dataset.proteins)
    (tmp_path / "proteins.fasta").write_text(fasta)
    letters = np.array(list("ACGU"))
    rows = "".join(f"{''.join(RNG.choice(letters, 31))}\tSIM00\t{n % 2}\n" for n in range(400))
    (tmp_path / "w.tsv").write_text(f"rna\tprotein\tlabel\n{rows}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMANDS = {
    "rpbind import table w.tsv --proteins proteins.fasta --out made --k 9": 9000,
    "rpbind subset d --per-protein 20 --out made": 2000,
    "rpbind split d": 64,
    "rpbind embed d": 500,
    "rpbind embed d --encoder triad": 40_000,
}
"""What is typed, and the size at which its disk is full."""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_a_full_disk_is_said_in_a_sentence_and_goes_on_later(
    command: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {path.name for path in folder.iterdir()}
    with files_of_at_most(COMMANDS[command]):
        assert called(command) == EXIT_AGAIN == 75
    said = capsys.readouterr().err
    *_, error = said.strip().splitlines()  # after what was announced
    assert "No space is left on the disk" in error
    assert said.count("error: ") == 1
    assert ".npy" not in said
    assert {path.name for path in folder.iterdir()} == before
    assert not [path for path in folder.rglob("*") if len(path.name) > 32 and path.is_dir()]
    assert called(command) == 0


def test_two_calls_give_what_one_gives(folder: Path) -> None:
    """An embedding store that a full disk has interrupted is the one that was never interrupted."""
    sequences = [protein.sequence for protein in Dataset.open(folder / "d").proteins]
    whole = build_store(folder / "whole", make_encoder("triad"), sequences)
    with files_of_at_most(100_000), pytest.raises(OSError, match=r"(?i)too large") as error:
        build_store(folder / "cut", make_encoder("triad"), sequences)
    assert is_full_disk(error.value)
    assert error.value.filename == str(folder / "cut" / "embeddings" / "triad")
    assert build_store(folder / "cut", make_encoder("triad"), sequences).manifest == whole.manifest


def numpy_saves(path: Path) -> None:
    np.save(path, np.zeros(9000))


def pyarrow_writes(path: Path) -> None:
    pq.write_table(pa.table({"x": RNG.random(9000)}), path)


def python_writes(path: Path) -> None:
    path.write_bytes(bytes(90_000))


def our_array(path: Path) -> None:
    save_array(path, np.zeros(9000))


@pytest.mark.parametrize("write", [numpy_saves, pyarrow_writes, python_writes, our_array])
def test_a_full_disk_is_known_whatever_library_meets_it(write: object, tmp_path: Path) -> None:
    assert callable(write)
    with files_of_at_most(8192), pytest.raises((OSError, RuntimeError)) as error:
        write(tmp_path / "x")  # pyarrow removes what it could not write: never name a device
    assert is_full_disk(error.value)


def test_another_error_is_no_full_disk() -> None:
    assert not is_full_disk(FileNotFoundError(errno.ENOENT, "No such file or directory", "x"))
    assert not is_full_disk(ValueError("requested 3 and written 2"))
    error = RuntimeError("a worker died")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert is_full_disk(error)


def test_arrays_are_written_to_the_bytes_of_numpy(tmp_path: Path) -> None:
    for array in (
        np.arange(12, dtype=np.uint8).reshape(3, 4),
        np.arange(5, dtype="<i4"),
        RNG.random((2, 3, 4)).astype(np.float16),
        np.asfortranarray(RNG.random((4, 3))).T,
    ):
        np.save(tmp_path / "numpy.npy", np.ascontiguousarray(array))
        save_array(tmp_path / "ours.npy", array)
        assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpy.npy").read_bytes()
    rows = RNG.random((6, 2))
    save_blocks(tmp_path / "blocks.npy", [rows[:1], rows[1:4], rows[4:]], (6, 2))
    np.testing.assert_array_equal(np.load(tmp_path / "blocks.npy"), rows)


def test_a_replaced_file_is_named_by_its_own_name_and_may_have_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".csv")
    write_atomic(path, b"old")
    with files_of_at_most(10), pytest.raises(OSError, match="large") as error:
        write_atomic(path, b"new" * 99)
    assert error.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_split_on_a_full_disk_leaves_nothing_and_is_made_later(folder: Path) -> None:
    dataset = Dataset.open(folder / "d")
    with files_of_at_most(64), pytest.raises(OSError, match="large"):
        load_split(dataset, SplitSpec())
    assert not list((dataset.root / "splits").iterdir())
    assert load_split(dataset, SplitSpec()).summary["train"].windows


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
def test_output_to_a_full_disk_is_said_once_with_75() -> None:
    program = "import typer\nfrom rpbind.terminal import run_app\napp = typer.Typer()\n"
    program += "@app.command()\ndef show(): print('a table')\nrun_app(app)"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 75, done.stderr
    assert done.stderr.startswith("error: No space is left on the disk")
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_has_seen_enough_ends_a_command_without_a_word() -> None:
    program = "import typer\nfrom rpbind.terminal import run_app\napp = typer.Typer()\n"
    program += "@app.command()\ndef show(): print('a table')\nrun_app(app)"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_an_embedding_store_is_never_seen_half(folder: Path) -> None:
    """The disk is full while an embedding store is extended: the old one stays whole."""
    root = folder / "other"
    old = build_store(root, make_encoder("triad"), ["MKV"])
    with files_of_at_most(5000), pytest.raises(OSError, match="large"):
        build_store(root, make_encoder("triad"), ["MKV", "ACDEFGHIKLMNPQRSTVWY"])
    assert EmbeddingStore.open(root, "triad").verify() == old.sha256


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB, where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_an_embedding_store_that_does_not_fit_is_an_error_and_no_crash(small_disk: Path) -> None:
    """Its pieces fit, and the whole beside them does not: a mapped file would be SIGBUS."""
    program = (
        "import sys; from pathlib import Path\n"
        "from rpbind.proteins.build import build_store\n"
        "from rpbind.proteins.encoders import make_encoder\n"
        "try:\n"
        "    build_store(Path(sys.argv[1]), make_encoder('triad'), ['MKVLAWGR' * 30])\n"
        "except OSError as error:\n"
        "    sys.exit(error.errno)\n"
    )
    command = [sys.executable, "-c", program, str(small_disk)]
    assert subprocess.run(command, capture_output=True).returncode == errno.ENOSPC
    left = (small_disk / "embeddings" / "triad").iterdir()
    assert sorted(path.name[:5] for path in left) == [".lock", ".part"]
