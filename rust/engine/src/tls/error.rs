//! What can go wrong with one TLS connection, in sentences for a log line or a status.

use rustls::AlertDescription;

/// Why a TLS connection, or what it is made from, can't be used. It concerns one connection only.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate chain or its private key is unusable.
    #[error("the server certificate and its private key can't be used: {0}")]
    Identity(String),
    /// No cipher of ours has this name.
    #[error("{0:?} is no cipher: use AES-256-GCM, AES-128-GCM or CHACHA20-POLY1305")]
    UnknownCipher(String),
    /// The library refused the settings.
    #[error("TLS can't be set up: {0}")]
    Setup(#[source] rustls::Error),
    /// The two sides did not agree, or the peer broke the rules.
    #[error("TLS with the peer failed: {0}")]
    Protocol(#[source] rustls::Error),
    /// The bytes at the start of the buffer are no TLS record.
    #[error("what the peer sent is not TLS")]
    NotTls,
    /// A record's header announces more than TLS allows.
    #[error("the peer announced a TLS record of {0} bytes, which is longer than TLS allows")]
    RecordTooLong(usize),
    /// The peer ended the connection with a fatal alert.
    #[error("the peer ended TLS with the alert {0:?}")]
    Alert(AlertDescription),
    /// A record failed its authentication.
    #[error("a TLS record was forged, damaged, repeated or out of order")]
    BadRecord,
    /// A handshake message came in more pieces than anybody needs.
    #[error("the peer sent a handshake message in too many pieces")]
    TooManyPieces,
    /// Plaintext can be sealed only once the handshake is through.
    #[error("nothing can be sealed before the TLS handshake is through")]
    NotEstablished,
    /// We sent `close_notify`; nothing may follow it.
    #[error("nothing can be sealed after TLS was closed")]
    Closed,
    /// The keys of a TLS 1.2 connection have protected as many records as is safe.
    #[error("this TLS connection has used up its keys: replace it by a new one")]
    Exhausted,
    /// An earlier error ended this connection.
    #[error("this TLS connection has failed before")]
    Failed,
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::DecryptError => TlsError::BadRecord,
            rustls::Error::AlertReceived(alert) => TlsError::Alert(alert),
            error => TlsError::Protocol(error),
        }
    }
}
