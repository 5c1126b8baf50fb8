"""When two leads look alike: names and companies with slips, legal forms, addresses and numbers written differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.lookalikes import Facts, bare_company, bare_mail, compare, searches


def facts(name: str = "", company: str = "", email: str = "", phone: str = "") -> Facts:
    return Facts.of(name=name, company=company, email=email, phone=phone)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Baltic Boxes", "Baltic Boxes Sp. z o.o."),
        ("Müller GmbH & Co. KG", "Muller"),
        ("ООО «Ромашка»", "Ромашка"),
        ("Acme, Inc.", "ACME"),
        ("S.A. Transport", "Transport SA"),
        ("Škoda a.s.", "skoda"),
    ],
)
def test_the_legal_form_says_nothing_about_which_company_it_is(one: str, other: str) -> None:
    assert bare_company(one) == bare_company(other)


@pytest.mark.parametrize("company", ["Co", "GmbH", "AG", "Ltd Ltd"])
def test_a_company_that_is_called_like_a_legal_form_keeps_its_name(company: str) -> None:
    assert bare_company(company)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Anna Kowalska", "Nordrack Polska"), ("Kowalska Anna", "NORDRACK Polska sp. z o.o.")),
        (("Łukasz Żak", "Hütte AG"), ("Lukasz Zak", "Hutte")),
        (("Christopher Smith", "Storage World"), ("Cristopher Smith", "Storage World Ltd")),
        (("", "Nordrack Polska"), ("", "Nordrack Polska S.A.")),
    ],
)
def test_alike_by_name_and_company(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = compare(facts(*one), facts(*other))
    assert found is not None
    assert found.score >= 92


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (facts("Jan Nowak", "Nordrack"), facts("Jan Nowak", "Baltic Boxes")),
        (facts("Jan Nowak", "Nordrack"), facts("Ewa Lis", "Nordrack")),
        (facts("Jan Nowak"), facts("Jan Nowak")),
        (facts("Jan Nowak"), facts("", "Nordrack")),
        (facts("Jan Nowak", phone="+48601234501"), facts("Ewa Lis", phone="601234501")),
        (facts("Jan Nowak", phone="+48601234501"), facts("Jan Nowak", phone="+49601234501")),
        (facts(), facts()),
    ],
)
def test_one_of_both_is_not_enough(one: Facts, other: Facts) -> None:
    assert compare(one, other) is None


def test_the_same_mail_but_for_dots_and_plus_is_alike_and_says_so() -> None:
    found = compare(facts("A", email="jan.nowak+fair@gmail.com"), facts("B", email="JanNowak@gmail.com"))
    assert found is not None
    assert found.evidence["mail"] is True
    assert bare_mail("not an address") == ""
    assert compare(facts("A", email="x"), facts("A", email="x")) is None


def test_the_same_number_written_differently_is_alike_where_the_names_do_not_speak_against_it() -> None:
    found = compare(facts("Jan Nowak", phone="0601 234 501"), facts("J. Nowak", phone="+48601234501"))
    assert found is not None
    assert found.evidence["phone"] is True


words = st.text(alphabet="abcdeżłśКирил -.'\x00\u202e", max_size=30)


@given(words, words, words, words)
def test_it_does_not_matter_which_of_the_two_comes_first(a: str, b: str, c: str, d: str) -> None:
    one, other = facts(a, b, f"{a}@example.com"), facts(c, d, f"{c}@example.com")
    assert compare(one, other) == compare(other, one)


@given(words, words)
def test_what_is_searched_for_stands_in_what_a_search_looks_through(name: str, company: str) -> None:
    known = facts(name, company)
    text = f"{known.name}\n{known.company}"
    for search in searches(known):
        assert all(any(part in text for part in group) for group in search.groups)
        assert all(len(part) >= 3 for group in search.groups for part in group)
