"""Microsoft Dynamics 365 Sales on Dataverse: an application per environment, and its own authority."""
