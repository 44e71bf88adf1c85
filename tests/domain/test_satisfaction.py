"""The scale."""

from gateway.domain.satisfaction import BUILT_IN_FIVE, Level, Satisfaction
from gateway.domain.states import Status


def test_the_built_in_scale_has_five_levels_in_each_language() -> None:
    assert [(each.score, each.status) for each in BUILT_IN_FIVE] == [
        (1, Status.OPEN),
        (2, Status.OPEN),
        (3, Status.CLOSED),
        (4, Status.CLOSED),
        (5, Status.CLOSED),
    ]
    assert [each.name("ru") for each in BUILT_IN_FIVE] == ["Очень недоволен", "Недоволен", "Нейтральный", "Доволен", "Очень доволен"]
    assert all({language for language, _ in each.names} == {"en", "ru", "pl"} and each.symbol for each in BUILT_IN_FIVE)


def test_a_name_falls_back_to_english_and_then_to_the_first() -> None:
    english = Level((("ru", "Да"), ("en", "Yes")), "+", 1, None)
    assert [english.name("ru"), english.name("pl")] == ["Да", "Yes"]
    assert Level((("ru", "Да"),), "+", 1, None).name("pl") == "Да"


def test_only_active_levels_are_offered_and_all_are_found() -> None:
    low, high = Level((("en", "Bad"),), "-", 1, None), Level((("en", "Good"),), "+", 9, None)
    off = Level((("en", "So so"),), "o", 5, None, active=False)
    scale = Satisfaction((high, off, low))
    assert scale.offered == (low, high)
    assert scale.level(5) is off
    assert scale.level(2) is None
