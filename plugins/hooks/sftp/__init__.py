"""Files on an SFTP server as a supplier's system.

`hook` opens the channel. `supplier` is the adapter: `files` and `folders` say what lies there, `pgp` opens
what is encrypted, `outbox` writes the files of what goes back.
"""
