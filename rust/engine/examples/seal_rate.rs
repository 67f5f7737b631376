//! Prints how many GB/s one core seals and opens through the TLS interface.

use etherloom_engine::tls::{Identity, TlsError, open_rate, seal_rate};

const CERTIFICATE: &[u8] = include_bytes!("../src/tls/vectors/p256.der");
const KEY: &[u8] = include_bytes!("../src/tls/vectors/p256.key.der");
const MILLISECONDS: u64 = 1_000;

fn main() -> Result<(), TlsError> {
    let identity = Identity::new(vec![CERTIFICATE.to_vec()], KEY)?;
    println!("AES-256-GCM, TLS 1.3, one core, GB/s of plaintext");
    for record_bytes in [16_384, 1_536] {
        let seal = seal_rate(&identity, record_bytes, MILLISECONDS)? / 1e9;
        let open = open_rate(&identity, record_bytes, MILLISECONDS)? / 1e9;
        println!("records of {record_bytes:>6} bytes: seal {seal:5.2}  open {open:5.2}");
    }
    Ok(())
}
