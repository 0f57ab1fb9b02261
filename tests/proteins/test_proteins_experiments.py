"""Which experiments share a protein sequence, and what the name of one says beside the gene."""

import pytest

from rpbind.proteins.experiments import of_one_sequence, parts_of, shared_sequence_note


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("AARS_K562_ENCSR825SVO", ("k562", "encsr825svo")),
        ("ELAVL1_10", ("10",)),
        ("FUS", ()),
        ("FUS_", ()),
    ],
)
def test_a_name_says_cell_line_and_replicate_after_the_gene(
    name: str, parts: tuple[str, ...]
) -> None:
    assert parts_of(name) == parts


def test_experiments_of_one_sequence_are_grouped_whatever_their_genes() -> None:
    names = ("A_1", "B", "A_2", "C", "D")
    assert of_one_sequence(names, ("MK", "MV", "MK", "MV", "MA")) == [("A_1", "A_2"), ("B", "C")]
    assert shared_sequence_note(names, ("MK", "MV", "MK", "MV", "MA")).startswith("4 of 5 ")
    assert shared_sequence_note(names[:2], ("MK", "MV")) == ""
