"""An example for every request and answer of the OpenAPI document that has none, made from its schema.

Fields of one name mean the same everywhere, so one example per name reads as if written by hand; a field without
one gets the simplest value its schema takes. What an operation says itself (`examples=`) stays.
"""

from collections.abc import Mapping
from typing import Any, Final

DEPTH: Final = 8  # schemas that refer to themselves end here
INSTANT: Final = "2026-11-20T10:30:00+01:00"
DAY: Final = "2026-11-20"

# What is typical for a field of this name; used where its schema takes it.
TYPICAL: Final[Mapping[str, Any]] = {
    "id": 7,
    "index": 0,
    "version": 3,
    "name": "Eva Example",
    "company": "Example Sp. z o.o.",
    "job_title": "Head of production",
    "email": "eva@example.com",
    "phone": "+48600000000",
    "country": "PL",
    "market": "PL",
    "city": "Gdynia",
    "language": "pl",
    "currency": "PLN",
    "zone": "Europe/Warsaw",
    "need": "A hall of 800 square metres",
    "segment": "Warehouses",
    "offer": "A free measurement on site",
    "terms": "Delivery within six weeks",
    "hypothesis": "Visitors of the fair decide before spring",
    "namespace": "webshop",
    "external_id": "order-1042",
    "campaign": 12,
    "channel": 3,
    "owner": 5,
    "lead": 1042,
    "to": 5,
    "gate_number": 4,
    "attempts": 2,
    "minutes": 12,
    "minutes_estimated": 0,
    "capacity": 8,
    "amount": "12000.00",
    "marked_at": None,
    "qualified_at": None,
    "won_at": None,
    "lost_at": None,
    "closed_at": None,
    "wanted_at": None,
    "due_at": None,
    "read_at": None,
    "ended_at": None,
    "is_in_time": True,
    "stage": "contacted",
    "budget": "4000.00",
    "spend": "1250.00",
    "revenue": "48000.00",
    "next_step": "Send the offer",
    "note": "Asked for a drawing first",
    "text": "The budget is approved for May.",
    "words": "They need it before the season.",
    "question": "What is the budget?",
    "key": "budget",
    "tag": "too-expensive",
    "label": "Too expensive",
    "reason": "no_budget",
    "thread": "/leads/1042/",
    "url": "/leads/1042/",
    "title": "A lead is waiting",
    "next": "https://leads.example.com/api/v1/leads/?cursor=cD0xMDQy",
    "previous": None,
    "pointer": "/leads/1/email",
    "permissions": ["log_leads"],
    "roles": ["marketer"],
    "answers": {"budget": 20000},
    "errors": {"email": ["This is not an e-mail address."]},
    "problem": None,
}


# Who or what is meant where a field holds an id and a name.
NAMED: Final[Mapping[str, tuple[int, str]]] = {
    "campaign": (12, "Autumn fair"),
    "channel": (3, "Fairs"),
    "group": (2, "North"),
    "rule": (4, "Poland, halls"),
    "owner": (5, "Paweł Nowak"),
    "rep": (5, "Paweł Nowak"),
    "to": (5, "Paweł Nowak"),
    "lead": (1042, "Eva Example"),
    "by": (9, "Anna Maj"),
}


def fill_in_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: an example for each body and each answer that has none."""
    schemas = result.get("components", {}).get("schemas", {})
    for operations in result["paths"].values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
            for body in bodies:
                for content in body.get("content", {}).values():
                    if not {"example", "examples"} & content.keys() and "schema" in content:
                        content["example"] = example_of(content["schema"], schemas)
    return result


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that the schema takes; `name` is the field it stands in."""
    schema = resolved(schema, schemas)
    for way in ("oneOf", "anyOf"):
        if way in schema:
            return example_of(schema[way][0], schemas, name, depth)
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return TYPICAL[name] if TYPICAL.get(name) in schema["enum"] else schema["enum"][0]
    kinds = schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if name in TYPICAL and takes(schema, kinds, TYPICAL[name]):
        return TYPICAL[name]
    kind = next((one for one in kinds if one != "null"), "null")
    if depth >= DEPTH:
        return [] if kind == "array" else {} if kind == "object" else None
    if kind == "object":
        if name in NAMED and schema.get("properties", {}).keys() == {"id", "name"}:
            return dict(zip(("id", "name"), NAMED[name], strict=True))
        return {
            field: example_of(of, schemas, field, depth + 1)
            for field, of in schema.get("properties", {}).items()
            if not (of.get("writeOnly") or field.startswith("_"))
        }
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, name.removesuffix("s"), depth + 1)]
    return simplest(schema, kind)


def resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself where this one only refers to it, also by way of `allOf`."""
    while True:
        if "$ref" in schema:
            found = schemas[schema["$ref"].rpartition("/")[2]]
            schema = {**found, **{name: of for name, of in schema.items() if name != "$ref"}}
        elif "allOf" in schema:
            parts = [resolved(part, schemas) for part in schema["allOf"]]
            rest = {name: of for name, of in schema.items() if name != "allOf"}
            schema = {name: of for part in parts for name, of in part.items()} | rest
        else:
            return schema


def takes(schema: Mapping[str, Any], kinds: list[str], value: Any) -> bool:
    """Whether the value is of one of these kinds, and no format stands against it."""
    if value is None:
        return "null" in kinds
    kind = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}[type(value)]
    if kind not in kinds:
        return False
    if kind == "array":
        return bool(schema.get("items", {}).get("type") == "string")
    if kind == "object":
        return "properties" not in schema
    if kind == "string":
        return (
            schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            and schema.get("format") in {None, "uri", "decimal"}
            and ("pattern" not in schema or schema.get("format") == "decimal")
        )
    if kind == "boolean":
        return True
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def simplest(schema: Mapping[str, Any], kind: str) -> Any:
    """The simplest value of a plain kind that fits the schema's format and bounds."""
    if kind == "string":
        of_format = {
            "date-time": INSTANT,
            "date": DAY,
            "time": "09:00",
            "decimal": "0.00",
            "uri": "https://www.example.com/",
            "email": "eva@example.com",
            "uuid": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        }.get(schema.get("format", ""))
        if of_format is not None:
            return of_format
        return "example"[: schema.get("maxLength", 20)]
    if kind in {"integer", "number"}:
        return max(schema.get("minimum", 1), min(1, schema.get("maximum", 1)))
    return {"boolean": False}.get(kind)
