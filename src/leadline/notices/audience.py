"""Whose trouble a failure is: the supplier's, or that of the platform that all suppliers share.

A supplier's contacts can mend its mapping, its files, its system and the connection to it. The hub, the
staging area, a worker that was killed and a fault of Leadline's own are not theirs to mend, or to know of.
"""

from __future__ import annotations

SUPPLIERS_CAUSES = frozenset(
    {
        "ConfigurationError",
        "MappingError",
        "FormRefused",
        "UnreadableFile",
        "VendorUnavailable",
        "BudgetExhausted",
        "LeaseHeld",
        "CredentialsRefused",
        "SchemaDrift",
        "ThresholdExceeded",
        "BooksDoNotBalance",
        "ChecksFailed",
        "LeftUnfinished",
        "NotAllowed",
    }
)
"""What a supplier's contacts are told of; all other errors, those of Python too, are the platform's."""

_ONE_PLACE = frozenset({"HubUnavailable", "StagingUnavailable"})
_OF_ONE_RUN = frozenset({"StagingDamaged", "RawDataGone", "UnknownRun", "UnknownSupplier"})
ANYWHERE = "*"


def is_platforms(cause: str) -> bool:
    """Return whether the platform's contacts are told of a cause, and not the supplier's."""
    return cause not in SUPPLIERS_CAUSES


def place_of(supplier: str, step: str, task: str, cause: str) -> str:
    """Return where trouble of the platform is: failures of one cause at one place are told once.

    Hub and staging area are the same for all; a fault of Leadline's own is at one step of every supplier;
    damage is at what one supplier's task works on.

    >>> place_of("acme", "push", "push:sf-p001", "HubUnavailable")
    '*'
    >>> place_of("acme", "push", "push:sf-p001", "KeyError")
    'push'
    >>> place_of("acme", "push", "push:sf-p001", "StagingDamaged")
    'acme/push:sf-p001'
    """
    if cause in _ONE_PLACE:
        return ANYWHERE
    return f"{supplier}/{task}"[:120] if cause in _OF_ONE_RUN else step


def is_at(place: str, supplier: str, task: str) -> bool:
    """Return whether a supplier's task is at this place."""
    whole = f"{supplier}/{task}"[:120]
    return place in (ANYWHERE, task, whole) or task.startswith(f"{place}:")
