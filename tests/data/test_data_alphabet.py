from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpbind.data.alphabet import LETTERS, encode, lengths, n_share, pad
from rpbind.data.alphabet import decode as letters_of
from rpbind.errors import UserError


def test_the_five_letters_are_the_tokens_0_to_4() -> None:
    assert encode("ACGUN").tolist() == [0, 1, 2, 3, 4]
    assert encode("ACGUN").dtype == np.uint8


def test_t_is_u_and_lower_case_is_upper_case() -> None:
    assert encode("acgtun").tolist() == encode("ACGUUN").tolist()


@given(st.text(alphabet=LETTERS))
def test_decoding_gives_back_what_was_encoded(letters: str) -> None:
    assert letters_of(encode(letters)) == letters


@pytest.mark.parametrize("letter", ["X", "-", " ", "R", "\n", "é"])
def test_any_other_letter_is_refused_with_its_place(letter: str) -> None:
    with pytest.raises(UserError, match="at letter 3 of"):
        encode(f"AC{letter}GU")


def test_windows_of_different_lengths_are_the_same_letters_in_one_matrix() -> None:
    rna_NL = pad([encode("ACGUNN")[None], encode("NU")[None]])
    assert rna_NL.shape == (2, 6)
    assert [letters_of(window) for window in rna_NL] == ["ACGUNN", "NU"]
    assert lengths(rna_NL).tolist() == [6, 2]
    assert n_share(rna_NL).tolist() == [1 / 3, 1 / 2]
