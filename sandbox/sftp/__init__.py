"""The SFTP room: real SSH, several accounts, each jailed in its own folder."""
