"""Templates: nothing a content security policy would refuse, every visible word translated, one format."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path
    for folder in ("templates", "leadsync", "leads", "campaigns", "feedback")
    for path in (ROOT / folder).rglob("*.html")
)
# Mail programs know no style sheets: what is said about styles holds for pages.
PAGES = [path for path in TEMPLATES if not {"emails", "mail"} & set(path.parts)]
# Holds nothing but attributes of a tag.
PARTS_OF_TAGS = {"components/words.html"}

COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", re.DOTALL)
TRANSLATED = re.compile(r"{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}", re.DOTALL)
TEMPLATE_CODE = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
ELEMENTS_WITHOUT_WORDS = re.compile(r"<(script|style|svg|code|kbd|samp)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
MARKUP = re.compile(r"""<!--.*?-->|<!?/?[a-zA-Z](?:"[^"]*"|'[^']*'|[^"'>])*>""", re.DOTALL)
# Blocks whose content is the name of a class.
CLASSES = re.compile(r"{%\s*block (?:body_layout|body_class)\s*%}.*?{%\s*endblock[^%]*%}", re.DOTALL)
READ_ALOUD = re.compile(r"\b(?:aria-label|title|placeholder|alt|aria-description)=([\"'])(.*?)\1", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")

# Names that are the same in every language.
NAMES = {
    "LeadSync",
    "EN",
    "PL",
    "RU",
    "English",
    "Polski",
    "Русский",
    "Ctrl",
    "CSV",
    "XLSX",
    "OpenAPI",
    "API",
    "tel",
    "mailto",
}


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]
    )


def words_of(text: str) -> list[str]:
    """Words that stand in a text beside template code."""
    bare = TEMPLATE_CODE.sub(" ", text)
    return [word for word in WORD.findall(re.sub(r"&\w+;", " ", bare)) if word not in NAMES]


@each(PAGES)
def test_no_inline_handlers_styles_or_unguarded_scripts(path: Path) -> None:
    text = COMMENT.sub("", path.read_text())
    assert re.findall(r"<[^<>]*\son[a-z]+\s*=", TEMPLATE_CODE.sub("", text)) == []
    assert "<style" not in text
    assert "javascript:" not in text
    assert "hx-on" not in text
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or "nonce=" in tag, tag


@each(PAGES)
def test_style_attributes_carry_data_only(path: Path) -> None:
    for style in re.findall(r"\bstyle=\"([^\"]*)\"", COMMENT.sub("", path.read_text())):
        for part in filter(None, (piece.strip() for piece in style.split(";"))):
            assert part.startswith(("--", "{")), style


@each(TEMPLATES)
def test_every_visible_word_is_translated(path: Path) -> None:
    if str(path).endswith(tuple(PARTS_OF_TAGS)):
        pytest.skip("attributes only")
    text = CLASSES.sub("", TRANSLATED.sub("", COMMENT.sub("", path.read_text())))
    # Quotes of template tags inside of attributes would end the attribute early.
    plain = TEMPLATE_CODE.sub("", text)
    spoken = [found[1] for found in READ_ALOUD.findall(plain)]
    shown = MARKUP.sub(" ", ELEMENTS_WITHOUT_WORDS.sub(" ", plain))
    assert words_of(shown) == []
    assert [word for value in spoken for word in words_of(value)] == []


@each(TEMPLATES)
def test_nothing_escapes_the_escaping(path: Path) -> None:
    text = COMMENT.sub("", path.read_text()).replace(
        "field.help_text|safe", ""
    )  # written by code, never typed
    assert "|safe" not in text
    assert "autoescape off" not in text


@each(TEMPLATES)
def test_links_to_new_windows_give_nothing_away(path: Path) -> None:
    for tag in re.findall(r"<a\b[^>]*\starget=[^>]*>", path.read_text()):
        assert "noopener" in tag, tag


@each(TEMPLATES)
def test_template_can_be_compiled(path: Path) -> None:
    folder = next(parent for parent in path.parents if parent.name == "templates")
    get_template(str(path.relative_to(folder)))


def test_templates_have_the_one_format() -> None:
    djade = Path(sys.executable).parent / "djade"
    if not djade.exists():
        pytest.skip("djade is not installed beside this Python")
    done = subprocess.run(
        [djade, "--check", "--target-version", "6.1", *TEMPLATES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


GROUPED = re.compile(r"\{\{ (?:[a-z_]+\.)*(?:pk|version|[a-z]+_id)(?:\|default:'')? \}\}")


def test_ids_and_versions_are_written_without_grouped_digits() -> None:
    """`{{ lead.pk }}` reads 1,263 from the thousandth on; in an address or a field it must read 1263."""
    words = {"request_id", "auto_id", "count_id"}
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for match in GROUPED.finditer(path.read_text())
        if not words & set(re.findall(r"[a-z_]+", match[0]))
    ]
    assert not found, "add |unlocalize: " + "; ".join(found)
