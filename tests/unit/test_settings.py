"""Settings: wrong ones are all named at once, and no value is ever shown."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import errors
from lib.rollback.models import Environment, SwitchMethod
from lib.settings import Settings, load

ENOUGH = {"DATABASE_URL": "postgresql://me:hunter2@db.example/control"}
VARIABLES = sorted(
    {
        str(name)
        for field in Settings.model_fields.values()
        for name in getattr(field.validation_alias, "choices", [field.validation_alias])
    }
)


def test_a_database_is_enough():
    settings = load(ENOUGH)

    assert settings.rollback_budget == timedelta(seconds=60)
    assert settings.alias(Environment.STAGING) == "staging-wedsync.vercel.app"
    assert settings.switch_method(Environment.PRODUCTION) is SwitchMethod.ALIAS


def test_without_a_database_nothing_works():
    with pytest.raises(errors.BadSettings, match="DATABASE_URL"):
        load({})


def test_all_wrong_variables_are_named_at_once():
    wrong = {
        "SWITCH_METHOD_PRODUCTION": "magic",
        "APP_CACHE_PREFIX": "x",
        "ROLLBACK_BUDGET_SECONDS": "soon",
        "ALIAS_PATTERN": "{nowhere}.vercel.app",
    }

    with pytest.raises(errors.BadSettings) as raised:
        load(wrong)

    assert all(name in str(raised.value) for name in ["DATABASE_URL", *wrong])


SECRET = "hunter2"
WRONG = {
    "DATABASE_URL": f"postgresql://me:{SECRET}@[db",
    "DATABASE_URL_UNPOOLED": f"postgres/me:{SECRET}@db",
    "APP_DATABASE_URL": f"{SECRET}",
    "SWITCH_METHOD_PRODUCTION": SECRET,
    "APP_CACHE_PREFIX": SECRET[:2],
    "ALIAS_PATTERN": f"{{{SECRET}}}",
    "ROLLBACK_BUDGET_SECONDS": SECRET,
    "AUTOMATIC_WINDOW_SECONDS": SECRET,
    "SESSION_LIFETIME_SECONDS": SECRET,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_and_not_shown(name):
    with pytest.raises(errors.BadSettings) as raised:
        load(ENOUGH | {name: WRONG[name]})

    assert name in str(raised.value)
    assert WRONG[name] not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "1e99", "1_0x"])
def test_a_duration_is_some_seconds(value):
    with pytest.raises(errors.BadSettings, match="ROLLBACK_BUDGET_SECONDS"):
        load(ENOUGH | {"ROLLBACK_BUDGET_SECONDS": value})


def test_a_duration_may_have_a_fraction():
    settings = load(ENOUGH | {"ROLLBACK_BUDGET_SECONDS": "0.5"})

    assert settings.rollback_budget == timedelta(milliseconds=500)


@pytest.mark.parametrize("pattern", ["{", "{}", "{0}", "{environment", "{other}.x", "same.for.all"])
def test_an_alias_pattern_names_the_environment(pattern):
    with pytest.raises(errors.BadSettings, match="ALIAS_PATTERN"):
        load(ENOUGH | {"ALIAS_PATTERN": pattern})


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_variable_is_an_unset_one(name):
    assert load({**ENOUGH, "POSTGRES_URL": ENOUGH["DATABASE_URL"], name: ""}) in (
        load(ENOUGH),
        load({"POSTGRES_URL": ENOUGH["DATABASE_URL"]}),
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("POSTGRES_URL", "database_url"),
        ("POSTGRES_URL_NON_POOLING", "database_url_unpooled"),
        ("KV_REST_API_URL", "redis_url"),
        ("KV_REST_API_TOKEN", "redis_token"),
    ],
)
def test_the_names_that_integrations_give_are_read(name, field):
    value = ENOUGH["DATABASE_URL"]

    assert getattr(load({**ENOUGH, name: value}), field) is not None


def test_our_own_name_comes_before_the_integrations():
    settings = load({**ENOUGH, "POSTGRES_URL": "postgresql://other/db"})

    assert settings.database_url.get_secret_value() == ENOUGH["DATABASE_URL"]


def test_no_secret_is_in_what_is_printed():
    secrets = {
        name: f"{SECRET}-{name}" for name in VARIABLES if name.endswith(("TOKEN", "SECRET", "KEY"))
    }

    assert SECRET not in repr(load(ENOUGH | secrets))


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        load(ENOUGH).on_call_phone = "112"


def test_what_else_is_in_the_environment_is_not_read():
    assert load(ENOUGH | {"PATH": "/bin", "HOME": "/root"}) == load(ENOUGH)


@given(st.sampled_from(VARIABLES), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_value_is_accepted_or_refused_by_name(name, value):
    try:
        load(ENOUGH | {name: value})
    except errors.BadSettings as refused:
        named = str(refused)
    else:
        named = name
    assert name in named or (name == "POSTGRES_URL" and "DATABASE_URL" in named)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("?supa=base-pooler.x", ""),
        ("?sslmode=require&supa=base-pooler.x", "?sslmode=require"),
        ("?supa=base-pooler.x&sslmode=require", "?sslmode=require"),
        ("?sslmode=require&channel_binding=require", "?sslmode=require&channel_binding=require"),
    ],
)
def test_the_addresses_that_integrations_give_can_be_used(given, read):
    address = ENOUGH["DATABASE_URL"]

    assert load({"POSTGRES_URL": address + given}).database_url.get_secret_value() == address + read
