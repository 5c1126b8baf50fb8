"""What is told of imports."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.notices.kinds.base import Facts, Words, registered, sentences, told


@registered("import_done", "upload", "ok")
def _import_done(facts: Facts) -> Words:
    """name, campaign, created, updated, already_here, rejected."""
    created, rejected = facts.count("created"), facts.count("rejected")
    updated, here = facts.count("updated"), facts.count("already_here")
    return Words(
        ngettext("%(n)d lead saved from %(name)s", "%(n)d leads saved from %(name)s", created)
        % {"n": created, "name": facts["name"] or _("your table")},
        sentences(
            *told(facts, "campaign"),
            ngettext("%(n)d was changed.", "%(n)d were changed.", updated) % {"n": updated}
            if updated
            else "",
            ngettext("%(n)d was here already.", "%(n)d were here already.", here) % {"n": here}
            if here
            else "",
            ngettext(
                "%(n)d row is left to fix: download it from the import.",
                "%(n)d rows are left to fix: download them from the import.",
                rejected,
            )
            % {"n": rejected}
            if rejected
            else "",
        ),
        _("Open the import"),
    )


@registered("import_failed", "alert", "bad")
def _import_failed(facts: Facts) -> Words:
    """name, error."""
    return Words(
        _("Import stopped: %(name)s") % {"name": facts["name"] or _("your table")},
        sentences(str(facts["error"]), _("What was saved stays; going on saves nothing twice.")),
        _("Open the import"),
    )
