"""The floor plan, held by reading the imports of every module: they go down or stay in the room."""

import ast
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, get_args

import pytest

import rpbind
from rpbind.model.encoder import ENCODERS
from rpbind.model.memory import MEMORIES
from rpbind.recipe import encoders, memories, training
from rpbind.run.logger_registry import LOGGERS
from rpbind.search import config, sampling
from rpbind.train.optim import OPTIMIZERS, SCHEDULES

ROOT = Path(rpbind.__file__).parent
FILES = {str(f.relative_to(ROOT).with_suffix("")): f for f in sorted(ROOT.rglob("*.py"))}
FLOORS = [
    {"__init__", "names", "mistakes", "errors", "arguments", "terminal", "tables", "keywords"}
    | {"counted", "split_spec", "live", "exits", "verbosity", "conventions", "settings"},
    {"files", "eager"},
    {"parts", "history", "kmers"},
    {"recipe", "seeding"},
    {"ledger"},
    {"proteins", "model", "statistics", "spaces"},
    {"audit"},
    {"data", "analysis"},
    {"splitting"},
    {"reading"},
    {"naming"},
    {"metrics", "importers", "wording", "cluster", "saved"},
    {"findings"},
    {"several"},
    {"figures", "screens", "score_curves"},
    {"search_figures", "logos"},
    {"report"},
    {"baselines", "genome", "auditor", "vectors", "gathering"},
    {"train", "negatives"},
    {"doctor", "use", "packing"},
    {"design", "explained"},
    {"search"},
    {"run"},
    {"study"},
    {"experiment", "defaults", "options", "studyfile"},
    {"api", "command"},
    {"genome_api", "history_api", "audit_api", "split_api", "embed_api", "price_api"}
    | {"findings_api", "claims_api", "reports_api"},
    {"cli", "completion", "__main__"},
]
"""Every room imports from floors below its own, or from itself."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
DOORS = FLOORS[0] | {
    "experiment",
    "command",
    "defaults",
    "options",
    "cli",
    "completion",
    "__main__",
}
"""Single files, which may import their neighbours."""

MOST_LINES_OF_A_ROOM, MOST_LINES_OF_A_FILE = 2500, 250
FACE_ROOMS = FLOORS[0] | {
    "api",
    "genome_api",
    "embed_api",
    "history_api",
    "price_api",
    "audit_api",
    "split_api",
    "findings_api",
    "claims_api",
    "reports_api",
    "cli",
    "completion",
    "options",
    "defaults",
}
"""What the command line may import: the face, and what knows neither data nor models."""
READING_SIDE = FLOORS[0] | {"files", "recipe", "ledger", "statistics", "audit"}
READING_SIDE |= {"analysis", "wording", "findings", "several", "figures", "screens", "report"}
READING_SIDE |= {"search_figures", "logos"}
WALLED_OFF = {
    "model": FLOORS[0] | {"parts", "recipe", "eager", "seeding", "model"},
    "spaces": FLOORS[0] | {"parts", "recipe", "ledger", "spaces"},
    "statistics": READING_SIDE
    - {"analysis", "wording", "findings", "figures", "screens", "report"},
    "analysis": READING_SIDE - {"wording", "findings", "figures", "screens", "report"},
    "wording": READING_SIDE,
    "findings": READING_SIDE,
    "several": READING_SIDE - {"figures", "screens", "report"},
    "figures": READING_SIDE,
    "search_figures": READING_SIDE,
    "screens": READING_SIDE,
    "logos": READING_SIDE,
    "report": READING_SIDE,
}
ONLY_IN = {
    "ray": ("run/", "train/worker", "cluster/"),
    "optuna": ("search/", "analysis/importance"),
    "plotly": ("figures/", "search_figures/", "logos/"),
    "pyfaidx": ("genome/reference",),
    "pyranges": ("genome/spans",),
    "transformers": ("proteins/model_folder",),
    "esm": ("proteins/esm2",),
    "h5py": ("vectors/formats",),
}
WITHOUT_TORCH = (
    "parts/",
    "recipe",
    "files/",
    "ledger/",
    "kmers/",
    "data/",
    "reading/",
    "naming/",
    "importers/",
    "genome/",
    "negatives/",
    "metrics",
    "score_curves",
    "baselines/",
    "audit/",
    "auditor/",
    "design/design",
    "spaces/",
    "statistics/",
    "analysis/",
    "wording/",
    "findings/",
    "several/",
    "figures/",
    "search_figures/",
    "screens/",
    "logos/",
    "report/",
)


def imported(file: Path) -> Iterator[str]:
    """Every name that a module imports, wherever: in functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import hides what it reaches"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    """The room of `rpbind.data.frozen_split.load_split` is `data`."""
    _, room, *_ = [*name.split("."), "__init__"]
    return "__init__" if room.startswith("__") else room


@pytest.mark.parametrize("module", FILES)
def test_imports_go_down_or_stay_in_the_room(module: str) -> None:
    room = module.split("/")[0]
    reached = {room_of(name) for name in imported(FILES[module]) if name.startswith("rpbind")}
    if module == "__init__":  # the face, which imports a name when it is first used
        return
    above = {other for other in reached - {room} if FLOOR[other] >= FLOOR[room]}
    assert above <= FLOORS[FLOOR[room]] & DOORS
    assert reached <= WALLED_OFF.get(room, set(FLOOR))


@pytest.mark.parametrize("module", [m for m in FILES if m.startswith("cli/")])
def test_the_command_line_is_written_on_the_face_alone(module: str) -> None:
    names = {name for name in imported(FILES[module]) if name.startswith("rpbind")}
    assert {room_of(name) for name in names} <= FACE_ROOMS, names


EXPERIMENTS = sorted((ROOT.parent / "experiments").glob("*.py"))


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_an_experiment_is_written_on_the_face_alone(file: Path) -> None:
    names = {name for name in imported(file) if name.startswith("rpbind")}
    assert {room_of(name) for name in names} <= {"__init__", "api", "cli", "terminal"}, names


def test_no_modules_import_each_other_in_a_circle() -> None:
    def module_of(name: str) -> str:
        path = "/".join(name.split(".")[1:])
        return path if path in FILES else path.rpartition("/")[0]

    ours = {
        module: {module_of(name) for name in imported(file) if name.startswith("rpbind.")}
        & FILES.keys() - {module}
        for module, file in FILES.items()
    }
    TopologicalSorter(ours).prepare()  # raises CycleError, which names the circle


def test_rooms_and_files_stay_small_enough_to_read() -> None:
    lines = {module: len(file.read_text().splitlines()) for module, file in FILES.items()}
    rooms: Counter[str] = Counter()
    for module, count in lines.items():
        rooms[module.split("/")[0]] += count
    assert {m: n for m, n in lines.items() if n > MOST_LINES_OF_A_FILE} == {}
    assert {room: n for room, n in rooms.items() if n > MOST_LINES_OF_A_ROOM} == {}


@pytest.mark.parametrize("module", FILES)
def test_a_heavy_library_is_known_to_few_rooms(module: str) -> None:
    roots = {name.split(".")[0] for name in imported(FILES[module])}
    for library, rooms in ONLY_IN.items():
        assert library not in roots or module.startswith(rooms)
    assert "torch" not in roots or not module.startswith(WITHOUT_TORCH)
    assert "experiments" not in roots


@pytest.mark.parametrize("module", FILES)
def test_every_module_says_what_it_is_for_and_ends_a_sentence(module: str) -> None:
    docstring = ast.get_docstring(ast.parse(FILES[module].read_text()))
    assert docstring, f"{module} has no docstring"
    assert docstring.split("\n\n")[0].rstrip().endswith((".", ":"))


def test_no_layer_asks_whether_another_has_something() -> None:
    layers = set((ROOT / "model").glob("*.py"))  # sees torch's own
    for file in layers:
        names = {n.id for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Name)}
        assert not {"hasattr", "getattr"} & names, file


def test_every_variant_of_a_recipe_has_what_makes_it() -> None:
    unions: list[tuple[object, dict[type, Any]]] = [
        (encoders.Encoder, ENCODERS),
        (memories.Memory, MEMORIES),
        (training.Schedule, SCHEDULES),
    ]
    for union, registry in unions:
        assert set(get_args(get_args(union)[0])) == registry.keys()
    optimizers = training.Train.model_fields["optimizer"].annotation
    assert set(get_args(optimizers)) == OPTIMIZERS.keys()


def test_every_logger_sampler_and_scheduler_has_what_makes_it_and_says_what_it_is() -> None:
    assert all(logger.words and logger.package for logger in LOGGERS.values())
    assert sampling.SAMPLERS.keys() == config.SAMPLERS.keys()
    assert sampling.PRUNERS.keys() == config.SCHEDULERS.keys()
    assert all(config.SAMPLERS.values())
    assert all(config.SCHEDULERS.values())
