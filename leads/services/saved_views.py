"""Named filters of the leads list."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leads.models import SavedView
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid, NotAllowed

MOST_VIEWS = 50
MOST_NAME = 60
MOST_QUERY = 1000


def save(*, by: User, name: str, query: str, is_team: bool = False) -> SavedView:
    """Keep `query` (the filters of an address) under a name of one's own; the same name again is a change of it.

    Raises `Invalid` without a name, for one that is too long, for filters too long to be kept, or past the limit.
    """
    words = " ".join(name.split())
    if not words:
        raise Invalid(_("Give the view a name."), field="name")
    if len(words) > MOST_NAME:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_NAME}, field="name")
    if len(query) > MOST_QUERY:
        raise Invalid(_("These are more filters than a view can keep."), field="name")
    with transaction.atomic():
        made = SavedView.objects.filter(person=by, name=words).first()
        if made is None:
            if SavedView.objects.filter(person=by).count() >= MOST_VIEWS:
                raise Invalid(
                    _("You have %(n)d views. Delete one that is no longer used.") % {"n": MOST_VIEWS},
                    field="name",
                )
            made = SavedView(person=by, name=words)
        made.query, made.is_team = query, is_team
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError as error:  # the same name, saved at the same moment
            raise Invalid(_("You have a view of this name. Choose another."), field="name") from error
    return made


def delete(*, view: SavedView, by: User) -> None:
    """Forget an own view. Raises `NotAllowed` for somebody else's."""
    if view.person_id != by.pk:
        raise NotAllowed(_("A view is deleted by who saved it."))
    view.delete()
