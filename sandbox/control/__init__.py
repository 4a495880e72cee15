"""The control of the sandbox: what tests and people see of its rooms, and change in them."""
