import os

import pytest

from rpbind.run.environment import prepare, worker_environment


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which nobody has said anything about Ray."""
    for name in os.environ:
        if name.startswith(("RAY_", "TUNE_", "GLOO_", "NCCL_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return monkeypatch


def token(clean: pytest.MonkeyPatch) -> str:
    clean.setattr(os, "environ", {"PATH": ""})
    prepare(None)
    assert os.environ["RAY_AUTH_MODE"] == "token"
    return os.environ["RAY_AUTH_TOKEN"]


def test_every_study_on_one_machine_has_its_own_token(clean: pytest.MonkeyPatch) -> None:
    one, other = token(clean), token(clean)
    assert len(one) == len(other) == 64
    assert one != other


@pytest.mark.parametrize(
    "settings",
    [
        {"RAY_AUTH_TOKEN": "mine"},
        {"RAY_AUTH_TOKEN_PATH": "/some/file"},
        {"RAY_AUTH_MODE": "disabled"},
    ],
)
def test_the_users_own_token_settings_stay(
    settings: dict[str, str], clean: pytest.MonkeyPatch
) -> None:
    os.environ.update(settings)
    prepare(None)
    assert {
        name: word for name, word in os.environ.items() if name.startswith("RAY_AUTH")
    } == settings


def test_on_one_machine_all_sockets_are_set_to_loopback(clean: pytest.MonkeyPatch) -> None:
    prepare(None)
    assert os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
    assert os.environ["GLOO_SOCKET_IFNAME"] == os.environ["NCCL_SOCKET_IFNAME"]
    assert os.environ["GLOO_SOCKET_IFNAME"].startswith("lo")


def test_a_cluster_keeps_its_own_token_and_its_own_network(clean: pytest.MonkeyPatch) -> None:
    prepare("auto")
    assert not {"RAY_AUTH_TOKEN", "RAY_AUTH_MODE", "GLOO_SOCKET_IFNAME"} & os.environ.keys()
    assert "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER" not in os.environ
    assert worker_environment()["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] == "0.05"
