import pytest

from rpbind.statistics.contrast import Interval
from rpbind.statistics.power import mde, needs


@pytest.mark.parametrize(
    ("seeds", "effect"),
    [(3, 3.26), (4, 2.13), (5, 1.68), (6, 1.43), (8, 1.16), (10, 1.00), (15, 0.78), (20, 0.66)],
)
def test_the_minimal_detectable_effect_of_a_number_of_seeds(seeds: int, effect: float) -> None:
    assert mde(seeds, 0.05) == pytest.approx(effect, abs=0.006)


@pytest.mark.parametrize(("seeds", "effect"), [(3, 11.3), (5, 3.31), (10, 1.53)])
def test_the_minimal_detectable_effect_at_the_first_holm_step_of_twelve_contrasts(
    seeds: int, effect: float
) -> None:
    assert mde(seeds, 0.05 / 12) == pytest.approx(effect, rel=0.005)


def test_if_only_seeds_vary_the_effect_is_that_of_the_t_test() -> None:
    # run sd .01 and nothing else: G * .01^2 = .004
    needed = needs(Interval(0.0, 5, 40, 0.004, 0.0, 0.0), 0.05, 0.010)
    assert needed.mde == pytest.approx(0.01 * mde(5, 0.05))
    assert needed.seeds == 10 or mde(needed.seeds or 2, 0.05) <= 1 < mde(
        (needed.seeds or 3) - 1, 0.05
    )
    assert needed.clusters is None


def test_if_only_proteins_vary_no_number_of_seeds_helps() -> None:
    # protein-by-arm sd .03 and nothing else: S * .03^2 = .0045
    needed = needs(Interval(0.0, 5, 12, 0.0, 0.0045, 0.0), 0.05, 0.010)
    assert needed.seeds is None
    assert needed.clusters is not None
    assert mde(needed.clusters, 0.05) <= 1 / 3 < mde(needed.clusters - 1, 0.05)
