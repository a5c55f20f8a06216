"""Values as they are spoken: digits, numbers, amounts of money, days and times, in words of a language."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_day_names, get_month_names
from babel.numbers import get_currency_name, get_currency_precision, is_currency
from num2words import num2words

from dialerd.core.flow.prompts import Form
from dialerd.core.prompt_commands import Utterance

_LARGEST = Decimal(10) ** 15
_NUMBER = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,6})?")
_MONEY = (
    re.compile(r"(?P<amount>-?[0-9.]+)\s*(?P<code>[A-Za-z]{3})"),
    re.compile(r"(?P<code>[A-Za-z]{3})\s*(?P<amount>-?[0-9.]+)"),
)
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")
_DATES = {
    "en": "{weekday}, the {ordinal} of {month}, {year}",
    "de": "{weekday}, der {ordinal} {month} {year}",
    "fr": "{weekday} {day} {month} {year}",
    "es": "{weekday}, {day} de {month} de {year}",
}
"""How a day is put into words; other languages have the digits of their usual long form."""
_WITH_CENTS = frozenset({"en", "de", "fr", "es", "it", "nl", "pt", "pl"})
"""Languages in which amounts are said with the currency's smaller unit; in others as a number with a fraction."""
EXPECTED = {
    Form.DIGITS: "digits or letters, such as `AB-1234`",
    Form.DATE: "a day such as `2026-12-31`",
    Form.TIME: "a time of day such as `14:30`",
    Form.NUMBER: "a number such as `12` or `12.5`",
    Form.MONEY: "an amount with its currency, such as `12.50 EUR`",
}


class Unspeakable(Exception):
    """A value is not of the kind that its form says; the text does not repeat it."""


def words_of(utterance: Utterance) -> str:
    """What is given to a voice. Empty: there is nothing to say. Raises :class:`Unspeakable`."""
    said = (value if form is None else spoken(value, form, utterance.language) for value, form in utterance.parts)
    return " ".join("".join(said).split())


def spoken(value: str, form: Form, language: str) -> str:
    """A value in words of ``language`` (``en``, ``de_AT``). Raises :class:`Unspeakable`."""
    if form is Form.TEXT:
        return value
    try:
        said = _SPEAK[form](value.strip(), language)
    except NotImplementedError:
        raise Unspeakable(f"there are no numbers in words of language `{language}`") from None
    if said is None:
        raise Unspeakable(f"a value is not {EXPECTED[form]}")
    return said


def _number(number: Decimal | float, language: str, **kind: str) -> str:
    try:
        return str(num2words(number, lang=language, **kind))
    except NotImplementedError:
        if "_" not in language:
            raise
        return str(num2words(number, lang=language.partition("_")[0], **kind))


def _digits(value: str, language: str) -> str | None:
    signs = [sign for sign in value if sign.isalnum()]
    if not signs:
        return None
    # Each apart, so that a voice does not read two as one number.
    return ", ".join(_number(int(sign), language) if sign.isdecimal() else sign.upper() for sign in signs)


def _amount(value: str) -> Decimal | None:
    if not _NUMBER.fullmatch(value):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if abs(amount) < _LARGEST else None


def _count(value: str, language: str) -> str | None:
    amount = _amount(value)
    if amount is None:
        return None
    return _number(int(amount) if amount == amount.to_integral_value() else float(amount), language)


def _money(value: str, language: str) -> str | None:
    found = next((matched for pattern in _MONEY if (matched := pattern.fullmatch(value))), None)
    amount = _amount(found["amount"]) if found is not None else None
    if found is None or amount is None or not is_currency(found["code"].upper()):
        return None
    code = found["code"].upper()
    if -int(amount.as_tuple().exponent) > max(2, get_currency_precision(code)):
        return None
    name = get_currency_name(code, amount, locale=_locale(language))
    if amount == amount.to_integral_value():
        return f"{_one(code, language) if amount == 1 else _number(int(amount), language)} {name}"
    if language.partition("_")[0] in _WITH_CENTS:
        try:
            return _number(amount.quantize(Decimal("0.01")), language, to="currency", currency=code)
        except NotImplementedError:
            pass  # not of this currency
    return f"{_number(float(amount), language)} {name}"


_ONE = {"de": "ein", "es": "un", "es GBP": "una", "fr": "un", "fr GBP": "une"}


def _one(code: str, language: str) -> str:
    """One of a currency, where that is another word than the figure."""
    base = language.partition("_")[0]
    return _ONE.get(f"{base} {code}") or _ONE.get(base) or _number(1, language)


def _day(value: str, language: str) -> str | None:
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return None
    locale = _locale(language)
    pattern = _DATES.get(locale.language)
    if pattern is None:
        return str(format_date(day, "full", locale=locale))
    ordinal = _number(day.day, language, to="ordinal") if "{ordinal}" in pattern else ""
    year = {"to": "year"} if locale.language in ("en", "de") else {}
    first_in_french = locale.language == "fr" and day.day == 1
    return pattern.format(
        weekday=get_day_names("wide", locale=locale)[day.weekday()],
        month=get_month_names("wide", locale=locale)[day.month],
        day="premier" if first_in_french else _number(day.day, language),
        ordinal=ordinal,
        year=_number(day.year, language, **year),
    )


def _time(value: str, language: str) -> str | None:
    found = _TIME.fullmatch(value)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    hours, minutes = _number(hour, language), _number(minute, language)
    match _locale(language).language:
        case "en":
            clock = _number((hour - 1) % 12 + 1, language)
            past = "" if minute == 0 else f" oh {minutes}" if minute < 10 else f" {minutes}"
            return f"{clock}{past} {'a m' if hour < 12 else 'p m'}"
        case "de":
            return f"{'ein' if hour == 1 else hours} Uhr" + (f" {minutes}" if minute else "")
        case "fr":
            return f"{'une' if hour == 1 else hours} heure{'s' if hour > 1 else ''}" + (
                f" {minutes}" if minute else ""
            )
        case "es":
            return ("una" if hour == 1 else hours) + (f" y {minutes}" if minute else " en punto")
    return f"{hours} {minutes}" if minute else hours


def _locale(language: str) -> Locale:
    for name in (language, language.partition("_")[0]):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    raise NotImplementedError(language)


_SPEAK: dict[Form, Callable[[str, str], str | None]] = {
    Form.DIGITS: _digits, Form.NUMBER: _count, Form.MONEY: _money, Form.DATE: _day, Form.TIME: _time,
}  # fmt: skip
