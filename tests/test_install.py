"""uv, which does not read pip's configuration, is told of pip's indexes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[1] / ".ci" / "install.py"


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(words: list[str]) -> list[tuple[str, str]]:
    return list(zip(words[::2], words[1::2], strict=True))


def test_without_a_configuration_uv_looks_where_it_looks_by_itself(install: ModuleType) -> None:
    assert options(install.words_for_uv("")) == [("--index-strategy", "unsafe-best-match")]
    assert install.certificates("") == {}


def test_all_indexes_of_pip_are_uvs_too(install: ModuleType) -> None:
    listed = (
        "global.index-url='https://mirror/simple'\n"
        "global.extra-index-url='https://cpu/whl\\nhttps://own/simple'\n"
        "global.find-links='/wheels'\n"
        "global.timeout='60'\n"
    )
    assert options(install.words_for_uv(listed))[1:] == [
        ("--default-index", "https://mirror/simple"),
        ("--index", "https://cpu/whl"),
        ("--index", "https://own/simple"),
        ("--find-links", "/wheels"),
    ]


def test_the_environment_is_stronger_than_files_and_install_than_global(
    install: ModuleType,
) -> None:
    listed = (
        ":env:.find-links='/of/the/environment'\n"
        "global.find-links='/of/all'\n"
        "install.index-url='https://of-install'\n"
        "global.index-url='https://of-all'\n"
        "global.no-index='true'\n"
    )
    words = install.words_for_uv(listed)
    assert words[2:] == [
        "--default-index", "https://of-install", "--find-links", "/of/the/environment", "--no-index"
    ]  # fmt: skip


def test_uv_trusts_the_certificates_that_pip_trusts(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = "global.cert='/etc/all.pem'\n:env:.cert='/etc/mine.pem'\n"
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert install.certificates(listed) == {"SSL_CERT_FILE": "/etc/mine.pem"}
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/own.pem")
    assert install.certificates(listed) == {}
