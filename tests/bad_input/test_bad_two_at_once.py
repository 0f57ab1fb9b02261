"""Two commands at once in one place: both end well, or the second says what the first is doing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyarrow as pa
import pytest

from rpbind.data import frozen_split, writer
from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.data.subset import subset
from rpbind.data.world import World, simulate
from rpbind.design import source
from rpbind.errors import UserError
from rpbind.ledger import write_atomic
from rpbind.proteins import build, embedding_store
from rpbind.proteins.build import build_store
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.proteins.encoders import make_encoder
from rpbind.use import output

SMALL = World(proteins=4, sites=12, length=31)
CHAINS = ["MKV", "AAA", "ACDEFGHIKLMNPQRSTVWY"]


def once(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, first: Callable[[], Any]
) -> None:
    """Do something just before a function of a module is called for the first time."""
    real = getattr(module, name)
    called: list[bool] = []

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not called:
            called.append(True)
            first()
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, wrapper)


def test_of_two_that_embed_the_second_waits_and_finds_the_embedding_store_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, made, waited = Event(), [], []

    def second() -> None:
        try:
            made.append(build_store(tmp_path, make_encoder("random"), CHAINS))
        finally:
            goes_on.set()

    thread = Thread(target=second)

    def while_the_first_is_at_work() -> None:
        thread.start()
        assert goes_on.wait(120)

    def notice(*words: object, **options: object) -> None:
        waited.append(words)
        goes_on.set()

    monkeypatch.setattr("rpbind.files.locks.print", notice, raising=False)
    once(monkeypatch, build, "write_atomic", while_the_first_is_at_work)
    first = build_store(tmp_path, make_encoder("random"), CHAINS)
    thread.join()
    assert [other.manifest for other in made] == [first.manifest]
    assert "embeddings/random" in str(waited)
    assert not list((tmp_path / "embeddings" / "random").glob(".partial*"))


def test_a_second_that_wants_more_proteins_extends_what_the_first_has_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ends between the second's look at the store and its lock."""

    def first() -> None:
        monkeypatch.undo()
        build_store(tmp_path, make_encoder("random"), CHAINS[:2])

    once(monkeypatch, build, "exclusive", first)
    made = build_store(tmp_path, make_encoder("random"), CHAINS[1:])
    assert made.manifest.proteins == 3
    made.verify()


def test_an_embedding_store_that_is_extended_while_it_is_opened_is_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_store(tmp_path, make_encoder("random"), CHAINS[:1])
    old = embedding_store.read_manifest(tmp_path / "embeddings" / "random", "")
    extended = build_store(tmp_path, make_encoder("random"), CHAINS)
    answers = [old]
    real = embedding_store.read_manifest
    monkeypatch.setattr(
        embedding_store, "read_manifest", lambda *args: answers.pop() if answers else real(*args)
    )
    assert EmbeddingStore.open(tmp_path, "random").manifest == extended.manifest


def test_two_that_split_freeze_one_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = simulate(tmp_path / "d", SMALL)
    other: list[str] = []
    once(
        monkeypatch,
        frozen_split,
        "save_array",
        lambda: other.append(load_split(dataset, SplitSpec()).sha256),
    )
    assert [load_split(dataset, SplitSpec()).sha256] == other
    assert len(list((dataset.root / "splits").iterdir())) == 1


def test_of_two_that_make_one_dataset_the_second_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = simulate(tmp_path / "d", SMALL)
    once(
        monkeypatch,
        writer,
        "_write_parquet",
        lambda: subset(dataset, tmp_path / "made", 3),
    )
    with pytest.raises(UserError, match="another process made it"):
        subset(dataset, tmp_path / "made", 4)
    assert Dataset.open(tmp_path / "made").manifest.windows == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "made"]


def test_two_that_need_the_simulated_world_make_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, source, "simulate", lambda: source.simulated(tmp_path / "data", SMALL))
    folder = source.simulated(tmp_path / "data", SMALL).folder
    assert Dataset.open(folder).manifest.proteins == 4
    EmbeddingStore.open(folder, "triad").verify()


def test_of_two_results_in_one_place_one_is_there_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.csv"
    once(monkeypatch, output, "write_atomic", lambda: write_atomic(out, b"x\n1\n"))
    output.write_table(out, pa.table({"x": [2, 3]}))
    assert out.read_text() == '"x"\n2\n3\n'
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
