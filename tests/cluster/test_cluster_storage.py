"""The check of shared storage, with nodes that are simulated by their answers."""

from pathlib import Path

import pytest

from rpbind.cluster import preflight
from rpbind.cluster.placement import Node
from rpbind.cluster.preflight import NodeView, Probe, check_storage
from rpbind.errors import UserError

NODES = [Node("a", "10.0.0.1", {}), Node("b", "10.0.0.2", {})]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "manifest.json"
    file.write_text("{}")
    return file


def nodes_that(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let node a carry out its probe, and node b return `answer(probe)`."""
    probes: list[tuple[Node, Probe]] = []

    def ask(node: Node, probe: Probe) -> int:
        probes.append((node, probe))
        return len(probes) - 1

    def result_of(node: Node, task: int) -> NodeView:
        _, probe = probes[task]
        return preflight._probe_storage(probe, node.id) if node.id == "a" else answer(probe)  # type: ignore[operator]

    monkeypatch.setattr(preflight, "_start_probe", ask)
    monkeypatch.setattr(preflight, "_probe_result", result_of)


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_shared_storage_is_described_with_its_free_space(
    prefix: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes_that(lambda probe: preflight._probe_storage(probe, "b"), monkeypatch)
    place = f"{prefix}{tmp_path / 'study'}"
    message = check_storage(NODES, place, [data])
    assert message.startswith(f"{place}, shared by 2 node(s), ")
    assert message.endswith(" GB free")
    assert list((tmp_path / "study").iterdir()) == []


def test_on_one_machine_only_the_free_space_is_checked(data: Path, tmp_path: Path) -> None:
    assert check_storage([], str(tmp_path / "study"), [data]).startswith(f"{tmp_path / 'study'}, ")


def elsewhere(probe: Probe) -> NodeView:
    return NodeView(False, (), None)


def stale_mount(probe: Probe) -> NodeView:
    """A node that reads what the driver wrote, but whose own files the driver does not see."""
    return NodeView(True, preflight._probe_storage(probe, "driver").files, 10**12)


def other_data(probe: Probe) -> NodeView:
    seen = preflight._probe_storage(probe, "b")
    return NodeView(True, ("No such file or directory",), seen.free)


def full(probe: Probe) -> NodeView:
    return NodeView(True, preflight._probe_storage(probe, "b").files, 10**6)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (elsewhere, r"Node 10\.0\.0\.2 does not share .*study with this process.*--reports is"),
        (stale_mount, r"Node 10\.0\.0\.2 does not share .*study with this process"),
        (other_data, r"Node 10\.0\.0\.2 does not have .*manifest\.json .*--data is"),
        (full, r"has 1 MB .* 256 MB"),
    ],
)
def test_a_node_without_the_shared_files_is_named_and_no_file_is_left_behind(
    answer: object, message: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes_that(answer, monkeypatch)
    with pytest.raises(UserError, match=message):
        check_storage(NODES, str(tmp_path / "study"), [data])
    assert list((tmp_path / "study").iterdir()) == []
