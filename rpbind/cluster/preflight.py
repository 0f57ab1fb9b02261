"""Checks on a running cluster before a study begins: its nodes, and the storage they share.

They use pyarrow's filesystems, which take paths and URIs (`s3://bucket/folder`) alike.
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
"""Seconds that a node has to answer; starting a process on it takes a few."""


def alive_nodes() -> list[Node]:
    """Return the nodes of the cluster that are alive.

    Returns
    -------
    list[Node]
        With their total resources.
    """
    return [
        Node(each["NodeID"], each["NodeManagerAddress"], each["Resources"])
        for each in ray.nodes()
        if each["Alive"]
    ]


@dataclass(frozen=True)
class Probe:
    """What a node has to do: find the file `mark` in `location`, write one, and read `files`."""

    location: str
    mark: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class NodeView:
    """What a node found: whether the mark is there, each file's SHA-256 or error, free bytes."""

    mark: bool
    files: tuple[str, ...]
    free: int | None


def check_storage(nodes: Sequence[Node], location: str, reads: Sequence[Path]) -> str:
    """Check that every node shares storage with this process.

    Parameters
    ----------
    nodes
        Nodes of the cluster; none for this machine alone.
    location
        Path or URI of the study folder, which every node must read and write.
    reads
        Files that every node must read.

    Returns
    -------
    str
        The storage and its free space, as text.

    Raises
    ------
    UserError
        If a node does not see the same files or does not answer, or too little space is left.
    """
    probe = Probe(location, f".probe-{uuid.uuid4().hex}", tuple(map(str, reads)))
    system, folder = fs.FileSystem.from_uri(location)
    system.create_dir(folder, recursive=True)
    mark = f"{folder}/{probe.mark}"
    try:
        _write_mark(system, mark)
        driver_view = _probe_storage(probe, "driver")
        tasks = [_start_probe(node, probe) for node in nodes]
        node_views = [_probe_result(node, task) for node, task in zip(nodes, tasks, strict=True)]
        for node, node_view in zip(nodes, node_views, strict=True):
            _check_agreement(
                node, probe, driver_view, node_view, _is_file(system, f"{mark}-{node.id}")
            )
    finally:
        for left in (mark, f"{mark}-driver", *(f"{mark}-{node.id}" for node in nodes)):
            if _is_file(system, left):
                system.delete_file(left)
    return _describe_storage(location, [driver_view, *node_views], len(nodes))


def _probe_storage(probe: Probe, name: str) -> NodeView:
    """Carry out a probe; this runs on every node."""
    system, folder = fs.FileSystem.from_uri(probe.location)
    if not _is_file(system, f"{folder}/{probe.mark}"):
        return NodeView(False, (), None)
    _write_mark(system, f"{folder}/{probe.mark}-{name}")
    local = isinstance(system, fs.LocalFileSystem)
    free = shutil.disk_usage(folder).free if local else None
    return NodeView(True, tuple(_digest_or_error(Path(file)) for file in probe.files), free)


def _start_probe(node: Node, probe: Probe) -> ray.ObjectRef:
    pinned = NodeAffinitySchedulingStrategy(node.id, soft=False)
    task = ray.remote(_probe_storage).options(num_cpus=0, max_retries=0, scheduling_strategy=pinned)
    return task.remote(probe, node.id)


def _probe_result(node: Node, task: ray.ObjectRef) -> NodeView:
    try:
        return ray.get(task, timeout=ANSWER)
    except (ray.exceptions.RayError, ImportError, OSError) as error:
        raise UserError(
            f"Node {node.address} could not check the shared storage ({type(error).__name__}: "
            f"{reason(error)}). Install rpbind on every node in the environment that Ray was "
            "started from, or send the study with `rpbind submit`."
        ) from None


def _check_agreement(
    node: Node, probe: Probe, driver_view: NodeView, node_view: NodeView, wrote_mark: bool
) -> None:
    """Raise `UserError` if a node sees other files than this process."""
    if not (node_view.mark and wrote_mark):
        raise UserError(
            f"Node {node.address} does not share {probe.location} with this process: neither sees "
            "the files of the other. On a cluster, --reports is a folder on storage that all nodes "
            "mount under one path."
        )
    for file, here, away in zip(probe.files, driver_view.files, node_view.files, strict=True):
        if here != away:
            raise UserError(
                f"Node {node.address} does not have the same {file} as this process "
                f"({away[:60]}). On a cluster, --data is a folder on storage that all nodes mount "
                "under one path."
            )


def _describe_storage(location: str, node_views: Sequence[NodeView], count: int) -> str:
    """Describe the storage; raises `UserError` if too little space is left."""
    where = f"{location}, shared by {count} node(s)" if count else location
    free = min((each.free for each in node_views if each.free is not None), default=None)
    if free is None:
        return where
    check_free(location, free)
    return f"{where}, {free / 1e9:.1f} GB free"


def _digest_or_error(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return str(error)


def _write_mark(system: fs.FileSystem, file: str) -> None:
    with system.open_output_stream(file) as stream:
        stream.write(b"rpbind was here")


def _is_file(system: fs.FileSystem, file: str) -> bool:
    return system.get_file_info(file).type == fs.FileType.File
