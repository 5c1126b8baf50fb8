"""Words for what notices keep as a key: pages that offer the choice and notices that tell of it say the same."""

from django.utils.translation import gettext_lazy as _

# Why a rep gives a lead back; the keys are `leads.domain.words.ReturnReason`.
RETURN_REASONS = {
    "incomplete": _("Incomplete"),
    "wrong_market": _("Wrong market"),
    "wrong_rep": _("Wrong rep"),
    "not_now": _("Not now"),
    "other": _("Other"),
}
