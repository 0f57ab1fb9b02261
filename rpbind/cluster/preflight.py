"""What is asked of a running cluster before a study begins: its nodes, and the storage they share.

The probe goes through pyarrow's filesystems: a path and a URI (`s3://bucket/folder`) are one to it.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ray
from pyarrow import fs
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from rpbind.cluster.placement import Node, check_free
from rpbind.errors import UserError, reason

ANSWER = 60.0
"""Seconds that a node has to answer; starting a process there takes a few."""


def nodes() -> list[Node]:
    """Return the nodes of the cluster that are alive."""
    return [
        Node(each["NodeID"], each["NodeManagerAddress"], each["Resources"])
        for each in ray.nodes()
        if each["Alive"]
    ]


@dataclass(frozen=True)
class Probe:
    """What a node is asked to do: find `mark` in `place`, leave one there, and read `files`."""

    place: str
    mark: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class NodeView:
    """What a node found: the mark, the SHA-256 of each file (or why not), and bytes left."""

    mark: bool
    files: tuple[str, ...]
    free: int | None


def check_storage(there: Sequence[Node], place: str, reads: Sequence[Path]) -> str:
    """Have every node read and write in `place` and read the files `reads`; say what was found.

    Raises `UserError` naming a node that does not share them with this process or does not answer,
    and where too little space is left.
    """
    probe = Probe(place, f".probe-{uuid.uuid4().hex}", tuple(map(str, reads)))
    system, folder = fs.FileSystem.from_uri(place)
    system.create_dir(folder, recursive=True)
    mark = f"{folder}/{probe.mark}"
    try:
        _leave(system, mark)
        mine = _look(probe, "driver")
        tasks = [_ask(node, probe) for node in there]
        seen = [_answer(node, task) for node, task in zip(there, tasks, strict=True)]
        for node, found in zip(there, seen, strict=True):
            _agree(node, probe, mine, found, _is(system, f"{mark}-{node.id}"))
    finally:
        for left in (mark, f"{mark}-driver", *(f"{mark}-{node.id}" for node in there)):
            if _is(system, left):
                system.delete_file(left)
    return _room(place, [mine, *seen], len(there))


def _look(probe: Probe, name: str) -> NodeView:
    """Do what a probe asks; runs on every node."""
    system, folder = fs.FileSystem.from_uri(probe.place)
    if not _is(system, f"{folder}/{probe.mark}"):
        return NodeView(False, (), None)
    _leave(system, f"{folder}/{probe.mark}-{name}")
    local = isinstance(system, fs.LocalFileSystem)
    free = shutil.disk_usage(folder).free if local else None
    return NodeView(True, tuple(_digest(Path(file)) for file in probe.files), free)


def _ask(node: Node, probe: Probe) -> ray.ObjectRef:
    pinned = NodeAffinitySchedulingStrategy(node.id, soft=False)
    task = ray.remote(_look).options(num_cpus=0, max_retries=0, scheduling_strategy=pinned)
    return task.remote(probe, node.id)


def _answer(node: Node, task: ray.ObjectRef) -> NodeView:
    try:
        return ray.get(task, timeout=ANSWER)
    except (ray.exceptions.RayError, ImportError, OSError) as error:
        raise UserError(
            f"Node {node.address} did not do what it was asked ({type(error).__name__}: "
            f"{reason(error)}). Every node needs rpbind in the environment "
            "that Ray was started from, or the study sent by `rpbind submit`."
        ) from None


def _agree(node: Node, probe: Probe, mine: NodeView, found: NodeView, heard: bool) -> None:
    """Refuse a node that sees other files than this process does."""
    if not (found.mark and heard):
        raise UserError(
            f"Node {node.address} does not share {probe.place} with this process: what one writes "
            "there, the other does not see. On a cluster, --reports is a folder on storage that "
            "all nodes mount under one path."
        )
    for file, here, away in zip(probe.files, mine.files, found.files, strict=True):
        if here != away:
            raise UserError(
                f"Node {node.address} does not see {file} as it is here ({away[:60]}). On a "
                "cluster, --data is a folder on storage that all nodes mount under one path."
            )


def _room(place: str, seen: Sequence[NodeView], count: int) -> str:
    """Say what was found, or refuse storage that is full."""
    where = f"{place}, shared by {count} node(s)" if count else place
    free = min((each.free for each in seen if each.free is not None), default=None)
    if free is None:
        return where
    check_free(place, free)
    return f"{where}, {free / 1e9:.1f} GB free"


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return str(error)


def _leave(system: fs.FileSystem, file: str) -> None:
    with system.open_output_stream(file) as stream:
        stream.write(b"rpbind was here")


def _is(system: fs.FileSystem, file: str) -> bool:
    return system.get_file_info(file).type == fs.FileType.File
