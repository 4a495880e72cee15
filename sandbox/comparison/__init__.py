"""What stands in the rooms, compared with what the manifest says must stand there.

Every part yields its differences in words, one line each. The records come from the sandbox's own state, not
through the vendors' APIs.
"""
