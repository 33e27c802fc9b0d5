//! TLS for requests and databases: rustls over the certificates that the machine trusts.
//!
//! Made when first asked for: reading the machine's certificates costs milliseconds.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use rustls_platform_verifier::Verifier;

/// How TLS is spoken.
pub(crate) struct Tls {
    /// What connections use.
    pub(crate) settings: ClientConfig,
    /// Why no certificate can be trusted, if that is so: every connection then fails.
    pub(crate) untrusting: Option<String>,
}

static TLS: LazyLock<Result<Tls, rustls::Error>> = LazyLock::new(read);

/// The process's TLS settings; an error if the library has none that work together.
pub(crate) fn tls() -> Result<&'static Tls, &'static rustls::Error> {
    TLS.as_ref()
}

fn read() -> Result<Tls, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    match Verifier::new(Arc::clone(&provider)) {
        Ok(verifier) => {
            let settings = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth();
            Ok(Tls {
                settings,
                untrusting: None,
            })
        }
        Err(reason) => untrusting(provider, reason.to_string()),
    }
}

/// Settings of a machine without certificates: what needs no TLS still works.
fn untrusting(provider: Arc<CryptoProvider>, reason: String) -> Result<Tls, rustls::Error> {
    let settings = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Ok(Tls {
        settings,
        untrusting: Some(reason),
    })
}
