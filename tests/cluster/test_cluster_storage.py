"""What nodes that do not share a folder are told; nodes here are answers, not machines."""

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
    """Let node a do what it is asked, and node b answer as said (a function of the probe)."""
    asked: list[tuple[Node, Probe]] = []

    def ask(node: Node, probe: Probe) -> int:
        asked.append((node, probe))
        return len(asked) - 1

    def tell(node: Node, task: int) -> NodeView:
        _, probe = asked[task]
        return preflight._look(probe, node.id) if node.id == "a" else answer(probe)  # type: ignore[operator]

    monkeypatch.setattr(preflight, "_ask", ask)
    monkeypatch.setattr(preflight, "_answer", tell)


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_folder_or_uri_that_every_node_sees_is_told_with_its_free_space(
    prefix: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes_that(lambda probe: preflight._look(probe, "b"), monkeypatch)
    place = f"{prefix}{tmp_path / 'study'}"
    said = check_storage(NODES, place, [data])
    assert said.startswith(f"{place}, shared by 2 node(s), ")
    assert said.endswith(" GB free")
    assert list((tmp_path / "study").iterdir()) == []


def test_one_machine_is_asked_for_its_free_space_only(data: Path, tmp_path: Path) -> None:
    assert check_storage([], str(tmp_path / "study"), [data]).startswith(f"{tmp_path / 'study'}, ")


def elsewhere(probe: Probe) -> NodeView:
    return NodeView(False, (), None)


def deaf(probe: Probe) -> NodeView:
    """It reads what the driver wrote, and what it writes goes nowhere (a copy, a stale mount)."""
    return NodeView(True, preflight._look(probe, "driver").files, 10**12)


def other_data(probe: Probe) -> NodeView:
    seen = preflight._look(probe, "b")
    return NodeView(True, ("No such file or directory",), seen.free)


def full(probe: Probe) -> NodeView:
    return NodeView(True, preflight._look(probe, "b").files, 10**6)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (elsewhere, r"Node 10\.0\.0\.2 does not share .*study with this process.*--reports is"),
        (deaf, r"Node 10\.0\.0\.2 does not share .*study with this process"),
        (other_data, r"Node 10\.0\.0\.2 does not see .*manifest\.json as it is here.*--data is"),
        (full, r"has 1 MB left, and a study is not begun below 256 MB"),
    ],
)
def test_a_node_that_does_not_share_is_named_and_nothing_is_left_behind(
    answer: object, said: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes_that(answer, monkeypatch)
    with pytest.raises(UserError, match=said):
        check_storage(NODES, str(tmp_path / "study"), [data])
    assert list((tmp_path / "study").iterdir()) == []
