"""Seed data: what two suppliers have in their systems and ten partners in theirs, and what must come of it.

Everything is made from one number, so every seeding gives the same records. The expected outcomes are
worked out here with plain loops, from the generator's own knowledge of what it wrote; nothing is read back.
"""
