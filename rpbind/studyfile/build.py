"""From a study's schema to its arms, contrasts and searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from rpbind.arguments import check_once
from rpbind.design.design import Design, arm, words
from rpbind.design.kinds import ALONE
from rpbind.design.own import ChangeError, Part, joined_design
from rpbind.design.question import Question
from rpbind.errors import UserError, check_one_of
from rpbind.ledger import ArmPlan, ContrastPlan
from rpbind.options import Options
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.search.search import Sweep
from rpbind.search.tuning import emptied, neutral
from rpbind.split_spec import paired_over
from rpbind.studyfile.recipes import RecipeSource, is_preset, recipe_of
from rpbind.studyfile.searching import space_of, sweep_of
from rpbind.studyfile.spec import OFF, ArmSpec, DesignTable, StudySpec

Place = Callable[..., AbstractContextManager[None]]
"""Called with the path of a key: adds the key's line in the file to an error within the block."""

ABLATE, TUNE = "ablate", "tune"


@contextmanager
def nowhere(*path: Any) -> Iterator[None]:
    """Add nothing to an error: the study comes from no file."""
    yield


@dataclass(frozen=True)
class Built:
    """What a study trains and compares.

    Parameters
    ----------
    experiment
        First part of the study's name.
    question
        Question, prediction and decision rule.
    design
        The arms and contrasts; empty if every arm is tuned.
    control
        The arm that is trained again with random and with constant protein vectors.
    sweep
        The searches, if there are any.
    """

    experiment: str
    question: Question
    design: Design
    control: str | None
    sweep: Sweep | None

    @property
    def contrasts(self) -> tuple[ContrastPlan, ...]:
        """All contrasts: between arms, or between tuned arms."""
        return self.design.contrasts + (self.sweep.contrasts if self.sweep else ())


def build(spec: StudySpec, options: Options, place: Place = nowhere) -> Built:
    """Return what a study trains and compares.

    Parameters
    ----------
    spec
        The study.
    options
        The same study's data, size and resources.
    place
        Adds to errors where in the file the mistake is.

    Returns
    -------
    Built
        Arms, contrasts and searches.

    Raises
    ------
    UserError
        If the study names something that there is not, or compares nothing.
    """
    search, arms = spec.search, _Arms(spec, options, place)
    tunes = search is not None and search.tune_arms is not None
    only_search = search is not None and not (tunes or spec.changes or spec.arms)
    base, space, sweep = arms.reference, None, None
    if search is not None:
        if search.base is not None:
            base = arms.recipe("base", search.base, "search", "base")
        with place("search", "space"):
            space = space_of(search, narrowed(base, arms.width), arms.width)
        if tunes:
            nuisance = space
            arms.adjust = lambda recipe: neutral(recipe, base, nuisance)
    if only_search:
        start = arm("base", narrowed(base, arms.width), "what the search began from")
        design = Design("search", (start,), ())
    else:
        design = arms.design(only_differing=tunes)
    if spec.design_name is not None:
        design = replace(design, name=spec.design_name)
    if search is not None and space is not None:
        with place("search"):
            whole = design if tunes else None
            sweep = sweep_of(search, space, narrowed(base, arms.width), arms.width, whole)
            design = emptied(design) if tunes else design
    built = Built(
        spec.experiment or (TUNE if only_search else ABLATE),
        _question(spec, only_search=only_search),
        design,
        _control(spec, design, place),
        sweep,
    )
    names = [contrast.name for contrast in built.contrasts]
    predicted = [prediction.contrast for prediction in spec.predict]
    for index, name in enumerate(predicted):
        with place("predict", index, "contrast"):
            check_one_of("The contrast of a prediction", name, names)
            check_once("A prediction of", predicted[: index + 1])
    return built


class _Arms:
    """Makes the recipes of a study's arms.

    Epochs and protein vectors are those of the options, unless a change sets them. Widths are
    divided last, in every arm alike.
    """

    def __init__(self, spec: StudySpec, options: Options, place: Place) -> None:
        self.spec, self.options, self.place = spec, options, place
        self.as_it_is = not is_preset(spec.reference)
        self.width = options.width(as_it_is=self.as_it_is)
        self.adjust: Callable[[Recipe], Recipe] = lambda recipe: recipe
        self.reference = self.recipe("reference", spec.reference, "reference")

    def recipe(self, what: str, source: RecipeSource, *path: Any) -> Recipe:
        """Return a recipe at full width, with the epochs and protein vectors of the options."""
        with self.place(*path):
            return self.options.at_full_width(recipe_of(what, source), as_it_is=self.as_it_is)

    def final(self, recipe: Recipe) -> Recipe:
        """Return the recipe that is trained."""
        return narrowed(self.adjust(recipe), self.width)

    def design(self, *, only_differing: bool) -> Design:
        """Return the joined designs with the further arms and contrasts."""
        spec = self.spec
        before = Design("arms", (), ())
        if spec.changes or spec.design is not None:
            before = self._joined(only_differing=only_differing)
        elif not spec.arms:
            raise UserError("A study compares arms, or searches. Give changes, arms or a search.")
        arms = (*before.arms, *(self._arm(index, one) for index, one in enumerate(spec.arms)))
        contrasts = list(before.contrasts)
        for index, each in enumerate(spec.contrasts):
            for field in ("arm", "reference"):
                with self.place("contrasts", index, field):
                    names = [one.name for one in arms]
                    check_one_of(f"The {field} of a contrast", getattr(each, field), names)
            contrasts.append(ContrastPlan(**each.model_dump() | {"fields": tuple(each.fields)}))
        return Design(before.name, arms, tuple(contrasts), before.factors)

    def _joined(self, *, only_differing: bool) -> Design:
        spec = self.spec
        try:
            return joined_design(
                self.reference,
                spec.changes,
                _parts(spec),
                name=spec.ends[0],
                adjusted=self.final,
                only_differing=only_differing,
            )
        except ChangeError as error:
            said = str(error)
            paths = [path for path in spec.changes[error.change] if f"'{path}'" in said]
            first = sorted(paths, key=lambda path: said.index(f"'{path}'"))[:1]
            with self.place("changes", error.change, *first):
                raise
        except UserError:
            with self.place("design"):
                raise

    def _arm(self, index: int, its: ArmSpec) -> ArmPlan:
        """Return an arm beyond the design."""
        with self.place("arms", index):
            start = self.reference
            if its.reference is not None:
                what = f"The reference of arm '{its.name}'"
                start = self.recipe(what, its.reference, "arms", index, "reference")
            try:
                made = self.final(start.with_(its.changes))
            except UserError as error:
                raise UserError(f"The arm '{its.name}' cannot be made. {error}") from None
        about = its.about
        if about is None:
            about = words(arm(its.name, self.final(self.reference), ""), made) or "reference"
        return arm(its.name, made, about)


def _parts(spec: StudySpec) -> list[Part]:
    start, end = spec.ends
    named = spec.design if spec.design is not None else ALONE
    parts = []
    for each in named if isinstance(named, list) else [named]:
        if isinstance(each, DesignTable):
            changes = None if each.changes is None else tuple(each.changes)
            parts.append(Part(each.kind, each.start or start, each.end or end, changes))
        else:
            parts.append(Part(each, start, end))
    return parts


def _control(spec: StudySpec, design: Design, place: Place) -> str | None:
    """Return the arm that is trained again with protein vectors that carry no biology."""
    if spec.controls is None:
        return design.arms[0].name if design.arms else None
    if spec.controls == OFF:
        return None
    with place("controls"):
        if not design.arms:
            raise UserError(
                f"controls names the arm '{spec.controls}', and tuned arms have no trained "
                f'controls. Remove it, or write controls = "{OFF}".'
            )
        check_one_of("controls", spec.controls, [*(arm.name for arm in design.arms), OFF])
    return spec.controls


def _question(spec: StudySpec, *, only_search: bool) -> Question:
    margin = f"{spec.delta:.3f}" if round(spec.delta, 3) == spec.delta else f"{spec.delta:g}"
    asked = "Which of these changes makes a difference?"
    rule = (
        "Paired differences of test AUROC (mean over protein clusters), over "
        f"{paired_over(spec.split)}, Holm over all contrasts, equivalence within {margin}."
    )
    if only_search:
        asked = "Which configuration of this space is best, and how much of its score is luck?"
        rule = "Chosen on validation, then trained anew on fresh seeds and tested once per run."
    return Question(spec.question or asked, spec.prediction, spec.rule or rule)
