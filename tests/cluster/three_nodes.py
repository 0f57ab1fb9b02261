"""A cluster of three nodes on this machine, in its own process; it reads commands from stdin."""

import json
import sys

from ray.cluster_utils import Cluster


def answer(word: str) -> None:
    print(json.dumps({"answer": word}), flush=True)


cluster = Cluster(
    initialize_head=True,
    head_node_args={"num_cpus": 0, "resources": {"trial_slot": 64}, "include_dashboard": False},
)
workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
cluster.wait_for_nodes()
answer(cluster.address)
for line in sys.stdin:
    if line.strip() == "remove":
        cluster.remove_node(workers.pop(), allow_graceful=False)
        answer("removed")
cluster.shutdown()
