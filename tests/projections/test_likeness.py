"""How alike two customers are: names taken apart, what else they share, and a labelled set that is held to a floor. No database."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path

import pytest

from domain.customer.duplicate_policy import DuplicatePolicy
from domain.customer.facts import Contact, Profile
from domain.customer.likely import Evidence
from projections.customer.matching.blocking import keys
from projections.customer.matching.identifiers import country_code, mail_domain, number, phone, web_domain
from projections.customer.matching.names import CompanyName, company_name
from projections.customer.matching.scoring import Likeness, Traits, likeness
from projections.customer.matching.traits import traits_of_profile

PAIRS = Path(__file__).parent / "company_pairs.csv"


@pytest.mark.parametrize(
    ("written", "called", "place"),
    [
        ("Acme GmbH & Co. KG", ("acme",), ""),
        ("ACME Gesellschaft mit beschränkter Haftung", ("acme",), ""),
        ("Établissements Dupont et Fils SARL", ("dupont", "fils"), ""),
        ("Jansen Techniek B.V.", ("jansen", "techniek"), ""),
        ("Grupo Bimbo S.A.B. de C.V.", ("grupo", "bimbo"), ""),
        ("A.P. Møller - Mærsk A/S", ("ap", "moller", "marsk"), ""),
        ("ООО «Ромашка»", ("ромашка",), ""),
        ("The Coca-Cola Company", ("coca", "cola"), ""),
        ("Sunrise Trading (Beijing) Co., Ltd.", ("sunrise", "trading"), "beijing"),
        ("Bank of America Corp.", ("bank", "of", "america"), ""),
        ("上海市華東精密製造股份有限公司", ("华东精密制造",), "上海"),
        ("华东精密制造（上海）有限公司", ("华东精密制造",), "上海"),
        ("㈱村田製作所", ("村田制作所",), ""),
        ("삼성전자주식회사", ("삼성전자",), ""),
        ("Ltd", ("ltd",), ""),
        ("!!!", ("!!!",), ""),
    ],
)
def test_a_name_without_its_legal_form_and_place(written: str, called: tuple[str, ...], place: str) -> None:
    name = company_name(written)
    assert (name.words, name.place) == (called, place)
    assert CompanyName.unpacked(name.packed) == name


def test_identifiers_are_written_in_one_way() -> None:
    assert number("DE 123 456 789") == number("123456789") == "123456789"
    assert number("91310000MA1K35X12Y") == "91310000MA1K35X12Y"
    assert number("n/a") == number("12") == ""
    assert web_domain("https://www.Acme.com/de?x=1") == web_domain("acme.com") == "acme.com"
    assert web_domain("http://[acme") == web_domain("qq.com") == ""
    assert mail_domain("wei@Acme.com") == "acme.com"
    assert mail_domain("wei@gmail.com") == mail_domain("wei@163.com") == mail_domain("wei") == ""
    assert mail_domain("wei@vip.163.com") == mail_domain("ken@docomo.ne.jp") == web_domain("daum.net") == ""
    assert phone("(021) 5550 0100", "中国") == phone("+86 21 55500100") == "+862155500100"
    assert phone("ask for Wei", "CN") == phone("5550") == ""


@pytest.mark.parametrize(
    "written",
    [
        "010-61234567转801",
        "010-61234567 轉 801",
        "010-61234567 分机：801",
        "010-61234567-801",
        "010-61234567-12",
        "010-61234567(总机)",
        "（张）010-61234567",
        "010-61234567/61234568",
        "010-61234567、13800138000",
        "+86 (0)10 6123 4567 ext. 801",
        "０１０－６１２３４５６７",
    ],
)
def test_a_phone_is_known_without_its_extension_and_of_several_by_the_first(written: str) -> None:
    assert phone(written, "CN") == "+861061234567"


@pytest.mark.parametrize(
    "written", ["+49 30 777888-21", "030 777888-0", "030/777888 Durchwahl 21", "030 777888 ext. 21"]
)
def test_a_company_s_number_is_the_same_whatever_desk_is_dialled_through_to(written: str) -> None:
    assert phone(written, "DE") == "+4930777888"


@pytest.mark.parametrize("written", ["138-0013-8000", "+86 138-0013-8000"])
def test_a_hyphen_elsewhere_is_within_the_number(written: str) -> None:
    assert phone(written, "CN") == "+8613800138000"
    assert phone("(212) 555-0123", "US") == "+12125550123"


@pytest.mark.parametrize(
    "written", ["0731/123456", "0731 - 123456", "(0731) 123456", "0731 123456 (Zentrale)"]
)
def test_signs_between_the_digits_of_one_number_do_not_part_it(written: str) -> None:
    assert phone(written, "DE") == "+49731123456"
    assert country_code("Deutschland") == country_code("de") == "DE"
    assert country_code("Utopia") == ""


def like(one: str, other: str) -> Likeness:
    return likeness(*(traits_of_profile(Profile(name=name)) for name in (one, other)))


def test_what_speaks_for_two_being_one_adds_up_and_what_speaks_against_it_counts() -> None:
    def known(name: str, country: str = "", mail: str = "", phone: str = "") -> Traits:
        return traits_of_profile(
            Profile(name=name, country=country), [Contact(name="Wei", mail=mail, phone=phone)]
        )

    alone = likeness(known("Acme"), known("Acme Ltd"))
    both = likeness(known("Acme", mail="a@acme.com"), known("Acme Ltd", mail="b@acme.com"))
    abroad = likeness(known("Acme", "DE"), known("Acme Ltd", "CN"))
    mail = likeness(known("Acme", mail="a@acme.com"), known("Roadrunner", mail="b@acme.com"))
    assert abroad.score < alone.score < both.score
    assert (alone.evidence, both.evidence) == ((Evidence.NAME,), (Evidence.NAME, Evidence.MAIL))
    assert mail.evidence == (Evidence.MAIL,)
    assert like("北京同仁堂", "南京同仁堂").score < DuplicatePolicy().tell_from


def test_contacts_with_a_free_mail_address_have_nothing_in_common() -> None:
    one, other = (
        traits_of_profile(Profile(name=name), [Contact(name="Wei", mail=f"{name}@gmail.com")])
        for name in ("Alder", "Birch")
    )
    assert likeness(one, other).score == 0


def labelled() -> list[tuple[str, str, bool]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return [(row["one"], row["other"], row["same"] == "1") for row in csv.DictReader(file)]


def test_on_the_labelled_set_precision_and_recall_hold() -> None:
    """By name alone. docs/duplicates.md says where the labels came from."""
    told = [(like(one, other).score >= DuplicatePolicy().tell_from, same) for one, other, same in labelled()]
    right = sum(likely and same for likely, same in told)
    precision = right / sum(likely for likely, _ in told)
    recall = right / sum(same for _, same in told)
    assert precision >= 0.95
    assert recall >= 0.95


def test_who_is_likely_one_shares_a_key() -> None:
    """Whom no key leads to is never compared."""
    missed = [
        (one, other)
        for one, other, _ in labelled()
        if like(one, other).score >= DuplicatePolicy().tell_from
        and set(keys(traits_of_profile(Profile(name=one)))).isdisjoint(
            keys(traits_of_profile(Profile(name=other)))
        )
    ]
    assert missed == []


def companies() -> dict[str, str]:
    """By name, which of the companies in the set it is of: those of one label, and of one name but for its form and place."""
    pairs = labelled()
    of = {name: company_name(name).whole for one, other, _ in pairs for name in (one, other)}
    for one, other, same in pairs:
        if same:
            of = {name: of[one] if company == of[other] else company for name, company in of.items()}
    return of


def test_of_all_in_the_set_only_those_that_are_one_would_be_taken_for_another() -> None:
    """Each name with each."""
    of, ask_from = companies(), DuplicatePolicy().ask_from
    traits = {name: traits_of_profile(Profile(name=name)) for name in of}
    assert ask_from is not None
    wrong = [
        (one, other)
        for one, other in combinations(traits, 2)
        if of[one] != of[other] and likeness(traits[one], traits[other]).score >= ask_from
    ]
    assert wrong == []
