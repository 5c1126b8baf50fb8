"""Texts of packages whose translation does not suit us, named here so that our catalogues hold them.

Django looks into our catalogues before those of the packages: a translation here replaces theirs.
"""

from typing import Final

from django.utils.translation import gettext_noop

# allauth's Polish one speaks to a man.
BORROWED: Final = (gettext_noop("Forgot your password?"),)
