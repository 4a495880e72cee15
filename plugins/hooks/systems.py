"""From what a mapping or an account names to a connected adapter: the only place that knows all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import TypeVar

from leadline.errors import ConfigurationError
from leadline.mapping.model import SupplierMapping
from leadline.partners import CrmAccount
from leadline.ports import PartnerCrm, SupplierSystem

System = TypeVar("System")


@contextmanager
def _sftp(connection: str, mapping: SupplierMapping) -> Iterator[SupplierSystem]:
    from hooks.sftp.hook import sftp_channel
    from hooks.sftp.supplier import SftpSupplier
    from leadline.mapping.source import SftpSource

    if not isinstance(mapping.source, SftpSource):
        raise ConfigurationError(f"{mapping.supplier}: {mapping.source.system} is not sftp")
    source = mapping.source
    decrypt = None
    if source.pgp is not None:
        from hooks.sftp.pgp import PgpOpener

        decrypt = PgpOpener(source.pgp, source.max_bytes)
    with sftp_channel(connection) as channel:
        yield SftpSupplier(channel, source, write_back=mapping.write_back, decrypt=decrypt)


@contextmanager
def _salesforce(connection: str, mapping: SupplierMapping) -> Iterator[SupplierSystem]:
    from hooks.salesforce.hook import SalesforceHook
    from hooks.salesforce.supplier import SalesforceSupplier

    with closing(SalesforceHook(connection).get_client()) as client:
        yield SalesforceSupplier(client, mapping)


@contextmanager
def _eloqua(connection: str, mapping: SupplierMapping) -> Iterator[SupplierSystem]:
    from hooks.eloqua.hook import EloquaHook
    from hooks.eloqua.supplier import EloquaSupplier

    with closing(EloquaHook(connection).get_client()) as client:
        yield EloquaSupplier(client, mapping)


@contextmanager
def _marketo(connection: str, mapping: SupplierMapping) -> Iterator[SupplierSystem]:
    from hooks.marketo.hook import MarketoHook
    from hooks.marketo.supplier import MarketoSupplier
    from leadline.mapping.source import MarketoSource

    if not isinstance(mapping.source, MarketoSource):
        raise ConfigurationError(f"{mapping.supplier}: {mapping.source.system} is not marketo")
    with closing(MarketoHook(connection).get_client(mapping.source.daily_call_budget)) as client:
        yield MarketoSupplier(client, mapping)


@contextmanager
def _salesforce_crm(account: CrmAccount, mapping: SupplierMapping) -> Iterator[PartnerCrm]:
    from hooks.salesforce.crm import SalesforceCrm
    from hooks.salesforce.hook import SalesforceHook

    with closing(SalesforceHook(account.connection).get_client()) as client:
        external_id = account.external_id_field or mapping.crm.salesforce.external_id
        yield SalesforceCrm(client, external_id)


@contextmanager
def _saleslink_crm(account: CrmAccount, mapping: SupplierMapping) -> Iterator[PartnerCrm]:
    from hooks.saleslink.crm import SaleslinkCrm
    from hooks.saleslink.hook import SaleslinkHook
    from hooks.saleslink.states import Guard

    hook = SaleslinkHook(account.connection)
    chosen = mapping.crm.saleslink
    custom = [*chosen.lead.values(), *chosen.contact.values(), *chosen.campaign.values()]
    with closing(hook.get_client()) as client:
        yield SaleslinkCrm(client, custom, Guard(*hook.gone_limits))


@contextmanager
def _dynamics_crm(account: CrmAccount, mapping: SupplierMapping) -> Iterator[PartnerCrm]:
    from hooks.dynamics.crm import DynamicsCrm
    from hooks.dynamics.hook import DynamicsHook

    hook = DynamicsHook(account.connection)
    with closing(hook.get_client()) as client:
        external_id = account.external_id_field or mapping.crm.dynamics.external_id
        yield DynamicsCrm(client, external_id, hook.get_options())


SUPPLIER_SYSTEMS: dict[str, Callable[[str, SupplierMapping], AbstractContextManager[SupplierSystem]]] = {
    "sftp": _sftp,
    "salesforce": _salesforce,
    "marketo": _marketo,
    "eloqua": _eloqua,
}
PARTNER_CRMS: dict[str, Callable[[CrmAccount, SupplierMapping], AbstractContextManager[PartnerCrm]]] = {
    "salesforce": _salesforce_crm,
    "dynamics": _dynamics_crm,
    "saleslink": _saleslink_crm,
}


@contextmanager
def _connected(opened: AbstractContextManager[System], whose: str) -> Iterator[System]:
    """Say whose connection it is that Airflow does not have; trying again does not bring it."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        with opened as system:
            yield system
    except AirflowNotFoundException as error:
        raise ConfigurationError(f"{whose}: {error} in Airflow") from error


def supplier_system(
    mapping: SupplierMapping, target: str | None = None
) -> AbstractContextManager[SupplierSystem]:
    """Return the supplier's system at a target (default: the mapping's), connected inside the block.

    Raises:
        ConfigurationError: No hook knows this system, the mapping names no connection for the target, or, in
            the block, Airflow does not have the connection.
    """
    target = target or mapping.target
    open_system = SUPPLIER_SYSTEMS.get(mapping.source.system)
    if open_system is None:
        raise ConfigurationError(
            f"{mapping.supplier}: source.system '{mapping.source.system}' has no hook; "
            f"supported are {', '.join(sorted(SUPPLIER_SYSTEMS))}"
        )
    chosen = {str(name): value for name, value in mapping.targets.items()}.get(target)
    if chosen is None:
        raise ConfigurationError(
            f"{mapping.supplier}: there is no target '{target}'; "
            f"targets are {', '.join(sorted(mapping.targets))}"
        )
    return _connected(open_system(chosen.connection, mapping), mapping.key(target))


def partner_crm(account: CrmAccount, mapping: SupplierMapping) -> AbstractContextManager[PartnerCrm]:
    """Return a partner's CRM, connected inside the block.

    Raises:
        ConfigurationError: No hook knows this type of CRM, or, in the block, Airflow does not have the
            connection.
    """
    open_crm = PARTNER_CRMS.get(account.type)
    if open_crm is None:
        raise ConfigurationError(
            f"account '{account.id}': type '{account.type}' has no hook; "
            f"supported are {', '.join(sorted(PARTNER_CRMS))}"
        )
    return _connected(open_crm(account, mapping), f"account '{account.id}'")
