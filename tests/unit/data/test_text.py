import pytest

from gnnpool.data.text import decoded, is_number, load_json, number, printable, shown


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_text_is_read_in_whatever_encoding(encoding):
    assert decoded("Müller 4 Å\n".encode(encoding)) == "Müller 4 Å\n"


def test_a_byte_order_mark_is_removed():
    assert decoded("\ufeff2") == "2"


def test_no_byte_breaks_a_line_but_those_of_ascii():
    text = decoded(bytes(set(range(32, 256))))
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("text", ["1", "-1.5e3", " 2 ", "nan", ".5"])
def test_text_that_float_accepts_is_a_number(text):
    assert number(text) is not None


@pytest.mark.parametrize("text", ["", "1_0", "1_000", "1_000.5", "1,5", "a", "0x10"])
def test_other_text_is_no_number(text):
    assert number(text) is None


def test_a_number_beyond_the_range_of_floats_is_none():
    assert [is_number(value) for value in (1, 10**400, True, "1", None)] == [True, *[False] * 4]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[" * 100_000, "nested too deeply"), ('{"a": 1, "a": 2}', "expected each key once, found 'a' twice")],
    ids=["deep", "twice"],
)
def test_odd_json_is_refused_with_a_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        load_json(text, unique=True)


def test_half_a_surrogate_pair_is_escaped():
    assert printable("a\ud800b") == "a\\ud800b"


def test_the_end_of_a_long_text_stays_because_it_has_the_cause():
    text = shown("unreadable cif (" + "x" * 5000 + ": expected a number, found 'q')")
    assert len(text) < 420
    assert text.startswith("unreadable cif (")
    assert text.endswith("expected a number, found 'q')")
    nested = []
    for _ in range(100_000):
        nested = [nested]
    assert shown(nested).startswith("list (")
