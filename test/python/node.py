"""One more node of Ray on loopback, for a test: joins the one whose address is given; the end of stdin ends it."""

import sys
from typing import Any

from ray._private.node import Node
from ray._private.parameter import RayParams

STORE = 100_000_000


def main() -> None:
    """Begin it, with the resource `elsewhere`. `ray start` would begin it on all addresses of this machine."""
    limits: dict[str, Any] = {
        "node_manager_port": 0,
        "min_worker_port": 0,
        "max_worker_port": 0,
        "dashboard_agent_listen_port": None,
        "include_log_monitor": False,
    }
    offered: dict[str, Any] = {"num_cpus": 1, "num_gpus": 0, "resources": {"elsewhere": 1}, "object_store_memory": STORE}
    params = RayParams(gcs_address=sys.argv[1], node_ip_address="127.0.0.1", **limits, **offered)
    node = Node(params, head=False, shutdown_at_exit=True, spawn_reaper=True)
    sys.stdin.read()
    node.kill_all_processes(check_alive=False, allow_graceful=True)


main()
