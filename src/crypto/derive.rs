//! Keys from keys: HKDF-SHA256 (RFC 5869).

use std::sync::OnceLock;

use hkdf::HkdfExtract;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::secret::SecretKey;

/// The first step without a salt, before it takes a key: the same each time, and two of the dozen
/// hashes that a derivation costs.
static UNSALTED: OnceLock<HkdfExtract<Sha256>> = OnceLock::new();

/// A key for one purpose, from a key that has several.
///
/// HKDF-SHA256 without salt; `info` is the length of the label (two bytes, big endian), the label,
/// the context. Labels are constants of this house and name their use and version.
pub fn derive(source_key: &SecretKey, label: &str, context: &[u8]) -> SecretKey {
    let [derived] = derive_several(source_key, label, context);
    derived
}

/// As [`derive`], for keys that are always wanted together: the first `N` blocks of HKDF's output,
/// a key each.
pub fn derive_several<const N: usize>(
    source_key: &SecretKey,
    label: &str,
    context: &[u8],
) -> [SecretKey; N] {
    let length = u16::try_from(label.len()).expect("a label is a short constant");
    let mut blocks = Zeroizing::new([[0; 32]; N]);
    let mut extract = UNSALTED
        .get_or_init(|| HkdfExtract::<Sha256>::new(None))
        .clone();
    extract.input_ikm(source_key.expose());
    let (_, hkdf) = extract.finalize();
    hkdf.expand_multi_info(
        &[&length.to_be_bytes(), label.as_bytes(), context],
        blocks.as_flattened_mut(),
    )
    .expect("a few keys are far below the 255 blocks of HKDF's output");
    blocks.map(SecretKey::new)
}

#[cfg(test)]
mod tests {
    use super::{derive, derive_several};
    use crate::crypto::digest::hmac_sha256;
    use crate::crypto::secret::SecretKey;

    #[test]
    fn is_hkdf_of_length_label_and_context() {
        let source_key = SecretKey::new([7; 32]);
        let extracted = hmac_sha256(&[0; 32], source_key.expose());
        let expected = hmac_sha256(&extracted, b"\x00\x05labelcontext\x01");
        let derived = derive(&source_key, "label", b"context");
        assert_eq!(*derived.expose(), expected);
        let [first, second] = derive_several(&source_key, "label", b"context");
        assert!(first == derived);
        let next = [&expected, b"\x00\x05labelcontext\x02".as_slice()].concat();
        assert_eq!(*second.expose(), hmac_sha256(&extracted, &next));
        // The border between label and context counts.
        assert!(derived != derive(&source_key, "labelc", b"ontext"));
    }
}
