"""Why a lead went where it went, in one word each; the hub stores them (at most 40 characters)."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The end of a routing. The first seven assign, the others leave the lead for manual review."""

    PREASSIGNED = "preassigned"  # the lead named an active partner
    RULES = "rules"  # the rules left one partner
    ONLY_PARTNER = "only_partner"  # no rules, and one active partner
    ROUND_ROBIN = "round_robin"  # several were left and the rotation chose
    DEFAULT_PARTNER = "default_partner"  # not routed, so the module's default partner has it
    MANUAL = "manual"  # a person assigned it
    REQUIRED_NO_VALUE = "required_no_value"  # a required rule found no lead value
    REQUIRED_NO_MATCH = "required_no_match"  # a required rule left nobody
    NO_RULE_APPLIED = "no_rule_applied"  # rules exist, and all were skipped
    SEVERAL_CANDIDATES = "several_candidates"  # round robin is off
    NONE_AVAILABLE = "none_available"  # all that were left are absent or at their cap
    NO_ACTIVE_PARTNER = "no_active_partner"
    NO_PARTNER_LEFT = "no_partner_left"  # everybody who could have it had it before
    SOURCE_DELETED = "source_deleted"  # the source took it back before it was routed


class Outcome(StrEnum):
    """What one rule did to the candidates."""

    APPLIED = "applied"
    SKIPPED_NO_VALUE = "skipped_no_value"  # optional: candidates stay as they were
    SKIPPED_NO_MATCH = "skipped_no_match"
    STOPPED_NO_VALUE = "stopped_no_value"  # required: manual review
    STOPPED_NO_MATCH = "stopped_no_match"
