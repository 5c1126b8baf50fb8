"""The settings under which tests run: the real ones, in a folder of their own, made fast.

`DATABASE_URL`, `CELERY_BROKER_URL` and `CACHE_URL` choose servers to run on, as they do for the product;
without them everything stays in a temporary folder and in this process.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Each process (each xdist worker too) has its own folder, so that files of parallel tests never meet. Real
# servers and workers that a test starts inherit it.
_var = tempfile.mkdtemp(prefix="leadsync-tests-")
_owner = os.getpid()


def _forget_folder() -> None:
    """Remove the folder when the process that made it ends; a forked child must leave it alone."""
    if os.getpid() == _owner:
        shutil.rmtree(_var, ignore_errors=True)


atexit.register(_forget_folder)
os.environ["LEADSYNC_ENV"] = "test"
os.environ["LEADSYNC_VAR"] = _var
os.environ.pop("DEBUG", None)
(Path(_var) / "static").mkdir(exist_ok=True)  # WhiteNoise warns where its folder is missing

from leadsync.settings import *  # noqa: E402

LANGUAGE_CODE = "en"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
MIGRATION_LINTER_OPTIONS = {
    "ignore_initial_migrations": True,
    # Adds a unique index that no row which was there is in; the linter knows only of whole ones.
    "ignore_name": ["0007_question_of_a_form_once"],
    "exclude_apps": ["account", "auth", "contenttypes", "mfa", "sessions", "usersessions"],
}

if "postgresql" in DATABASES["default"]["ENGINE"]:
    # What a test has written need not outlive a power cut: no commit waits for the disk.
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, not memory: tests of races need two real connections.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_var) / "test.sqlite3")}
if not os.environ.get("CACHE_URL"):
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if not os.environ.get("CELERY_BROKER_URL"):
    CELERY_BROKER_URL = "memory://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {}
