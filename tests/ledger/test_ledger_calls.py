import contextlib
from pathlib import Path

import pytest

from rpbind.errors import UserError
from rpbind.ledger.calls import calls, record_call


def test_a_call_is_recorded_with_its_end_even_if_it_raises(tmp_path: Path) -> None:
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


def test_a_killed_call_has_no_end_and_the_next_call_does_not_add_one(tmp_path: Path) -> None:
    killed = record_call(tmp_path)
    killed.__enter__()(2)
    with record_call(tmp_path) as begin:
        begin(2)
    first, second = calls(tmp_path)
    assert first.ended == ""
    assert second.ended


def test_a_call_that_is_refused_before_it_begins_is_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(UserError), record_call(tmp_path):
        raise UserError("another study")
    assert calls(tmp_path) == ()


def test_an_unreadable_list_of_calls_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "calls.json").write_text("[{]")
    with pytest.raises(UserError, match=r"calls\.json is not a list of calls: .*Delete it"):
        calls(tmp_path)
