from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rpbind.baselines.kmers import FEATURES, count_gc, count_kmers
from rpbind.data.alphabet import encode


def windows(*letters: str) -> np.ndarray:
    return np.stack([encode(text) for text in letters])


def test_dinucleotides_are_counted_in_the_order_of_the_letters() -> None:
    counts = count_kmers(windows("AACGU"), (2,)).toarray()[0]
    names = [a + b for a in "ACGU" for b in "ACGU"]
    assert {name: n for name, n in zip(names, counts, strict=True) if n} == {
        "AA": 1,
        "AC": 1,
        "CG": 1,
        "GU": 1,
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("ACGUN", min_size=7, max_size=7), min_size=1, max_size=5))
def test_counts_equal_those_of_a_loop_over_the_letters(texts: list[str]) -> None:
    counts = count_kmers(windows(*texts), (1, 3)).toarray()
    names = [*"ACGU", *(a + b + c for a in "ACGU" for b in "ACGU" for c in "ACGU")]
    for text, row in zip(texts, counts, strict=True):
        expected = Counter(text[at : at + k] for k in (1, 3) for at in range(len(text) - k + 1))
        assert row.tolist() == [expected[name] for name in names]


def test_a_kmer_with_an_unknown_letter_is_not_counted() -> None:
    assert count_kmers(windows("ACNGU"), (2,)).sum() == 2
    assert count_kmers(windows("NNNNN"), (1, 2, 3)).nnz == 0


def test_windows_that_fill_many_blocks_are_counted_once_each() -> None:
    many = np.tile(windows("ACGUACG"), (10_000, 1))
    counts = count_kmers(many, (1, 2))
    assert counts.shape == (10_000, 20)
    assert counts.sum() == 10_000 * (7 + 6)


def test_a_window_shorter_than_k_has_no_kmer_and_no_windows_give_no_rows() -> None:
    assert count_kmers(windows("ACG"), (5,)).shape == (1, 1024)
    assert count_kmers(windows("ACG"), (5,)).nnz == 0
    assert count_kmers(windows("ACG")[:0], (1, 5)).shape == (0, 1028)


def test_gc_counts_g_and_c_and_kmers_up_to_five_have_1364_columns() -> None:
    assert count_gc(windows("GGCAN", "AAAAA")).toarray().tolist() == [[3], [0]]
    assert FEATURES["5mer"](windows("ACGUACGU")).shape == (1, 1364)
