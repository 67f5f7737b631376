"""The cascades of a hub, in configuration files and back."""

from typing import Final

from etherloom.model.cascade import AccountAuthentication, Cascade, CascadeSecret, ProxyType
from etherloom.model.policy import DEFAULT_POLICY
from etherloom.services.takeover.draft import Draft
from etherloom.services.takeover.policy import read_policy, write_policy
from etherloom.services.takeover.section import Section
from etherloom.state import keys

_PORT: Final = 65_535
_DEVICE: Final = "_SEHUBLINKCLI_"
_RETRY_SECONDS: Final = 10
_FOREVER: Final = 0xFFFF_FFFF
_HASH_BYTES: Final = 20
_UNCHANGEABLE: Final = (
    "DeviceName",
    "NumRetry",
    "RetryInterval",
    "NoRoutingTracking",
    "RequireBridgeRoutingMode",
    "RequireMonitorMode",
)


def read_cascades(hub: str, cascades: Section) -> None:
    for section in cascades.sections():
        option, proof = section.section("ClientOption"), section.section("ClientAuth")
        name = option.text("AccountName")
        section.label = name
        if not name:
            section.fault("the cascade's name is missing", "ClientOption/AccountName")
            continue
        cascades.journal.put(section, keys.cascade_key(hub, name), _read_cascade(name, section))
        secret = CascadeSecret(
            hashed_password=proof.data("HashedPassword"),
            plain_password=proof.password("EncryptedPassword"),
            private_key=proof.data("ClientKey"),
            proxy_password=option.password("ProxyPassword"),
        )
        if secret != CascadeSecret():
            cascades.journal.put(proof, keys.cascade_secret_key(hub, name), secret)


def _read_cascade(name: str, section: Section) -> Cascade:
    option, proof = section.section("ClientOption"), section.section("ClientAuth")
    option.skip(*_UNCHANGEABLE)
    return Cascade(
        name=name,
        host=option.text("Hostname"),
        port=option.uint("Port", 443, 0, _PORT),
        remote_hub=option.text("HubName"),
        online=section.flag("Online"),
        udp_port=option.uint("PortUDP", 0, 0, _PORT),
        proxy_type=ProxyType(option.uint("ProxyType", 0, 0, max(ProxyType))),
        proxy_host=option.text("ProxyName"),
        proxy_port=option.uint("ProxyPort", 0, 0, _PORT),
        proxy_user=option.text("ProxyUsername"),
        http_headers=option.text("CustomHttpHeader"),
        connections=option.clamped("MaxConnection", 8, 1, 32),
        connection_interval=option.uint("AdditionalConnectionInterval", 1),
        connection_lifetime=option.uint("ConnectionDisconnectSpan"),
        encrypt=option.flag("UseEncrypt", True),
        compress=option.flag("UseCompress"),
        half_duplex=option.flag("HalfConnection"),
        no_qos=option.flag("DisableQoS"),
        no_udp_acceleration=option.flag("NoUdpAcceleration"),
        hide_status=option.flag("HideStatusWindow"),
        hide_nic_info=option.flag("HideNicInfoWindow"),
        from_admin_pack=option.flag("FromAdminPack"),
        bind_address=option.text("BindLocalIP"),
        bind_port=option.uint("BindLocalPort", 0, 0, _PORT),
        host_key=option.data("HostUniqueKey"),
        authentication=AccountAuthentication(proof.uint("AuthType", 0, 0, max(AccountAuthentication))),
        user=proof.text("Username"),
        certificate=proof.data("ClientCert"),
        card_certificate=proof.text("SecurePublicCertName"),
        card_key=proof.text("SecurePrivateKeyName"),
        engine=proof.text("OpensslEngineName"),
        engine_key=proof.text("OpensslEnginePrivateKeyName"),
        check_server_certificate=section.flag("CheckServerCert"),
        trust_system_authorities=section.flag("AddDefaultCA"),
        server_certificate=section.data("ServerCert"),
        policy=read_policy(section) or DEFAULT_POLICY,
    )


def write_cascade(cascades: Draft, number: int, cascade: Cascade, secret: CascadeSecret) -> None:
    draft = cascades.block(f"Cascade{number}", cascade.name)
    draft.flag("Online", cascade.online)
    draft.flag("CheckServerCert", cascade.check_server_certificate)
    if cascade.trust_system_authorities:
        draft.flag("AddDefaultCA", value=True)
    if cascade.server_certificate:
        draft.data("ServerCert", cascade.server_certificate)
    _write_option(draft.block("ClientOption"), cascade, secret)
    _write_proof(draft.block("ClientAuth"), cascade, secret)
    write_policy(draft, cascade.policy, of_cascade=True)


def _write_option(draft: Draft, cascade: Cascade, secret: CascadeSecret) -> None:
    draft.text("AccountName", cascade.name)
    draft.text("Hostname", cascade.host)
    draft.uint("Port", cascade.port)
    draft.uint("PortUDP", cascade.udp_port)
    draft.text("HubName", cascade.remote_hub)
    draft.uint("ProxyType", cascade.proxy_type)
    draft.text("ProxyName", cascade.proxy_host)
    draft.uint("ProxyPort", cascade.proxy_port)
    draft.text("ProxyUsername", cascade.proxy_user)
    draft.password("ProxyPassword", secret.proxy_password)
    draft.text("CustomHttpHeader", cascade.http_headers)
    draft.uint("MaxConnection", cascade.connections)
    draft.uint("AdditionalConnectionInterval", cascade.connection_interval)
    draft.uint("ConnectionDisconnectSpan", cascade.connection_lifetime)
    for name, value in (
        ("UseEncrypt", cascade.encrypt),
        ("UseCompress", cascade.compress),
        ("HalfConnection", cascade.half_duplex),
        ("DisableQoS", cascade.no_qos),
        ("NoUdpAcceleration", cascade.no_udp_acceleration),
        ("HideStatusWindow", cascade.hide_status),
        ("HideNicInfoWindow", cascade.hide_nic_info),
    ):
        draft.flag(name, value)
    # The same for every cascade: it tries for ever.
    draft.text("DeviceName", _DEVICE)
    draft.uint("NumRetry", _FOREVER)
    draft.uint("RetryInterval", _RETRY_SECONDS)
    draft.flag("NoRoutingTracking", value=True)
    draft.flag("RequireBridgeRoutingMode", value=True)
    draft.flag("RequireMonitorMode", value=False)
    _write_rarer_option(draft, cascade)


def _write_rarer_option(draft: Draft, cascade: Cascade) -> None:
    if cascade.from_admin_pack:
        draft.flag("FromAdminPack", value=True)
    if cascade.bind_address:
        draft.text("BindLocalIP", cascade.bind_address)
    if cascade.bind_port:
        draft.uint("BindLocalPort", cascade.bind_port)
    if cascade.host_key:
        draft.data("HostUniqueKey", cascade.host_key)


def _write_proof(draft: Draft, cascade: Cascade, secret: CascadeSecret) -> None:
    draft.uint("AuthType", cascade.authentication)
    draft.text("Username", cascade.user)
    match cascade.authentication:
        case AccountAuthentication.ANONYMOUS:
            return
        case AccountAuthentication.PASSWORD:
            draft.data("HashedPassword", secret.hashed_password or bytes(_HASH_BYTES))
        case AccountAuthentication.PLAIN_PASSWORD:
            draft.password("EncryptedPassword", secret.plain_password)
        case AccountAuthentication.CERTIFICATE:
            draft.data("ClientCert", cascade.certificate)
            draft.data("ClientKey", secret.private_key)
        case AccountAuthentication.SMART_CARD:
            draft.text("SecurePublicCertName", cascade.card_certificate)
            draft.text("SecurePrivateKeyName", cascade.card_key)
        case AccountAuthentication.OPENSSL_ENGINE:
            draft.data("ClientCert", cascade.certificate)
            draft.text("OpensslEnginePrivateKeyName", cascade.engine_key)
            draft.text("OpensslEngineName", cascade.engine)
