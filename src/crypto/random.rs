//! The only source of randomness: the operating system's.

use zeroize::Zeroize as _;

/// Random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// As [`bytes`], for two values that are wanted at once: one call to the kernel draws both.
pub fn two<const A: usize, const B: usize>() -> ([u8; A], [u8; B]) {
    let mut drawn = [0; TWO_BYTES_MAX];
    const { assert!(A + B <= TWO_BYTES_MAX) };
    let used = drawn.get_mut(..A + B).unwrap_or_default();
    fill(used);
    let values = used
        .split_first_chunk()
        .and_then(|(first, rest)| Some((*first, *rest.first_chunk()?)));
    drawn.zeroize();
    values.expect("both fit what was drawn")
}

/// Bytes of what [`two`] draws at most.
const TWO_BYTES_MAX: usize = 64;

#[expect(clippy::disallowed_methods, reason = "this is crypto::random")]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a Linux kernel with getrandom(2) never fails once booted");
}

/// Random text over an alphabet of 32 characters, five bits each.
pub fn text(alphabet: &[u8; 32], length: usize) -> String {
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        let [byte] = bytes::<1>();
        let index = usize::from(byte & 31);
        text.push(char::from(alphabet.get(index).copied().unwrap_or(b'A')));
    }
    text
}
