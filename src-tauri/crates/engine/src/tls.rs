//! TLS for requests and databases: rustls, over the certificates that the machine trusts.
//!
//! Those are read at the first handshake that asks for them, which takes
//! milliseconds, and not before.

use std::sync::{Arc, LazyLock, OnceLock};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;

/// Whose certificates are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those that the machine trusts, for the host's name.
    Machine,
    /// Anyone's: the connection is encrypted, but with whoever answers.
    Anyone,
}

static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));

/// The machine's certificates, once they were asked for; an error where there are none.
static MACHINE: OnceLock<Result<Verifier, Error>> = OnceLock::new();

/// Settings for a client's connections. It reads nothing yet.
pub(crate) fn settings(trust: Trust) -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Certificates(trust)))
        .with_no_client_auth())
}

/// Decides on a server's certificate. That its holder is the one who answers is
/// checked whomever one trusts.
#[derive(Debug)]
struct Certificates(Trust);

impl ServerCertVerifier for Certificates {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0 {
            Trust::Anyone => Ok(ServerCertVerified::assertion()),
            Trust::Machine => MACHINE
                .get_or_init(|| Verifier::new(Arc::clone(&PROVIDER)))
                .as_ref()
                .map_err(Error::clone)?
                .verify_server_cert(certificate, intermediates, name, ocsp, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &PROVIDER.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        PROVIDER
            .signature_verification_algorithms
            .supported_schemes()
    }
}
