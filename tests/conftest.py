"""What tests share: known surroundings, Ray on loopback, and a world of 4 proteins, 96 windows."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import one_ray as shared
import pytest
import surroundings

HOME = tempfile.mkdtemp(prefix="rpbind-tests-home-")
Path(HOME).chmod(0o755)  # also for tests that become another user
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
surroundings.known(HOME)  # before anything is imported that reads the environment

from rpbind.data.world import World, simulate  # noqa: E402
from rpbind.proteins.build import build_store  # noqa: E402
from rpbind.proteins.encoders import make_encoder  # noqa: E402
from rpbind.run.environment import prepare  # noqa: E402

prepare(None)  # before any test module imports Ray, which reads its settings then


@pytest.fixture(autouse=True)
def known_answers() -> None:
    """No test inherits what another has made of the signals or the umask."""
    surroundings.known_answers()


@pytest.fixture(autouse=True)
def shared_data_stay_as_they_are(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that changes windows or protein vectors of the dataset that others share fails."""
    root = request.getfixturevalue("tiny") if "tiny" in request.fixturenames else None
    before = root and files_of(root)
    yield
    if root:
        written = sorted(name for name, _ in set(files_of(root).items()) ^ set(before.items()))
        assert not written, f"the test wrote into the shared dataset ({written}); give it a copy"


ADDED_BY_PLANS = {"splits", "audits", "manifest.json", ".history.lock"}
"""A frozen split and an audit are the same whichever test is first; the manifest lists them."""


def files_of(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of a dataset's files, but for what planning may add."""
    return {
        str(file.relative_to(root)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in sorted(root.rglob("*"))
        if file.is_file() and not ADDED_BY_PLANS & {*file.parts}
    }


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep the Ray that tests share for those that name `one_ray`, and end it before others."""
    shared.before(item.fixturenames)  # type: ignore[attr-defined]


def pytest_sessionfinish() -> None:
    """Leave no Ray behind."""
    shared.end()


@pytest.fixture(scope="session")
def one_ray() -> None:
    """The studies of the test run on one Ray, which the tests that name this fixture share."""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder with its physico-chemical embedding store; do not write to it."""
    folder = tmp_path_factory.mktemp("tiny") / "world"
    dataset = simulate(folder, World(proteins=4, sites=12, length=31))
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(folder, make_encoder("physchem"), sequences)
    return folder


SLOW = ("whole", "cluster", "pages", "search", "api", "browser")
"""Rooms whose tests take longest; with several processes they begin first, so none ends alone."""


SPREAD = ("tests/pages/test_pages_run.py",)
"""Files of a few long tests that share nothing: each test goes to the process that is free."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """Give a process whole files, as `--dist loadfile` does; of those in `SPREAD`, single tests."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class FilesOrTests(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return nodeid if file in SPREAD else file

    return FilesOrTests(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests of slow rooms to the front; the order within a file stays."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW)
