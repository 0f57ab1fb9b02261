from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpbind.data import clusters, distinct
from rpbind.data.alphabet import encode, pad
from rpbind.data.clusters import by_first_appearance, joined, overlap_clusters
from rpbind.errors import UserError
from rpbind.files import spill
from rpbind.kmers import pieces


def clusters_of(*windows: str, k: int) -> list[int]:
    return overlap_clusters(np.stack([encode(window) for window in windows]), k).tolist()


def test_windows_that_share_a_kmer_at_any_place_are_in_one_cluster() -> None:
    assert clusters_of("ACGUAA", "CCCCCC", "GGACGU", k=4) == [0, 1, 0]


def test_a_chain_of_neighbours_is_one_cluster() -> None:
    assert clusters_of("AAACCC", "GGGUUU", "CCCGGG", "AUAUAU", k=3) == [0, 0, 0, 1]


def test_k_minus_one_letters_in_common_are_not_enough() -> None:
    assert clusters_of("AACGUA", "GACGUG", k=4) == [0, 0]
    assert clusters_of("AACGUA", "GACGUG", k=5) == [0, 1]


def test_a_kmer_with_an_unknown_letter_links_nothing() -> None:
    assert clusters_of("ACNGU", "ACNGA", k=3) == [0, 1]
    assert clusters_of("NACGN", "NNACG", k=3) == [0, 0]


def test_equal_windows_are_in_one_cluster_even_if_every_kmer_has_an_n() -> None:
    assert clusters_of("ANANA", "NNNNN", "ANANA", k=3) == [0, 1, 0]


def test_the_other_strand_is_another_sequence() -> None:
    assert clusters_of("AACCAC", "GUGGUU", k=6) == [0, 1]


def test_kmers_of_32_letters_fit_into_64_bits() -> None:
    shared = "ACGUACGGUACCUUAGACGUACGGUACCUUAG"
    other = "C" + shared[1:]
    assert clusters_of(f"A{shared}", f"{shared}G", f"U{other}", k=32) == [0, 0, 1]


@pytest.mark.parametrize("k", [0, 7, 33])
def test_a_kmer_longer_than_the_windows_or_empty_is_refused(k: int) -> None:
    with pytest.raises(UserError, match=f"1 to 6 letters; got {k}.* Give --k 6 or less"):
        clusters_of("ACGUAC", k=k)


def brute_force(windows: list[str], k: int) -> list[int]:
    kmers = [
        {w[i : i + k] for i in range(len(w) - k + 1) if "N" not in w[i : i + k]} for w in windows
    ]
    group = list(range(len(windows)))
    for a in range(len(windows)):
        for b in range(a):
            if kmers[a] & kmers[b] or windows[a] == windows[b]:
                group = [group[b] if g == group[a] else g for g in group]
    return by_first_appearance(np.array(group)).tolist()


WORLDS = st.lists(st.text(alphabet="AACGUN", min_size=9, max_size=9), min_size=1, max_size=20)


@given(windows=WORLDS, k=st.integers(1, 9))
def test_the_clusters_agree_with_brute_force(windows: list[str], k: int) -> None:
    assert clusters_of(*windows, k=k) == brute_force(windows, k)


@given(windows=WORLDS, k=st.integers(2, 5))
def test_many_small_pieces_on_disk_give_the_clusters_of_one_piece(
    windows: list[str], k: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module, name, size in (
            (pieces, "_KMERS_PER_PASS", 7), (pieces, "_KMERS_PER_ROUND", 20), (pieces, "ROWS", 3),
            (clusters, "ROWS", 3), (distinct, "_BUCKET", 3), (distinct, "_ROWS", 2),
            (spill, "BLOCK", 2),
        ):  # fmt: skip
            patch.setattr(module, name, size)
        assert clusters_of(*windows, k=k) == brute_force(windows, k)


def clusters_of_any_length(*windows: str, k: int) -> list[int]:
    return overlap_clusters(pad([encode(window)[None] for window in windows]), k).tolist()


def test_windows_of_different_lengths_share_a_cluster_if_they_share_a_kmer() -> None:
    assert clusters_of_any_length("ACGUAA", "CCCCCCCC", "GACGU", k=4) == [0, 1, 0]


def test_a_window_shorter_than_k_is_in_the_cluster_of_the_windows_that_contain_it() -> None:
    assert clusters_of_any_length("GGACGUGG", "ACGU", "ACGA", "UACGA", k=5) == [0, 0, 1, 1]


def test_padding_links_no_windows() -> None:
    assert clusters_of_any_length("ACG", "UUU", "GGGGGGGG", "ACN", "UAN", k=4) == [0, 1, 2, 3, 4]


PARTITION = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30)


@given(pairs=PARTITION)
def test_windows_that_either_of_two_partitions_keeps_together_are_joined(
    pairs: list[tuple[int, int]],
) -> None:
    expected = list(range(len(pairs)))
    for a, one in enumerate(pairs):
        for b, other in enumerate(pairs[:a]):
            if one[0] == other[0] or one[1] == other[1]:
                expected = [expected[b] if g == expected[a] else g for g in expected]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "BLOCK", 3)
        found = joined(*np.array(pairs, dtype=np.int32).T)
    assert found.tolist() == by_first_appearance(np.array(expected)).tolist()
