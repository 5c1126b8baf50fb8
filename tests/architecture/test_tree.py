"""The tree: what lies at the top, what no tracked file may say, and what the container set-up promises."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

TOP_LEVEL = {
    "CHANGELOG.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "campaigns",
    "docker-compose.yml",
    "docs",
    "feedback",
    "leads",
    "leadsync",
    "manage.py",
    "pyproject.toml",
    "requirements",
    "static",
    "templates",
    "tests",
}


def tracked() -> list[str]:
    """Every path that git knows; skips where the tree is not a clone (a container image, an archive)."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_top_level_holds_only_what_the_architecture_names() -> None:
    names = {path.split("/")[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_no_tracked_file_names_a_machine_or_a_package_registry() -> None:
    # Put together here, so that this file does not name them itself.
    homes = "|".join(
        ["/" + "root/", "/" + "home/[a-z]", "/" + "Users/[A-Za-z]", "/" + "work/", "/" + "opt/pypi"]
    )
    hosts = "|".join(
        ["py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\.deb" + r"ian\.org"]
    )
    unwanted = re.compile(rf"(?:(?<![\w./-])(?:{homes}))|{hosts}")
    found = []
    for path in tracked():
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path}: {match.group()}" for match in unwanted.finditer(text)]
    assert found == []


def test_no_secrets_data_or_foreign_locks_are_tracked() -> None:
    unwanted = re.compile(
        r"(^|/)(uv\.lock|poetry\.lock|Pipfile\.lock|\.env|.*\.sqlite3|.*\.pem|.*\.mo)$|^var/|^\.venv/"
    )
    assert [path for path in tracked() if unwanted.search(path)] == []


def test_every_direct_dependency_is_locked_with_a_hash_and_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    runtime, dev = project["dependencies"], project["optional-dependencies"]["dev"]
    for lock, wanted in (("base", runtime), ("dev", runtime + dev)):
        text = (ROOT / "requirements" / f"{lock}.txt").read_text()
        locked = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}
        assert {re.split(r"[\[<>=~]", line)[0].lower() for line in wanted} <= locked
        assert text.count("==") <= text.count("--hash=sha256:")
    entry = re.compile(r'^  "[A-Za-z][A-Za-z0-9,._\[\]-]*[<>=~]')
    unexplained = [line for line in lines if entry.match(line) and "# " not in line]
    assert unexplained == []


def test_both_locks_hold_the_same_versions() -> None:
    base, dev = (
        dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.M))
        for name in ("base.txt", "dev.txt")
    )
    assert base.items() <= dev.items()


def test_compose_has_every_service_with_a_health_check_or_a_single_run() -> None:
    services = compose()["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    for name, service in services.items():
        if name == "migrate":
            assert service["restart"] == "no"
        else:
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_compose_starts_the_product_only_after_its_servers_and_migrations() -> None:
    services = compose()["services"]
    for name in ("postgres", "redis"):
        assert services["migrate"]["depends_on"][name]["condition"] == "service_healthy"
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_compose_keeps_data_in_named_volumes_that_web_and_worker_share() -> None:
    document = compose()
    mounted = {
        name: {volume.split(":")[0] for volume in service.get("volumes", [])}
        for name, service in document["services"].items()
    }
    assert {"postgres", "redis", "uploads"} == set(document["volumes"])
    assert "postgres" in mounted["postgres"]
    assert "uploads" in mounted["web"] & mounted["worker"]


def test_compose_has_no_secret_of_its_own() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS", "LEADSYNC_BASE_URL", "EMAIL_URL"):
        assert f"${{{name}:?" in text, f"{name} must be required"


def test_compose_gives_production_every_variable_it_refuses_to_start_without() -> None:
    required = set(re.findall(r'_required\(\s*"([A-Z_]+)"', (ROOT / "leadsync" / "settings.py").read_text()))
    assert required
    for name in ("migrate", "web", "worker", "beat"):
        assert required <= set(compose()["services"][name]["environment"])
