"""The files in `deploy/` are valid, and every command and option in them exists."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
EXPERIMENT = re.compile(r"python (?:\S*/)?(experiments/\w+\.py)([^`\n]*)")
FILES = [*sorted(DEPLOY.iterdir()), ROOT / "docs" / "cluster.md"]
RAYJOB = {"entrypoint", "rayClusterSpec", "backoffLimit", "runtimeEnvYAML"} | {
    "shutdownAfterJobFinishes",
    "ttlSecondsAfterFinished",
}
"""The fields of a RayJob that ours uses; names from ray-operator/apis/ray/v1/rayjob_types.go."""


def test_the_ssh_cluster_is_valid_by_rays_own_schema() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = prepare_config(yaml.safe_load((DEPLOY / "ray-cluster.yaml").read_text()))
    validate_config(config)
    head, workers = config["head_start_ray_commands"], config["worker_start_ray_commands"]
    assert all("RAY_AUTH_MODE=token" in commands[-1] for commands in (head, workers))
    words = shlex.split(head[-1])
    (given,) = [word.split("=", 1)[1] for word in words if word.startswith("--resources=")]
    assert json.loads(given) == {"trial_slot": 64}
    assert {"--num-cpus=0", "--dashboard-host=127.0.0.1"} <= set(words)


def containers(group: dict[str, Any]) -> list[dict[str, Any]]:
    return group["template"]["spec"]["containers"]


def test_the_rayjob_has_only_fields_of_the_operators_types() -> None:
    import ray

    job = yaml.safe_load((DEPLOY / "rayjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    assert job["metadata"].keys() <= {"name", "generateName", "labels"}
    assert job["spec"].keys() == RAYJOB
    assert yaml.safe_load(job["spec"]["runtimeEnvYAML"]).keys() == {"env_vars"}
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster["rayVersion"] == ray.__version__
    assert cluster["authOptions"] == {"mode": "token"}
    head, (workers,) = cluster["headGroupSpec"], cluster["workerGroupSpecs"]
    assert head["rayStartParams"]["num-cpus"] == "0"
    (slots,) = shlex.split(head["rayStartParams"]["resources"])
    assert json.loads(slots) == {"trial_slot": 64}
    assert {"groupName", "minReplicas", "maxReplicas", "rayStartParams", "template"} <= set(workers)
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    for group in (head, workers):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())


@pytest.mark.parametrize("group", ["head", "workers"])
def test_every_pod_of_the_rayjob_has_an_image_resources_and_its_mounts(group: str) -> None:
    job = yaml.safe_load((DEPLOY / "rayjob.yaml").read_text())
    cluster = job["spec"]["rayClusterSpec"]
    spec = cluster["headGroupSpec"] if group == "head" else cluster["workerGroupSpecs"][0]
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    (container,) = containers(spec)
    assert re.fullmatch(r"[\w.-]+/[\w.-]+:[\w.-]+", container["image"])
    for amounts in container["resources"].values():
        for name, amount in amounts.items():
            assert re.fullmatch(r"\d+(Gi)?", amount), name
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts.keys() == volumes
    assert mounts["shared"] == "/shared"
    assert group == "head" or mounts["shm"] == "/dev/shm"


def test_the_slurm_script_parses_and_uses_options_that_ray_has() -> None:
    script = DEPLOY / "slurm.sbatch"
    subprocess.run(["bash", "-n", str(script)], check=True)
    shown = subprocess.run(
        [sys.executable, "-m", "ray.scripts.scripts", "symmetric-run", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    text = script.read_text()
    call = text[text.index("ray symmetric-run") : text.index(" -- ")]
    assert "--address" in call
    assert "--min-nodes" in call
    assert all(word in shown for word in re.findall(r"(--(?:address|min-nodes|num-cpus))", call))


def experiments_run(file: Path) -> list[tuple[str, set[str]]]:
    """Return the experiments that a file runs, each with its options."""
    text = file.read_text().replace("\\\n", " ")
    text = re.sub(r"\n(?=\s+--)", " ", text)
    return [
        (experiment, set(re.findall(r"--[a-z-]+", rest)))
        for experiment, rest in EXPERIMENT.findall(text)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_experiment_and_option_in_the_documents_exists(file: Path) -> None:
    runs = experiments_run(file)
    assert runs or file.name == "ray-cluster.yaml"
    for experiment in {experiment for experiment, _ in runs}:
        shown = subprocess.run(
            [sys.executable, str(ROOT / experiment), "--help"],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"COLUMNS": "200", "PYTHONPATH": str(ROOT)},
        ).stdout
        for name, options in runs:
            assert name != experiment or all(f"{option} " in shown for option in options), options


def test_every_rpbind_command_in_the_documents_exists() -> None:
    from rpbind.cli import app

    text = "\n".join(file.read_text() for file in FILES)
    commands = re.findall(r"^rpbind (job \w+|\w+)((?: --[a-z-]+)*)", text, flags=re.MULTILINE)
    assert {"submit", "job status", "job stop", "job logs", "job fetch"} <= {w for w, _ in commands}
    for words, options in commands:
        shown = CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0, words
        assert all(option in shown.output for option in options.split()), (words, options)
