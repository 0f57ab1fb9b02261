"""Environment variables that Ray reads when it is imported: call `prepare` before importing Ray.

Each was measured to matter with Ray 2.60; docs/decisions/0004-ray.md explains them.
"""

import os
import secrets
import sys

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
WORKER_SETTINGS = (
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S",
    "RAY_CHDIR_TO_TRIAL_DIR",
)
"""Variables that workers need. On a cluster, they do not inherit them from this process."""


def prepare(address: str | None) -> None:
    """Set Ray's environment variables; those that the user has set stay as they are.

    Parameters
    ----------
    address
        Address of a Ray cluster; None for a Ray of this machine.
    """
    settings = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.05",
        "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "60",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        "TUNE_DISABLE_SIGINT_HANDLER": "1",  # stop.py installs our own
        "TUNE_GLOBAL_CHECKPOINT_S": "86400",
        "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
        "RAY_AIR_NEW_OUTPUT": "0",
        "RAY_CHDIR_TO_TRIAL_DIR": "0",
    }
    if address is None and not _is_ray_running():
        settings |= {
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # all sockets on loopback
            "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
            "RAY_enable_metrics_collection": "0",  # nothing reads them here
            "RAY_enable_open_telemetry": "0",  # its thread can crash the process
            "GLOO_SOCKET_IFNAME": LOOPBACK,
            "NCCL_SOCKET_IFNAME": LOOPBACK,
        }
        if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
            settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _is_ray_running() -> bool:
    """Whether the user has initialised Ray, which has read the settings of its start by then."""
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())


def worker_environment() -> dict[str, str]:
    """Return the environment variables that a cluster's workers need."""
    return {name: os.environ[name] for name in WORKER_SETTINGS}
