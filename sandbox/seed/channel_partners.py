"""The seven partners of hooli, initech and umbrella: one on Salesforce, three on Dynamics, two on Saleslink,
one without a CRM. Each supplier sees them a little differently, so each has a table of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.orgs import OWNER_ID
from sandbox.seed.partners import SeedPartner

HOOLI, INITECH, UMBRELLA = "hooli", "initech", "umbrella"
SUPPLIERS = (HOOLI, INITECH, UMBRELLA)


@dataclass(frozen=True)
class ChannelPartner(SeedPartner):
    """One partner of the three.

    Attributes:
        vendor: salesforce, dynamics, saleslink, or empty: it has no CRM.
        tenant: Its org or tenant.
        dealer: The number by which hooli names it.
        email: Of its administrator and default owner.
    """

    vendor: str = ""
    tenant: str = ""
    dealer: str = ""
    email: str = ""

    @property
    def org(self) -> str:
        """Return the name of its org or tenant."""
        return self.tenant

    @property
    def account(self) -> str:
        """Return the id of its CRM account; empty: it has none."""
        short = {"salesforce": "sf", "dynamics": "dyn", "saleslink": "sl"}
        return f"{short[self.vendor]}-{self.tenant}" if self.vendor else ""

    @property
    def is_pushed_before_acceptance(self) -> bool:
        """Say whether it gets every lead, accepted or not, as Saleslink does."""
        return self.vendor == "saleslink"


def _mail(name: str, firm: str) -> str:
    return f"{name}@{firm}.example"


_BASE = (
    ChannelPartner(
        "P011", "Kestrel Networks", "gold", ("DE", "AT", "CH", "PL"), field_updates="all", owner=OWNER_ID,
        vendor="salesforce", tenant="p011", opportunities="originating", dealer="4011",
        email=_mail("katrin.stein", "kestrelnetworks"),
    ),
    ChannelPartner(
        "P012", "Lumen Partenaires", "silver", ("FR", "BE", "CH"), record_as="contact",
        vendor="dynamics", tenant="d001", opportunities="contact_match", dealer="4012",
        email=_mail("claire.morel", "lumenpartenaires"),
    ),
    ChannelPartner(
        "P013", "Mersey Computing", "gold", ("GB", "IE", "US"), field_updates="supplier",
        vendor="dynamics", tenant="d002", opportunities="originating", dealer="4013",
        email=_mail("harriet.boyle", "merseycomputing"),
    ),
    ChannelPartner(
        "P014", "Nordlicht Systeme", "silver", ("DE", "NO", "SE", "DK", "FI"),
        ("Storage", "Cloud", "Wireless"), notes=True,
        vendor="dynamics", tenant="d003", dealer="4014", email=_mail("malte.brandt", "nordlichtsysteme"),
    ),
    ChannelPartner(
        "P015", "Orchard Equipment", "bronze", ("US", "CA", "AU", "NZ"),
        vendor="saleslink", tenant="k001", opportunities="originating", dealer="4015",
        email=_mail("dana.whitfield", "orchardequipment"),
    ),
    ChannelPartner(
        "P016", "Plaza Maquinaria", "bronze", ("ES", "PT", "IT"), auto_accept=False,
        vendor="saleslink", tenant="k002", opportunities="contact_match", dealer="4016",
        email=_mail("elena.vidal", "plazamaquinaria"),
    ),
    ChannelPartner(
        "P017", "Quill Data", "bronze", ("DE", "AT", "NL"), auto_accept=False, dealer="4017",
        email=_mail("joost.bakker", "quilldata"),
    ),
)  # fmt: skip

# What a supplier has agreed with a partner otherwise than the others have.
_OTHERWISE: dict[str, dict[str, dict[str, object]]] = {
    HOOLI: {
        "P014": {"weight": 2},
        "P017": {"countries": ("DE", "AT")},
    },
    INITECH: {
        "P011": {"countries": ("DE", "AT", "PL"), "weight": 2},
        "P013": {"tier": "silver"},
        "P016": {"countries": ("ES", "PT")},
    },
    UMBRELLA: {
        "P012": {"tier": "gold"},
        "P014": {"countries": ("DE", "NO", "SE", "DK", "FI", "AT")},
        "P016": {"countries": ("ES", "IT")},
    },
}


def partners_of(supplier: str) -> tuple[ChannelPartner, ...]:
    """Return the partners as this supplier knows them, in the order of their ids."""
    otherwise = _OTHERWISE[supplier]
    return tuple(replace(one, **otherwise.get(one.id, {})) for one in _BASE)  # type: ignore[arg-type]


TENANTS = {one.tenant: one.vendor for one in _BASE if one.tenant}
"""Tenant -> vendor of every CRM of theirs."""

STATUS_WORDS = {
    "sf-p002": {"Parked": "nurture"},
    "sf-p007": {"Parked": "nurture"},
    "sf-p011": {"Parked": "nurture"},
    "dyn-d001": {"Parked": "nurture"},
    "dyn-d002": {"Parked": "nurture", "Waiting for budget": "nurture"},
}
"""CRM account -> its own words for a lead's status, and which of ours they are."""
