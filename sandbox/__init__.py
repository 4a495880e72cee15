"""Imitated vendors on loopback: real servers with their own state, and nothing of ours inside."""
