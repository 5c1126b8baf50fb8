"""Finding leads by what somebody types."""

from django.db.models import Q

from leads.domain.identity import clean, digits, fold

MOST_WORDS = 8
MOST_CHARACTERS = 200


def search(text: str) -> Q:
    """Leads that hold every word of `text` in name, company, mail or phone, however accented.

    Words of one or two letters must begin a word: that is all an index can find them by. What is written like a
    phone number is also looked for as one, whatever its gaps and dashes; "+" and a digit or two is how one begins.
    """
    folded = fold(clean(text))[:MOST_CHARACTERS]
    found = Q()
    for word in folded.split()[:MOST_WORDS]:
        if len(word) > 2:
            found &= Q(search__contains=word)
        else:
            found &= (
                Q(search__startswith=word) | Q(search__contains=f" {word}") | Q(search__contains=f"\n{word}")
            )
    number = digits(folded).lstrip("0")
    if not number or "@" in folded or any(sign.isalpha() for sign in folded):
        return found
    if len(number) > 2:
        return Q(search__contains=number) | found
    if folded.startswith("+"):
        return Q(search__startswith=number) | Q(search__contains=f"\n{number}") | found
    return found
