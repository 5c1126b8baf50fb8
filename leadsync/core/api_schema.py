"""What the OpenAPI document says about every operation, once: how it refuses, and that input takes no other field."""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerExtension

from leadsync.core.problems import CONTENT_TYPE

REFUSALS: Final = {
    "400": "The request cannot be read: its JSON, or a parameter of its address.",
    "401": "Nobody is signed in, or the token is not valid. `WWW-Authenticate` says how to sign in.",
    "403": "The role of the person, or the scope of the token, does not include this.",
    "404": "There is no such thing, or not for this person.",
    "409": "Somebody changed it meanwhile: `context` says who, what and when. Nothing was saved.",
    "413": "The body is larger than 2 MB.",
    "415": "The body is not `application/json`.",
    "422": "Something in the body cannot be used: `errors` says which field and why. Nothing was saved.",
    "428": "A change has to say which version it is based on: `version`, or the header `If-Match`.",
    "429": "Too many requests: `Retry-After` says in how many seconds to try again.",
}
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A refusal, RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Which refusal, for programs: `about:conflict` …"},
        "title": {"type": "string", "description": "The refusal in one sentence, in the person's language."},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "Field → sentences.",
            "additionalProperties": True,
        },
        "context": {
            "type": "object",
            "description": "Of a conflict: who changed what and when, and the present `version`.",
            "additionalProperties": True,
        },
    },
    "example": {
        "type": "about:invalid",
        "title": "Invalid input.",
        "status": 422,
        "detail": "Invalid input.",
        "errors": {"email": ["This is not an e-mail address."]},
    },
}
# By status: type, sentence, and what else the document holds.
EXAMPLES: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "400": ("parse_error", "JSON parse error - Expecting value: line 1 column 10 (char 9)", {}),
    "401": ("not_authenticated", "This token is not valid.", {}),
    "403": ("permission_denied", "Your role does not include this.", {}),
    "404": ("not_found", "Not found.", {}),
    "409": (
        "conflict",
        "Changed meanwhile by Anna Maj: mark. Nothing you typed is lost.",
        {
            "context": {
                "lead": 1042,
                "version": 4,
                "by": "Anna Maj",
                "kind": "marked",
                "what": "mark",
                "at": "2026-11-20T10:30:00+01:00",
            }
        },
    ),
    "413": ("too_large", "The body is larger than 2 MB. Send it in several parts.", {}),
    "415": ("unsupported_media_type", "Unsupported media type “text/plain” in request.", {}),
    "422": ("invalid", "Invalid input.", {"errors": {"email": ["This is not an e-mail address."]}}),
    "428": (
        "version_needed",
        "Say which version you read: `version` in the body, or the header If-Match.",
        {},
    ),
    "429": ("throttled", "Request was throttled. Expected available in 12 seconds.", {}),
}
RATE: Final = {
    "RateLimit-Limit": "Requests that a person may make in a minute.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "In how many seconds all of them are there again.",
}
VERBS: Final = frozenset({"get", "post", "put", "patch", "delete"})


class StrictInput(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI document that input of ours takes no field but those it names."""

    target_class = "leadsync.core.api.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """The schema as usual, closed."""
        found: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**found, "additionalProperties": False}


def _refusals(path: str, verb: str, operation: dict[str, Any]) -> set[str]:
    found = {"400", "401", "403", "429"}
    if "{" in path:
        found.add("404")
    if verb != "get":
        found |= {"409", "413", "415", "422"}
    if verb == "patch" or any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
        found.add("428")
    return found


def document_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: every operation with every way in which it may refuse."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("headers", {}).update(
        {
            name: {"description": text, "schema": {"type": "integer", "minimum": 0}}
            for name, text in RATE.items()
        }
    )
    rate = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE}
    responses = components.setdefault("responses", {})
    for status, description in REFUSALS.items():
        kind, said, more = EXAMPLES[status]
        example = {"type": f"about:{kind}", "title": said, "status": int(status), "detail": said, **more}
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        responses[f"Refused{status}"] = {"description": description, "content": {CONTENT_TYPE: content}}
    responses["Refused429"]["headers"] = rate | {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    }
    for path, operations in result["paths"].items():
        for verb in VERBS & operations.keys():
            for answer in operations[verb]["responses"].values():
                answer["headers"] = rate | answer.get("headers", {})
            for status in sorted(_refusals(path, verb, operations[verb])):
                operations[verb]["responses"].setdefault(
                    status, {"$ref": f"#/components/responses/Refused{status}"}
                )
    return result
