"""README says what the settings class says."""

from dev.settings_table import README, written


def test_the_table_of_settings_is_the_settings_class():
    text = README.read_text()

    assert text == written(text), "run: python -m dev.settings_table"
