"""The hub: leads, receipts, books, partners, assignments and outboxes in SQLite or PostgreSQL."""

from leadline.hub.engine import Hub, now_us, open_hub

__all__ = ["Hub", "now_us", "open_hub"]
