//! The only source of randomness: the operating system's.

/// Random bytes.
#[expect(clippy::disallowed_methods, reason = "this is crypto::random")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a Linux kernel with getrandom(2) never fails once booted");
    bytes
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
