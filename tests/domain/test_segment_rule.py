"""What a segment's rule can say, and what is refused before anything runs."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.errors import Invalid
from domain.segment.fields import FIELDS
from domain.segment.rule import MAX_RULE, Always, Comparison, Joined, Not, Rule, comparisons, parse
from domain.segment.segment import Segment


def refused(rule: str) -> str:
    with pytest.raises(Invalid) as caught:
        parse(rule)
    (error,) = caught.value.errors
    assert error.field == "rule"
    return error.message


def test_a_rule_is_a_tree_of_comparisons() -> None:
    sector, purchases, silent = (
        FIELDS["sector"],
        FIELDS["purchases.count"],
        FIELDS["activity.days_since_last"],
    )
    rule = parse(
        "purchases.count >= 3 and (sector in ['retail', 'media'] or not activity.days_since_last > 60)"
    )
    assert rule == Joined(
        True,
        (
            Comparison(purchases, ">=", Decimal(3)),
            Joined(
                False,
                (Comparison(sector, "in", ("retail", "media")), Not(Comparison(silent, ">", Decimal(60)))),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("3 <= purchases.count", "purchases.count >= 3"),
        ("3 <= purchases.count < 5", "purchases.count >= 3 and purchases.count < 5"),
        ("\n  country == 'CN'\n", "country == 'CN'"),
        ("country in ('CN',)", "country in ['CN']"),
        ("True", "true"),
    ],
)
def test_what_is_written_in_two_ways_means_the_same(written: str, means: str) -> None:
    assert parse(written) == parse(means)


def test_of_a_text_in_a_field_case_is_no_matter_to_say() -> None:
    assert parse("'bank' in sector") == Comparison(FIELDS["sector"], "has", "bank")
    assert parse("false") == Always(False)
    assert parse("founded != null") == Comparison(FIELDS["founded"], "!=", None)


def test_custom_fields_are_asked_by_their_name() -> None:
    (one,) = comparisons(parse("custom.分级 in ['A', 'B']"))
    assert (one.field.name, one.value) == ("custom.分级", ("A", "B"))


def test_numbers_are_what_is_written() -> None:
    assert parse("revenue > 0.1") == Comparison(FIELDS["revenue"], ">", Decimal("0.1"))
    assert parse("days_known >= -1") == Comparison(FIELDS["days_known"], ">=", Decimal(-1))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("sector == 'a' and and", "cannot be read at character 19"),
        ("sectors == 'retail'", "no field is called sectors; did you mean sector?"),
        ("purchase.count > 1", "no field is called purchase.count; did you mean purchases.count?"),
        ("zzz > 1", "no field is called zzz"),
        ("sector > 3", "sector is compared with a value that is not a text"),
        ("purchases.count == 'many'", "purchases.count is compared with a value that is not a number"),
        ("registered_on > '2026-02-30'", "registered_on is compared with a day that there is not"),
        (
            "registered_on > 2026",
            "registered_on is compared with a value that is not a day such as '2026-11-30'",
        ),
        ("days_known > 40000", "days_known is compared with a value that is not a number up to 36500"),
        ("employees == revenue", "must compare a field with a value: employees, revenue"),
        ("1 == 1", "must compare a field with a value: 1, 1"),
        ("sector in 'retail'", "sector: in and not in take a list of values, and nothing else does"),
        ("sector == ['retail']", "sector: in and not in take a list of values, and nothing else does"),
        ("'a' in employees", "employees: only a text can contain another"),
        ("sector < null", "sector: only == and != ask for null"),
        ("sector is null", "knows the operators == != < <= > >= in and not in"),
        ("revenue > 1e400", "has a number that is too large"),
        (
            "lifecycle.stage == 'loyl'",
            "lifecycle.stage: 'loyl' is not one of prospect, first-purchase, repeat, loyal, dormant, won-back; did you mean 'loyal'?",
        ),
        ("lifecycle.stage > 'loyal'", "lifecycle.stage has no order: compare it by == != or in"),
        ("'loyal' in lifecycle.stage", "lifecycle.stage: only a text can contain another"),
        ("custom.a in ['x', 1]", "custom.a: values of a list must be of one kind"),
        (
            f"days_known in [{', '.join(map(str, range(11)))}]",
            "days_known counts days: a list for it has at most 10 values",
        ),
        ("sector", "must compare fields with values; this does not: sector"),
        ("sector == f'{1}'", "is compared with what is no value: f'{1}'"),
        ("revenue > 10 ** 9", "is compared with what is no value: 10 ** 9"),
        ("open('x') == 'y'", "must compare a field with a value: open('x'), 'y'"),
        (
            "__import__('os').system('x')",
            "must compare fields with values; this does not: __import__('os').system('x')",
        ),
        ("sector.__class__ == 'x'", "no field is called sector.__class__; did you mean sector?"),
        ("(lambda: 1)() == 1", "must compare a field with a value: (lambda: 1)(), 1"),
        ("[x for x in sector] == 'x'", "must compare a field with a value: [x for x in sector], 'x'"),
        (
            "sector == 'x' if true else false",
            "must compare fields with values; this does not: sector == 'x' if true else false",
        ),
        ("(sector := 'x') == 'x'", "must compare a field with a value: (sector := 'x'), 'x'"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(rule: str, message: str) -> None:
    assert refused(rule) == message


@pytest.mark.parametrize(
    "rule",
    [
        "(" * 900 + "true" + ")" * 900,
        "not " * 400 + "true",
        "- " * 900 + "1 == employees",
        " and ".join(["employees > 1"] * 120),
        f"sector in [{', '.join(['1'] * 600)}]",
        "sector == '" + "x" * 400 + "'",
        "sector == '" + "x" * (MAX_RULE + 1) + "'",
        "sector == 'a\x00b'",
        "employees == " + "9" * 1_900,
        "a." * 900 + "b == 1",
        "a." * 990 + "b == 1",
        "custom." + "a." * 990 + "b == 1",
    ],
)
def test_hostile_rules_are_refused(rule: str) -> None:
    assert refused(rule)


ATOMS = st.sampled_from(
    ["sector == 'x'", "employees > 3", "true", "founded == null", "'b' in country", "country not in ['CN']"]
)


@given(
    st.recursive(
        ATOMS,
        lambda inner: st.one_of(
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("not ({})".format, inner),
        ),
        max_leaves=12,
    )
)
def test_what_is_built_of_rules_is_a_rule(text: str) -> None:
    def depth(rule: Rule) -> int:
        match rule:
            case Not(part):
                return 1 + depth(part)
            case Joined(_, parts):
                return 1 + max(map(depth, parts))
        return 1

    assert depth(parse(text)) >= 1


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert isinstance(parse(text), Rule)


def test_a_segment_says_what_is_wrong_with_its_rule() -> None:
    segment = Segment(name="vip", label="VIP", rule="purchase.count > 1")
    assert [error.field for error in segment.wrong()] == ["rule"]
