"""The ten partners as both suppliers know them: what they take, and what may be done in their orgs."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.orgs import OWNER_ID

_ALL = ("Routers", "Switches", "Firewalls", "Wireless", "Storage", "Cloud")


@dataclass(frozen=True)
class SeedPartner:
    """One partner.

    Attributes:
        postal_codes: Ranges of five digits, first and last included; only German leads are asked for them.
        field_updates: What may change on a record that is there already: none, supplier or all.
        notes: Whether fields without a place of their own go into a completed task.
        owner: Who is to own new records; None: whoever writes them.
        opportunities: What it shares: none, originating or contact_match.
    """

    id: str
    name: str
    tier: str
    countries: tuple[str, ...]
    products: tuple[str, ...] = _ALL
    postal_codes: tuple[tuple[str, str], ...] = ()
    auto_accept: bool = True
    record_as: str = "lead"
    weight: int = 1
    field_updates: str = "none"
    notes: bool = False
    owner: str | None = None
    opportunities: str = "none"

    @property
    def org(self) -> str:
        """Return the name of the partner's org."""
        return self.id.lower()


PARTNERS = (
    SeedPartner(
        "P001", "Alpine Networks", "gold", ("DE", "AT", "CH"), ("Routers", "Switches", "Firewalls"),
        (("80000", "89999"),), owner=OWNER_ID, opportunities="originating",
    ),
    SeedPartner(
        "P002", "Baltic IT", "silver", ("DE", "PL"), ("Storage", "Cloud", "Wireless"),
        (("10000", "19999"), ("20000", "29999")),
    ),
    SeedPartner(
        "P003", "Channel Partners UK", "gold", ("GB", "IE"), record_as="contact",
        opportunities="contact_match",
    ),
    SeedPartner("P004", "Dupont Reseaux", "silver", ("FR", "BE", "CH"), notes=True),
    SeedPartner("P005", "Estrella Sistemas", "bronze", ("ES", "PT"), auto_accept=False),
    SeedPartner(
        "P006", "Fjord Systems", "gold", ("NO", "SE", "DK", "FI"), field_updates="supplier", owner=OWNER_ID,
        opportunities="originating",
    ),
    SeedPartner(
        "P007", "Grand River Technology", "gold", ("US", "CA"), field_updates="all",
        opportunities="originating",
    ),
    SeedPartner("P008", "Harbor Solutions", "silver", ("US",), ("Cloud", "Storage")),
    SeedPartner(
        "P009", "Isar Data", "bronze", ("DE", "AT"),
        postal_codes=(("80000", "89999"), ("90000", "99999")), weight=2,
    ),
    SeedPartner(
        "P010", "Juniper Hill Consulting", "silver", ("US", "GB", "AU", "NZ"), record_as="contact",
        opportunities="contact_match",
    ),
)  # fmt: skip
