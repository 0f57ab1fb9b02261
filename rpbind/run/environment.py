"""Settings that Ray reads when it is imported: call `prepare` first, import Ray after.

Each was measured to matter with Ray 2.60; what each does is in docs/decisions/0004-ray.md.
"""

import os
import secrets
import sys

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
OF_WORKERS = (
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S",
    "RAY_CHDIR_TO_TRIAL_DIR",
)
"""Settings that count in the workers' processes, which on a cluster are not children of ours."""


def prepare(address: str | None) -> None:
    """Set Ray's environment, for a Ray of this machine's own (`address` None) or for a cluster's.

    What the user has set already stays as it is.
    """
    settings = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.05",
        "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "60",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        "TUNE_DISABLE_SIGINT_HANDLER": "1",  # ours hears it: stop.py
        "TUNE_GLOBAL_CHECKPOINT_S": "86400",
        "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
        "RAY_AIR_NEW_OUTPUT": "0",
        "RAY_CHDIR_TO_TRIAL_DIR": "0",
    }
    if address is None:
        settings |= {
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # every socket on loopback
            "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
            "RAY_enable_metrics_collection": "0",  # nobody asks for them here
            "RAY_enable_open_telemetry": "0",  # whose thread can take its process down
            "GLOO_SOCKET_IFNAME": LOOPBACK,
            "NCCL_SOCKET_IFNAME": LOOPBACK,
        }
        if not {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
            settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def of_workers() -> dict[str, str]:
    """Return the environment that a cluster's workers are to have."""
    return {name: os.environ[name] for name in OF_WORKERS}
