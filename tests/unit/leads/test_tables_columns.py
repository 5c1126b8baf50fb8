"""Columns are recognised by the names people and programs give them."""

from pathlib import Path

import pytest

from leads.domain.tables import ErrorCode, Field, TableError, header_key, read_table, recognise
from leads.domain.tables.rows import ColumnMapping, mapping_by_name, suggest_mapping

EXPORTS: dict[str, dict[str, Field | None]] = {
    "english": {
        "Full name": Field.NAME, "E-mail": Field.EMAIL, "Phone number": Field.PHONE, "Company": Field.COMPANY,
        "Received": Field.RECEIVED_AT, "Need": Field.NEED, "Notes": Field.NOTE, "Country": Field.COUNTRY,
        "Lost reason": Field.REASON, "Sales minutes": Field.SALES_MINUTES, "Consent": Field.CONSENT,
    },
    "polish": {
        "Imię i nazwisko": Field.NAME, "Adres e-mail": Field.EMAIL, "Nr telefonu": Field.PHONE,
        "Nazwa firmy": Field.COMPANY, "Data zgłoszenia": Field.RECEIVED_AT, "Potrzeba": Field.NEED,
        "Uwagi": Field.NOTE, "Kraj": Field.COUNTRY, "Miejscowość": Field.CITY, "Źródło": Field.CHANNEL,
        "Opiekun": Field.OWNER, "Powód przegranej": Field.REASON, "Wartość": Field.AMOUNT,
        "Stanowisko": Field.JOB_TITLE, "Następny krok": Field.NEXT_STEP_AT, "Zgoda RODO": Field.CONSENT,
        "Język": Field.LANGUAGE, "Kampania": Field.CAMPAIGN, "Etap": Field.STAGE, "Ocena": Field.MARK,
    },
    "polish split name": {"Imię": Field.FIRST_NAME, "Nazwisko": Field.LAST_NAME, "Telefon": Field.PHONE},
    "russian": {
        "ФИО": Field.NAME, "Электронная почта": Field.EMAIL, "Телефон": Field.PHONE,
        "Компания": Field.COMPANY,
        "Дата заявки": Field.RECEIVED_AT, "Потребность": Field.NEED, "Комментарий": Field.NOTE,
        "Страна": Field.COUNTRY, "Город": Field.CITY, "Источник": Field.CHANNEL, "Кампания": Field.CAMPAIGN,
        "Ответственный": Field.OWNER, "Причина отказа": Field.REASON, "Сумма": Field.AMOUNT,
        "Должность": Field.JOB_TITLE, "Следующий шаг": Field.NEXT_STEP_AT, "Согласие": Field.CONSENT,
        "Язык": Field.LANGUAGE, "Стадия": Field.STAGE, "Оценка": Field.MARK, "Дата продажи": Field.WON_AT,
    },
    "russian split name": {"Имя": Field.FIRST_NAME, "Фамилия": Field.LAST_NAME,
        "Номер телефона": Field.PHONE},
    "hubspot": {
        "Record ID": Field.EXTERNAL_ID, "First Name": Field.FIRST_NAME, "Last Name": Field.LAST_NAME,
        "Email": Field.EMAIL, "Phone Number": Field.PHONE, "Lead Status": Field.STAGE,
        "Create Date": Field.RECEIVED_AT, "Contact owner": Field.OWNER, "Associated Company": Field.COMPANY,
        "Associated Company IDs": None,
    },
    "salesforce": {
        "Lead ID": Field.EXTERNAL_ID, "First Name": Field.FIRST_NAME, "Last Name": Field.LAST_NAME,
        "Title": Field.JOB_TITLE, "Company / Account": Field.COMPANY, "Lead Source": Field.CHANNEL,
        "Lead Status": Field.STAGE, "Lead Owner": Field.OWNER, "Created Date": Field.RECEIVED_AT,
        "Email": Field.EMAIL, "Phone": Field.PHONE, "Mobile": None, "Country": Field.COUNTRY,
        "City": Field.CITY,
        "Do Not Call": None, "Email Opt Out": None, "Last Activity": None,
    },
    "pipedrive people": {
        "Person - Name*": Field.NAME, "Person - First name": Field.FIRST_NAME,
        "Person - Last name": Field.LAST_NAME, "Person - Phone": Field.PHONE,
        "Person - Email (Work)": Field.EMAIL,
        "Person - Email (Home)": None, "Organization - Name*": Field.COMPANY, "Organization - Address": None,
        "Deal - Value": Field.AMOUNT, "Activity - Due date": Field.NEXT_STEP_AT,
        "Note - Content*": Field.NOTE,
    },
    "pipedrive leads": {
        "Lead - Title*": Field.NEED, "Lead - Labels": None, "Contact person*": Field.NAME,
        "Organization*": Field.COMPANY, "Lead - Owner": Field.OWNER, "Lead - Source channel": Field.CHANNEL,
        "Lead - Source channel ID": None, "Lead - Pipedrive System ID": Field.EXTERNAL_ID,
    },
    "zoho": {
        "Record Id": Field.EXTERNAL_ID, "Lead Owner": Field.OWNER, "Company": Field.COMPANY,
        "First Name": Field.FIRST_NAME, "Last Name": Field.LAST_NAME, "Designation": Field.JOB_TITLE,
        "Email": Field.EMAIL, "Phone": Field.PHONE, "Lead Source": Field.CHANNEL, "Lead Status": Field.STAGE,
        "Created Time": Field.RECEIVED_AT, "Description": Field.NOTE, "Country": Field.COUNTRY,
        "Modified Time": None, "Annual Revenue": None, "Website": None,
    },
    "linkedin": {
        "Lead ID": Field.EXTERNAL_ID, "Campaign Name": Field.CAMPAIGN, "Form Name": None,
        "Submitted At": Field.RECEIVED_AT, "First Name": Field.FIRST_NAME, "Last Name": Field.LAST_NAME,
        "Work Email": Field.EMAIL, "Job Title": Field.JOB_TITLE, "Company Name": Field.COMPANY,
        "Company Size": None, "LinkedIn Profile URL": None,
    },
    "google ads": {
        "Lead ID": Field.EXTERNAL_ID, "Lead Submit Time": Field.RECEIVED_AT, "Campaign Name": Field.CAMPAIGN,
        "Campaign ID": None, "FULL_NAME": Field.NAME, "User Email": Field.EMAIL, "User Phone": Field.PHONE,
        "COMPANY_NAME": Field.COMPANY, "JOB_TITLE": Field.JOB_TITLE, "CITY": Field.CITY, "gcl_id": None,
    },
    # From memory, no export of the vendor's own at hand: names as their help pages and users show them.
    "linkedin lead gen form (memory)": {
        "Lead ID": Field.EXTERNAL_ID, "Lead Created At": Field.RECEIVED_AT, "Campaign ID": None,
        "Campaign Name": Field.CAMPAIGN, "Creative ID": None, "Form ID": None, "Form Name": None,
        "first_name": Field.FIRST_NAME, "last_name": Field.LAST_NAME, "Email address": Field.EMAIL,
        "Phone number": Field.PHONE, "Company name": Field.COMPANY, "Job title": Field.JOB_TITLE,
        "Country/Region": Field.COUNTRY, "City": Field.CITY, "I agree to be contacted": Field.CONSENT,
    },
    "google ads lead form (memory)": {
        "Google click ID": None, "Campaign": Field.CAMPAIGN, "Campaign ID": None, "Ad group": None,
        "Lead form ID": None, "Submission time": Field.RECEIVED_AT, "FULL_NAME": Field.NAME,
        "EMAIL": Field.EMAIL, "PHONE_NUMBER": Field.PHONE, "COMPANY_NAME": Field.COMPANY, "Is test": None,
    },
    "salesforce api (memory)": {
        "Id": Field.EXTERNAL_ID, "LastName": Field.LAST_NAME, "FirstName": Field.FIRST_NAME, "Name": Field.NAME,
        "Title": Field.JOB_TITLE, "Company": Field.COMPANY, "Phone": Field.PHONE, "MobilePhone": None,
        "Email": Field.EMAIL, "LeadSource": Field.CHANNEL, "Status": Field.STAGE, "OwnerId": None,
        "CreatedDate": Field.RECEIVED_AT, "HasOptedOutOfEmail": None,
    },
    "hubspot polish (memory)": {
        "Identyfikator rekordu": Field.EXTERNAL_ID, "Imię": Field.FIRST_NAME, "Nazwisko": Field.LAST_NAME,
        "E-mail": Field.EMAIL, "Numer telefonu": Field.PHONE, "Właściciel kontaktu": Field.OWNER,
        "Status leada": Field.STAGE, "Data utworzenia": Field.RECEIVED_AT,
    },
    "meta with questions": {
        "id": Field.EXTERNAL_ID, "created_time": Field.RECEIVED_AT, "ad_id": None, "ad_name": None,
        "adset_id": None, "adset_name": None, "campaign_id": None, "campaign_name": Field.CAMPAIGN,
        "form_id": None, "form_name": None, "is_organic": None, "platform": Field.CHANNEL,
        "what_do_you_need?": Field.NEED, "full_name": Field.NAME, "phone_number": Field.PHONE,
        "email": Field.EMAIL, "company_name": Field.COMPANY, "inbox_url": None, "lead_status": Field.STAGE,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_headers_of_known_exports_are_recognised(name: str) -> None:
    expected = EXPORTS[name]
    assert {match.header: match.field for match in recognise(list(expected))} == expected


@pytest.mark.parametrize("name", ["meta_leads_export_shape.csv", "meta_leads_export_shape_tab_utf16le.csv"])
def test_both_shapes_of_the_meta_export_are_recognised(shared_data: Path, name: str) -> None:
    mapping, matches = suggest_mapping(read_table(shared_data / "lead_form_payloads" / name))
    assert {m.header: m.field for m in matches if m.field} == {
        "id": Field.EXTERNAL_ID,
        "created_time": Field.RECEIVED_AT,
        "campaign_name": Field.CAMPAIGN,
        "platform": Field.CHANNEL,
        "email": Field.EMAIL,
        "phone_number": Field.PHONE,
        "first_name": Field.FIRST_NAME,
        "last_name": Field.LAST_NAME,
        "lead_status": Field.STAGE,
    }
    assert len(mapping.fields) == 9


def test_questions_of_a_form_are_recognised_by_the_name_in_them() -> None:
    matches = recognise(["What is your phone number?", "Please enter your work email", "Do not email me"])
    assert [match.field for match in matches] == [Field.PHONE, Field.EMAIL, None]
    assert matches[0].confidence < 0.8


def test_each_field_is_taken_once_by_the_best_name() -> None:
    matches = recognise(["Secondary email", "Email", "E-mail"])
    assert [match.field for match in matches] == [None, Field.EMAIL, None]


def test_columns_without_a_telling_name_are_found_by_their_values() -> None:
    rows = [
        ("1", "anna@x.pl", "+48 600 700 800", "2026-04-07"),
        ("2", "jan@x.pl", "600-700-801", "2026-04-08"),
    ]
    assert [m.field for m in recognise(["A", "B", "C", "D"], rows)] == [None, Field.EMAIL, Field.PHONE, None]


def test_a_column_of_yes_and_no_is_no_column_of_addresses() -> None:
    rows = [("Yes", "Anna"), ("No", "Jan"), ("No", "Ewa")]
    assert recognise(["Email", "Name"], rows)[0].field is None


def test_real_files_are_mapped_by_name(shared_data: Path) -> None:
    table = read_table(shared_data / "x_education_leads" / "Leads.csv")
    mapping = mapping_by_name(
        table.headers,
        {"Lead Number": "external_id", "Lead Source": "channel", "Converted": "won"},
        fixed={"received_at": "2019-01-01"},
    )
    assert mapping.fields == {1: Field.EXTERNAL_ID, 3: Field.CHANNEL, 6: Field.WON}
    leads = read_table(shared_data / "olist_marketing_funnel" / "olist_marketing_qualified_leads_dataset.csv")
    deals = read_table(shared_data / "olist_marketing_funnel" / "olist_closed_deals_dataset.csv")
    assert {m.header: m.field for m in recognise(leads.headers)} == {
        "mql_id": Field.EXTERNAL_ID,
        "first_contact_date": Field.RECEIVED_AT,
        "landing_page_id": Field.CAMPAIGN,
        "origin": Field.CHANNEL,
    }
    by_hand = {
        "mql_id": "external_id",
        "won_date": "won_at",
        "sr_id": "owner",
        "declared_monthly_revenue": "amount",
    }
    assert len(mapping_by_name(deals.headers, by_hand).fields) == 4


def test_a_mapping_by_name_fills_from_its_base_and_can_drop_a_column() -> None:
    headers = ["Name", "E-mail", "Other mail"]
    base, _ = ColumnMapping({0: Field.NAME, 1: Field.EMAIL}), None
    assert mapping_by_name(headers, {"other MAIL": "email"}, base=base).fields == {
        0: Field.NAME,
        2: Field.EMAIL,
    }
    assert mapping_by_name(headers, {"Name": ""}, base=base).fields == {1: Field.EMAIL}


@pytest.mark.parametrize(
    ("assignments", "code"),
    [
        ({"Nobody": "name"}, ErrorCode.NO_SUCH_COLUMN),
        ({"Name": "nickname"}, ErrorCode.NO_SUCH_FIELD),
        ({"Name": "name", "Mail": "name"}, ErrorCode.FIELD_TWICE),
    ],
)
def test_a_mapping_that_makes_no_sense_says_why(assignments: dict[str, str], code: ErrorCode) -> None:
    with pytest.raises(TableError) as caught:
        mapping_by_name(["Name", "Mail"], assignments)
    assert caught.value.code is code
    assert caught.value.describe()


def test_a_mapping_survives_being_remembered() -> None:
    mapping = ColumnMapping(
        {0: Field.NAME, 2: Field.RECEIVED_AT}, {2: "mdy"}, {3: ","}, "PL", {Field.CHANNEL: "fair"}
    )
    assert ColumnMapping.from_dict(mapping.as_dict()) == mapping
    assert ColumnMapping.from_dict({"fields": {"x": "name", "1": "nothing"}, "fixed": 7}) == ColumnMapping({})


def test_the_key_of_a_header_set_ignores_spelling_and_keeps_order() -> None:
    assert header_key(["Full name", "E-mail"]) == header_key(["FULL  NAME*", "e_mail"])
    assert header_key(["a", "b"]) != header_key(["b", "a"])
