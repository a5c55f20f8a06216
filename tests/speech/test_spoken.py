"""Values in words, as people say them."""

from __future__ import annotations

import pytest

from dialerd.core.flow.prompts import Form
from dialerd.core.prompt_commands import Utterance
from dialerd.speech.spoken import Unspeakable, spoken, words_of

SAID = [
    ("AB-12", Form.DIGITS, "A, B, one, two", "A, B, eins, zwei", "A, B, un, deux", "A, B, uno, dos"),
    ("12.5", Form.NUMBER, "twelve point five", "zwölf Komma fünf", "douze virgule cinq", "doce punto cinco"),
    ("21", Form.NUMBER, "twenty-one", "einundzwanzig", "vingt et un", "veintiuno"),
    ("12.50 EUR", Form.MONEY, "twelve euro, fifty cents", "zwölf Euro und fünfzig Cent",
     "douze euros et cinquante centimes", "doce euros con cincuenta céntimos"),
    ("GBP 1", Form.MONEY, "one British pound", "ein Britisches Pfund", "une livre sterling", "una libra esterlina"),
    ("1200 JPY", Form.MONEY, "one thousand, two hundred Japanese yen", "eintausendzweihundert Japanische Yen",
     "mille deux cents yens japonais", "mil doscientos yenes japoneses"),
    ("2026-12-31", Form.DATE, "Thursday, the thirty-first of December, twenty twenty-six",
     "Donnerstag, der einunddreißigste Dezember zweitausendsechsundzwanzig",
     "jeudi trente et un décembre deux mille vingt-six",
     "jueves, treinta y uno de diciembre de dos mil veintiséis"),
    ("2026-05-01", Form.DATE, "Friday, the first of May, twenty twenty-six",
     "Freitag, der erste Mai zweitausendsechsundzwanzig", "vendredi premier mai deux mille vingt-six",
     "viernes, uno de mayo de dos mil veintiséis"),
    ("14:30", Form.TIME, "two thirty p m", "vierzehn Uhr dreißig", "quatorze heures trente", "catorce y treinta"),
    ("00:05", Form.TIME, "twelve oh five a m", "null Uhr fünf", "zéro heure cinq", "cero y cinco"),
    ("9:00", Form.TIME, "nine a m", "neun Uhr", "neuf heures", "nueve en punto"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "form", "en", "de", "fr", "es"), SAID)
def test_in_four_languages(value: str, form: Form, en: str, de: str, fr: str, es: str) -> None:
    assert [spoken(value, form, language) for language in ("en_GB", "de_AT", "fr", "es")] == [en, de, fr, es]


@pytest.mark.parametrize("language", ["it", "nl", "pt", "pl", "sv", "da"])
@pytest.mark.parametrize(("value", "form"), [(value, form) for value, form, *_ in SAID])
def test_other_languages_have_words_too(language: str, value: str, form: Form) -> None:
    assert spoken(value, form, language).strip()


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("soon", Form.DATE), ("2026-02-30", Form.DATE), ("31.12.2026", Form.DATE), ("25:00", Form.TIME),
        ("half two", Form.TIME), ("1,5", Form.NUMBER), ("9" * 40, Form.NUMBER), ("nan", Form.NUMBER),
        ("13.75", Form.MONEY), ("12.505 EUR", Form.MONEY), ("12 ABC", Form.MONEY), ("1.2.3 EUR", Form.MONEY),
        ("---", Form.DIGITS),
    ],
)  # fmt: skip
def test_what_is_of_another_kind_is_told_without_repeating_it(value: str, form: Form) -> None:
    with pytest.raises(Unspeakable) as caught:
        spoken(value, form, "en")
    assert value not in str(caught.value)


def test_a_language_without_numbers_is_told() -> None:
    with pytest.raises(Unspeakable, match="`xx`"):
        spoken("12", Form.NUMBER, "xx")


def test_a_text_with_its_values() -> None:
    parts = (("Hello ", None), ("Ann", Form.TEXT), (",\n your bill: ", None), ("3", Form.NUMBER), ("", None))
    assert words_of(Utterance("k", "en", parts)) == "Hello Ann, your bill: three"
    assert words_of(Utterance("k", "en", (("  ", None),))) == ""
