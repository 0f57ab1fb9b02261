"""What the check-up before a study costs per arm: processor seconds of one thread.

    python benchmarks/check_up.py

The arms are those of the path from `old` to `fixed` on the simulated world, an eighth as wide.
"""

from __future__ import annotations

import time

from rpbind.data.splits import SplitSpec
from rpbind.design.changes import ORIGINAL_CHANGES
from rpbind.design.design import path
from rpbind.design.plan import make_plan
from rpbind.design.question import Question
from rpbind.design.source import DataSource, simulated
from rpbind.doctor.examine import examine_untrained
from rpbind.doctor.guard import guard
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED, OLD
from rpbind.train.loop import Training


def main() -> None:
    """Check up every arm, guard every contrast, and print what it took."""
    source = DataSource(simulated(), SplitSpec())
    ends = (("old", narrowed(OLD, 8)), ("fixed", narrowed(FIXED, 8)))
    design = path(*ends, ORIGINAL_CHANGES)
    plan = make_plan("cost", Question("?", "!", "."), design, (0,), source)
    seconds = []
    for arm in plan.arms:
        recipe = Recipe.model_validate(arm.recipe)
        began = time.process_time()
        examine_untrained(Training(recipe, 0, source.inputs(recipe.proteins)))
        seconds.append(time.process_time() - began)
        print(f"{arm.name}: {seconds[-1]:.2f} s")
    print(f"{len(seconds)} check-ups: {sum(seconds):.1f} s of one core")
    began = time.process_time()
    guard(plan, source.inputs)
    print(f"guard over {len(plan.contrasts)} contrasts: {time.process_time() - began:.1f} s")


if __name__ == "__main__":
    main()
