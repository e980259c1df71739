"""Two nodes of Ray on loopback, for tests: prints the address; a line on stdin ends the second node at once, the end of stdin both."""

import sys

from ray.cluster_utils import Cluster

STORE = 100_000_000


def main() -> None:
    """Begin them, and end them as stdin says."""
    head = {"num_cpus": 8, "resources": {"head": 8, "either": 1}, "include_dashboard": False, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(num_cpus=1, resources={"either": 1}, object_store_memory=STORE)
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    if sys.stdin.readline():
        cluster.remove_node(second, allow_graceful=False)
        print("ended", flush=True)
        sys.stdin.read()
    cluster.shutdown()  # type: ignore[no-untyped-call]


main()
