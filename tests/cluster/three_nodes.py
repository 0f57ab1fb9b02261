"""A cluster of three nodes on this machine, in a process of its own; it does what stdin says."""

import json
import sys

from ray.cluster_utils import Cluster


def tell(word: str) -> None:
    print(json.dumps({"told": word}), flush=True)


cluster = Cluster(
    initialize_head=True,
    head_node_args={"num_cpus": 0, "resources": {"trial_slot": 64}, "include_dashboard": False},
)
workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
cluster.wait_for_nodes()
tell(cluster.address)
for line in sys.stdin:
    if line.strip() == "remove":
        cluster.remove_node(workers.pop(), allow_graceful=False)
        tell("removed")
cluster.shutdown()
