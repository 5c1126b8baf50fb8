"""The OpenAPI document: every operation described, with examples that fit what they are examples of."""

import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

pytestmark = pytest.mark.django_db


@cache
def document() -> dict[str, Any]:
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, verbs in document()["paths"].items():
        for verb, operation in verbs.items():
            yield f"{verb.upper()} {path}", operation


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the operation takes and answers, with where it stands; refusals that all share are looked up."""
    bodies = {"request": operation.get("requestBody", {})} | operation["responses"]
    for where, body in bodies.items():
        if "$ref" in body:
            body = document()["components"]["responses"][body["$ref"].rpartition("/")[2]]
        for content in body.get("content", {}).values():
            yield where, content


def test_every_operation_is_described_with_a_tag_and_how_to_sign_in() -> None:
    assert document()["openapi"].startswith("3.1")
    tags = {tag["name"] for tag in document()["tags"]}
    for label, operation in operations():
        assert operation["summary"], label
        assert set(operation["tags"]) <= tags, label
        assert {"token": []} in operation["security"], label
        assert "429" in operation["responses"], label


def test_every_request_and_every_answer_has_an_example_that_fits_its_schema() -> None:
    seen = 0
    for label, operation in operations():
        for where, content in contents(operation):
            examples = [one["value"] for one in content.get("examples", {}).values()]
            if "example" in content:
                examples.append(content["example"])
            assert examples, (label, where)
            schema = {**content["schema"], "components": document()["components"]}
            validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
            for example in examples:
                wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(example)]
                assert wrong == [], (label, where, example)
                seen += 1
    assert seen > 300


def test_every_change_says_how_it_may_be_refused() -> None:
    for label, operation in operations():
        wanted = {"400", "401", "403", "429"}
        if not label.startswith("GET"):
            wanted |= {"409", "413", "415", "422"}
        assert wanted <= operation["responses"].keys(), label
