"""What an answer of the service means to the programs here."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from reporter.service import Problem, Service, Unreachable


def service_that_answers(status: int, **document: Any) -> Service:
    answer = SimpleNamespace(status_code=status, content=json.dumps(document).encode())
    session: Any = SimpleNamespace(request=lambda *_, **__: answer)
    return Service("http://service", session)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_answer__not_now__may_be_asked_again(status: int) -> None:
    """Too many requests is no refusal of the act: it was not looked at."""
    with pytest.raises(Unreachable, match=str(status)):
        service_that_answers(status, code="too_many_requests").send_act("Stake", {}, [])


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_answer__refused__is_a_problem_with_its_code(status: int) -> None:
    with pytest.raises(Problem) as refused:
        service_that_answers(status, code="wrong_stage").send_act("Report", {}, [])
    assert refused.value.code == "wrong_stage"
