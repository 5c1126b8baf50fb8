"""What the OpenAPI document says about every operation, once: how it refuses."""

from typing import Any, Final

from leadsync.core.problems import CONTENT_TYPE

REFUSALS: Final = {
    "400": "The request cannot be read: its JSON, or a parameter of its address.",
    "401": "Nobody is signed in, or the token is not valid. `WWW-Authenticate` says how to sign in.",
    "403": "The role of the person, or the scope of the token, does not include this.",
    "404": "There is no such thing, or not for this person.",
    "409": "Somebody changed it meanwhile: `context` says who, what and when. Nothing was saved.",
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
VERBS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def _refusals(path: str, verb: str) -> set[str]:
    found = {"400", "401", "403", "429"}
    if "{" in path:
        found.add("404")
    if verb != "get":
        found |= {"409", "415", "422"}
    if verb == "patch":
        found.add("428")
    return found


def document_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: every operation with every way in which it may refuse."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = components.setdefault("responses", {})
    for status, description in REFUSALS.items():
        responses[f"Refused{status}"] = {"description": description, "content": content}
    responses["Refused429"]["headers"] = {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    }
    for path, operations in result["paths"].items():
        for verb in VERBS & operations.keys():
            for status in sorted(_refusals(path, verb)):
                operations[verb]["responses"].setdefault(
                    status, {"$ref": f"#/components/responses/Refused{status}"}
                )
    return result
