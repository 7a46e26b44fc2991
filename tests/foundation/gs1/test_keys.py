"""Check digits, character sets and GTIN forms."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.gs1 import Gs1Error, check_character_pair, check_digit, gtin14, has_check_digit
from foundation.gs1.keys import percent_decode, percent_encode


@pytest.mark.parametrize(
    ("body", "expected"),
    [("950110153100", 0), ("9501234", 6), ("0950600013435", 2), ("09520123456789123", 5), ("7", 9)],
)
def test_known_check_digits(body: str, expected: int) -> None:
    assert check_digit(body) == expected


@given(st.text("0123456789", min_size=1, max_size=30))
def test_the_check_digit_is_the_weighted_sum_of_the_standard(body: str) -> None:
    total = sum(int(d) * (3, 1)[place % 2] for place, d in enumerate(reversed(body)))
    assert (total + check_digit(body)) % 10 == 0
    assert has_check_digit(f"{body}{check_digit(body)}")


@given(st.text("0123456789", min_size=1, max_size=17), st.data())
def test_one_wrong_digit_is_always_found(body: str, data: st.DataObject) -> None:
    whole = f"{body}{check_digit(body)}"
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != whole[place]]))
    assert not has_check_digit(whole[:place] + other + whole[place + 1 :])


@pytest.mark.parametrize("digits", ["", "12a", "１２３", "-12", " 12"])
def test_check_digits_are_computed_over_ascii_digits_only(digits: str) -> None:
    with pytest.raises(Gs1Error, match="digits 0-9"):
        check_digit(digits)


def test_a_model_number_has_its_check_pair() -> None:
    assert check_character_pair("1987654Ad4X4bL5ttr2310c") == "2K"
    with pytest.raises(Gs1Error, match="set 82"):
        check_character_pair("1987 654")
    with pytest.raises(Gs1Error, match="1 to 23"):
        check_character_pair("1" * 24)


@pytest.mark.parametrize("gtin", ["96385074", "000096385074", "0000096385074", "00000096385074"])
def test_a_gtin_of_8_12_13_and_14_digits_is_one_gtin(gtin: str) -> None:
    assert gtin14(gtin) == "00000096385074"


def test_an_error_quotes_the_input_and_what_was_expected() -> None:
    with pytest.raises(Gs1Error) as caught:
        gtin14("9506000134353")
    assert str(caught.value) == "'9506000134353': the check digit of this GTIN must be 2, it is 3"
    assert caught.value.text == "9506000134353"


def test_an_error_survives_pickling_and_shortens_a_long_input() -> None:
    error = Gs1Error("9" * 5000, "too long")
    again = pickle.loads(pickle.dumps(error))
    assert (again.text, again.rule) == (error.text, error.rule)
    assert len(str(error)) < 200


@given(st.text(st.characters(max_codepoint=126, min_codepoint=32)))
def test_percent_encoding_and_decoding_are_inverse(value: str) -> None:
    assert percent_decode(percent_encode(value), "") == value


@pytest.mark.parametrize("text", ["%", "a%2", "%zz", "%2", "% 1", "%+1"])
def test_a_broken_escape_is_refused(text: str) -> None:
    with pytest.raises(Gs1Error, match="two hex digits"):
        percent_decode(text, text)


def test_an_escaped_byte_beyond_ascii_is_refused() -> None:
    with pytest.raises(Gs1Error, match="above %7F"):
        percent_decode("%C3%A9", "%C3%A9")
