"""People, the company, and when work is done."""

from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField
from simple_history.models import HistoricalRecords

from leadsync.accounts.roles import LABELS, PERMISSIONS, SIDES, Can, Role, Side


class Office(models.Model):
    """A place people work at; queues and figures can be cut by it."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes people; the e-mail address is kept in lower case and is the sign-in name."""

    def create_user(self, email: str, name: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, name: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, name, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person of the company. `is_former`: a colleague known from imported history, who never signs in."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    office = models.ForeignKey(Office, models.SET_NULL, null=True, blank=True, verbose_name=_("office"))
    language = models.CharField(_("language"), max_length=5, default="en")
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.SYSTEM)
    has_shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_former = models.BooleanField(_("former colleague"), default=False)
    import_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)
    capacity = models.PositiveSmallIntegerField(
        _("leads a day"), default=8, validators=[MinValueValidator(0), MaxValueValidator(500)]
    )
    # What routing looks at; none named means any.
    spoken = models.JSONField(_("languages"), default=list, db_default=[], blank=True)  # "pl", "en"
    markets = models.JSONField(_("countries"), default=list, db_default=[], blank=True)  # two letters each
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        ordering: ClassVar = ["name", "id"]
        permissions: ClassVar = [(can.value, can.value) for can in Can]
        default_permissions: ClassVar = []
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_lower")]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.email,)

    @property
    def short_name(self) -> str:
        """The first word of the name, as colleagues say it."""
        return self.name.split()[0] if self.name.split() else self.email

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles this person holds. One query, unless groups were prefetched."""
        known = {role.value for role in Role}
        return frozenset(Role(group.name) for group in self.groups.all() if group.name in known)

    @property
    def role_label(self) -> str:
        """The leading role in words, for screens."""
        for role in (Role.DIRECTOR, Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.MARKETER, Role.REP):
            if role in self.roles:
                return str(LABELS[role])
        return str(LABELS[Role.ADMINISTRATOR]) if self.roles else ""

    @property
    def side(self) -> Side:
        """The department this person speaks for; heads and staff before direction."""
        sides = [SIDES[role] for role in self.roles if role is not Role.ADMINISTRATOR]
        for side in (Side.DIRECTION, Side.MARKETING, Side.SALES):
            if side in sides:
                return side
        return Side.DIRECTION

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @cached_property
    def permissions(self) -> frozenset[Can]:
        """What this person may do through any role, from the one table in `roles`. Nothing once switched off."""
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return frozenset(Can)
        return frozenset[Can]().union(*(PERMISSIONS[role] for role in self.roles))

    def can(self, permission: Can) -> bool:
        """Whether this person holds the permission through any role."""
        return permission in self.permissions


class Company(models.Model):
    """The one company of this installation and its settings."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("company name"), max_length=150, default="LeadSync")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/Warsaw")
    country = CountryField(
        _("country"), blank=True, default="PL", help_text=_("Its public holidays are days off.")
    )
    country_part = models.CharField(
        _("part of the country"),
        max_length=10,
        blank=True,
        default="",
        help_text=_("For holidays of one state only."),
    )
    labour_cost = models.DecimalField(
        _("cost of a sales hour"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    # No mail goes out from one to the other (minutes of local time), whatever the hours of work; None: no such time.
    quiet_from = models.PositiveSmallIntegerField(_("quiet from"), null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(_("quiet until"), null=True, blank=True)
    # After so many months without anything happening a person's data are erased by a worker; None: kept.
    keep_months = models.PositiveSmallIntegerField(
        _("months that leads without a sale are kept"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    keep_won_months = models.PositiveSmallIntegerField(
        _("months that customers are kept"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    privacy_url = models.URLField(_("privacy policy"), max_length=500, blank=True, default="", db_default="")
    is_sample = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)  # raised by any change of working time

    history = HistoricalRecords(excluded_fields=["version"])

    class Meta:
        verbose_name = _("company")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="company_only_one"),
            models.CheckConstraint(
                condition=models.Q(labour_cost__gte=0) | models.Q(labour_cost=None),
                name="company_cost_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__lt=1440, quiet_until__lte=1440),
                name="company_quiet_hours",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class WorkingHours(models.Model):
    """One open window of a weekday, in minutes of local time. Without `person` it is the company's."""

    person = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"))  # 0 is Monday
    opens = models.PositiveSmallIntegerField(_("opens"))
    closes = models.PositiveSmallIntegerField(_("closes"))

    class Meta:
        ordering: ClassVar = ["weekday", "opens"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_weekday"),
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens"), closes__lte=1440),
                name="hours_closes_after_opening",
            ),
            models.UniqueConstraint(fields=["person", "weekday", "opens"], name="hours_of_person_once"),
            models.UniqueConstraint(
                fields=["weekday", "opens"], condition=models.Q(person=None), name="hours_of_company_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"


class OwnDay(models.Model):
    """A day on which the company does other than its week says: closed without windows, else open in them."""

    on = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    windows = models.JSONField(_("open"), default=list, blank=True)  # [[480, 720], …] minutes of local time

    class Meta:
        ordering: ClassVar = ["on"]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class Absence(models.Model):
    """Days on which a person is away, both ends included."""

    person = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["starts_on"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="absence_ends_after"
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on}-{self.ends_on}"

    def covers(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


class Invitation(models.Model):
    """A link by which somebody becomes a person here. Only the digest of its token is kept."""

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=150)
    roles = models.JSONField(default=list)
    language = models.CharField(max_length=5, default="en")
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A key for programs, of one person, with that person's permissions. Only its digest is kept."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        LOG = "log", _("Read and log leads")
        ALL = "all", _("Everything this person may do")

    person = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    scope = models.CharField(pgettext_lazy("token", "may"), max_length=10, choices=Scope, default=Scope.READ)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class DataExport(models.Model):
    """Somebody took personal data out of LeadSync, or looked at everything about one person: who, what, when."""

    kind = models.CharField(max_length=30)  # leadsync.accounts.exports.Kind
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    rows = models.PositiveIntegerField(null=True)  # how many leads; None: not counted
    lead_id = models.BigIntegerField(null=True)  # the one it was about
    what = models.CharField(max_length=1_000, blank=True)  # filters, file, campaign

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["lead_id"], name="export_of_lead")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"
