"""Microsoft Dynamics 365 as a partner's CRM, over the Web API of its Dataverse environment.

`hook` signs in, `client` calls, `messages` and `multipart` read, and `answers` says what an answer means;
`tables` and `values` know the environment's columns. `crm` is the adapter: `find`, `records`, `refusals` and
`tasks` write, `pulled`, `activities`, `deals` and `lists` read back.
"""
