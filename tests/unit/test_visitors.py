"""How long visitors were left with a bad release, from what each of them got."""

from dev.visitors import Visit, outage_of


def visits(*outcomes):
    """One a second, each answered within half of it."""
    return [Visit(float(at), at + 0.5, outcome == "good") for at, outcome in enumerate(outcomes)]


def test_good_answers_are_no_outage():
    assert outage_of(visits("good", "good")) is None


def test_it_lasts_from_the_first_bad_visit_to_the_first_good_one_after_the_last():
    outage = outage_of(visits("good", "bad", "good", "bad", "good", "good"))

    assert (outage.first_bad, outage.traffic_back, outage.seconds) == (1.0, 4.5, 3.5)
    assert (outage.failed, outage.visits) == (2, 3)


def test_it_is_not_over_before_somebody_got_a_good_answer():
    assert outage_of(visits("good", "bad")) is None


def test_a_straggler_ends_it_later():
    straggler = Visit(1.2, 4.2, is_good=False)
    outage = outage_of([*visits("good", "bad", "good", "good", "good", "good"), straggler])

    assert outage.traffic_back == 5.5
