//! What connections are made from: the server's identity and the client's settings.
//!
//! A client accepts any certificate chain here: whether it is the right one is decided above, from
//! `TlsFacts`, before a byte is sent. Only the proof that the peer holds the key is checked.

use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{
    ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme, SupportedProtocolVersion,
};

use super::certificate;
use super::error::TlsError;
use super::order::{TlsRules, provider, provider_of};

/// Which key, certificates and rules a server's connections use. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Identity(pub(super) Arc<ServerConfig>);

impl Identity {
    /// With all ciphers, the fastest first, in TLS 1.3 and 1.2 (see [`Identity::with_rules`]).
    pub fn new(chain: Vec<Vec<u8>>, private_key: &[u8]) -> Result<Identity, TlsError> {
        Self::with_rules(chain, private_key, &TlsRules::default())
    }

    /// From DER certificates, the server's own first, and its private key (PKCS#8, PKCS#1 or SEC1 DER).
    ///
    /// The certificates may be of any shape; the key must be the first one's if that can be told.
    pub fn with_rules(
        chain: Vec<Vec<u8>>,
        private_key: &[u8],
        rules: &TlsRules,
    ) -> Result<Identity, TlsError> {
        let provider = if rules.ciphers.is_empty() {
            provider()
        } else {
            provider_of(&rules.ciphers)
        };
        let key = load_key(&provider, private_key)?;
        let leaf = chain
            .first()
            .ok_or_else(|| unusable("there is no certificate"))?;
        if keys_differ(leaf, &*key) {
            return Err(unusable("the key doesn't belong to the first certificate"));
        }
        let versions: &[_] = if rules.tls13_only {
            &[&TLS13]
        } else {
            rustls::ALL_VERSIONS
        };
        Self::with_provider(provider, versions, chain, key)
    }

    pub(super) fn with_provider(
        provider: Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
        chain: Vec<Vec<u8>>,
        key: Arc<dyn SigningKey>,
    ) -> Result<Identity, TlsError> {
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.ignore_client_order = true;
        // In raw mode the TLS session is left silently: no ticket may be under way then.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Identity(Arc::new(config)))
    }

    /// The rules for one connection, and where the name its client asks for will be found.
    ///
    /// rustls tells the name only to the resolver, so each connection has one of its own.
    pub(super) fn config_for_one(&self) -> (Arc<ServerConfig>, Arc<OnceLock<String>>) {
        let server_name = Arc::new(OnceLock::new());
        let mut config = ServerConfig::clone(&self.0);
        config.cert_resolver = Arc::new(NameKeeper {
            resolver: config.cert_resolver,
            server_name: server_name.clone(),
        });
        (Arc::new(config), server_name)
    }
}

/// Keeps the server name that the client indicates.
#[derive(Debug)]
struct NameKeeper {
    resolver: Arc<dyn ResolvesServerCert>,
    server_name: Arc<OnceLock<String>>,
}

impl ResolvesServerCert for NameKeeper {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(name) = hello.server_name() {
            self.server_name.get_or_init(|| name.to_owned());
        }
        self.resolver.resolve(hello)
    }
}

/// The rules all of a client's connections share. Cheap to clone, dear to make.
#[derive(Clone, Debug)]
pub struct ClientSettings(pub(super) Arc<ClientConfig>);

impl ClientSettings {
    /// Any chain accepted, no resumption, no ALPN.
    pub fn new() -> Result<ClientSettings, TlsError> {
        Self::with_provider(provider(), rustls::ALL_VERSIONS)
    }

    pub(super) fn with_provider(
        provider: Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<ClientSettings, TlsError> {
        let verifier = SignatureVerifier(provider.signature_verification_algorithms);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(TlsError::Setup)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(ClientSettings(Arc::new(config)))
    }
}

pub(super) fn load_key(
    provider: &CryptoProvider,
    der: &[u8],
) -> Result<Arc<dyn SigningKey>, TlsError> {
    let key = PrivateKeyDer::try_from(der).map_err(unusable)?.clone_key();
    provider
        .key_provider
        .load_private_key(key)
        .map_err(|error| TlsError::Identity(error.to_string()))
}

/// Whether the key certainly isn't the certificate's; a certificate we can't read gets the benefit.
fn keys_differ(certificate: &[u8], key: &dyn SigningKey) -> bool {
    match (certificate::public_key_info(certificate), key.public_key()) {
        (Some(certified), Some(own)) => certified != own.as_ref(),
        _ => false,
    }
}

fn unusable(why: &'static str) -> TlsError {
    TlsError::Identity(why.to_owned())
}

/// Accepts any chain, but only from who holds the first certificate's key.
#[derive(Debug)]
struct SignatureVerifier(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for SignatureVerifier {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        certificate::verify_tls12(message, certificate, signed, &self.0)?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        certificate::verify_tls13(message, certificate, signed, &self.0)?;
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
