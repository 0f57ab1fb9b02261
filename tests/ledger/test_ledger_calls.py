import contextlib
from pathlib import Path

import pytest

from rpbind.errors import UserError
from rpbind.ledger.calls import calls, record_call


def test_a_call_is_noted_with_its_end_even_where_it_ends_by_an_error(tmp_path: Path) -> None:
    with record_call(tmp_path) as begin:
        begin(4)
        assert [(call.slots, call.ended) for call in calls(tmp_path)] == [(4, "")]
    with contextlib.suppress(KeyboardInterrupt), record_call(tmp_path) as begin:
        begin(2)
        raise KeyboardInterrupt
    first, second = calls(tmp_path)
    assert (first.slots, second.slots) == (4, 2)
    assert first.began <= first.ended <= second.began <= second.ended
    assert [file.name for file in tmp_path.iterdir()] == ["calls.json"]


def test_a_call_that_is_killed_keeps_no_end_and_the_next_one_leaves_it_so(tmp_path: Path) -> None:
    killed = record_call(tmp_path)
    killed.__enter__()(2)
    with record_call(tmp_path) as begin:
        begin(2)
    first, second = calls(tmp_path)
    assert first.ended == ""
    assert second.ended


def test_a_call_that_is_refused_before_it_begins_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError), record_call(tmp_path):
        raise UserError("another study")
    assert calls(tmp_path) == ()


def test_a_list_of_calls_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "calls.json").write_text("[{]")
    with pytest.raises(UserError, match=r"calls\.json is no list of calls: .*Take it away"):
        calls(tmp_path)
