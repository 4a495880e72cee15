"""What preflight says in the same words whatever the system."""

from __future__ import annotations

from leadline.errors import BudgetExhausted, CredentialsRefused, LeadlineError


def sign_in_code(error: LeadlineError) -> str:
    """Return the code of a finding about a sign-in that failed: `credentials`, `budget` or `connection`."""
    if isinstance(error, CredentialsRefused):
        return "credentials"
    return "budget" if isinstance(error, BudgetExhausted) else "connection"
