"""Who may do what beside rolling back, and what is not understood."""

import pytest
from pydantic import ValidationError

from lib import errors
from lib.access.models import Role

ADMINS = [("set_mode", {"subject": "off"}), ("set_security_floor", {"subject": ""})]
OPERATORS = [
    ("retry", {}),
    ("accept_database", {}),
    ("unlock", {}),
    ("lift_quarantine", {"subject": "abcdef0"}),
    ("lift_pin", {}),
    ("acknowledge", {"subject": "1"}),
    ("suspect", {"subject": "rsvp-emails"}),
]


class TestRoles:
    @pytest.mark.parametrize(("action", "more"), ADMINS)
    async def test_what_is_an_admins_is_refused_to_an_operator(
        self, operate, audited, action, more
    ):
        with pytest.raises(errors.Forbidden, match="this needs admin"):
            await operate(action, role=Role.OPERATOR, **more)

        assert await audited() == []

    @pytest.mark.parametrize(("action", "more"), [*OPERATORS, *ADMINS])
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.RECORDER])
    async def test_who_only_reads_or_records_may_do_none(
        self, operate, audited, action, more, role
    ):
        with pytest.raises(errors.Forbidden):
            await operate(action, role=role, **more)

        assert await audited() == []


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("retry", {"subject": "the last one"}),
        ("unlock", {"subject": "production"}),
        ("lift_quarantine", {"subject": "abc"}),
        ("lift_quarantine", {}),
        ("lift_pin", {"subject": "production"}),
        ("acknowledge", {"subject": "0"}),
        ("acknowledge", {"subject": "1; DROP TABLE alerts"}),
        ("acknowledge", {"subject": "9" * 19}),
        ("suspect", {}),
        ("suspect", {"subject": "RSVP e-mails"}),
        ("set_mode", {"subject": "on"}),
        ("set_security_floor", {}),
        ("set_security_floor", {"subject": "v1"}),
        ("roll_over", {}),
        ("unlock", {"reason": " "}),
        ("unlock", {"environment": "preview"}),
        ("unlock", {"force": True}),
    ],
)
async def test_what_cannot_be_read_is_refused_before_anything_is_done(
    operate, audited, action, more
):
    with pytest.raises(ValidationError):
        await operate(action, **more)

    assert await audited() == []
