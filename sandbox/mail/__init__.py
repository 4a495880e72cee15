"""The mail room: an SMTP server that keeps what it accepts in a mailbox one can read as JSON."""
