//! The only source of randomness: the operating system's.
//!
//! A request needs a few short values, and each call to the kernel costs as much as hashing it. So
//! a thread draws some more at once, gives each byte out once, wipes it, and throws away what it
//! has not used within a moment: a snapshot of the machine that is started twice would else give
//! the same bytes twice, long after it was taken.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use zeroize::Zeroize as _;

/// Bytes that a thread draws at once.
const DRAWN_BYTES: usize = 512;

/// How long they are good.
const FRESH: Duration = Duration::from_millis(50);

/// Random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if N > DRAWN_BYTES / 4 {
        draw(&mut bytes);
    } else {
        DRAWN.with_borrow_mut(|drawn| drawn.give(&mut bytes));
    }
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

#[expect(clippy::disallowed_methods, reason = "this is crypto::random")]
fn draw(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("a Linux kernel with getrandom(2) never fails once booted");
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const {
        RefCell::new(Drawn {
            bytes: [0; DRAWN_BYTES],
            used: DRAWN_BYTES,
            at: None,
        })
    };
}

/// What a thread has drawn and not yet given out.
struct Drawn {
    bytes: [u8; DRAWN_BYTES],
    /// Those before were given out, and are wiped.
    used: usize,
    at: Option<Instant>,
}

impl Drawn {
    fn give(&mut self, wanted: &mut [u8]) {
        let is_fresh = self.at.is_some_and(|at| at.elapsed() < FRESH);
        if !is_fresh || self.used + wanted.len() > DRAWN_BYTES {
            draw(&mut self.bytes);
            (self.used, self.at) = (0, Some(Instant::now()));
        }
        let given = self.bytes.get_mut(self.used..self.used + wanted.len());
        let given = given.expect("there are as many: it was just looked at");
        wanted.copy_from_slice(given);
        given.zeroize();
        self.used += wanted.len();
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{DRAWN, bytes};

    #[test]
    fn no_byte_is_given_twice_and_none_is_kept() {
        let given: HashSet<[u8; 24]> = (0..1_000).map(|_| bytes()).collect();
        assert_eq!(given.len(), 1_000);
        assert!(given.iter().all(|value| *value != [0; 24]));
        DRAWN.with_borrow(|drawn| {
            assert!(drawn.bytes[..drawn.used].iter().all(|byte| *byte == 0));
        });
        let large: [u8; 300] = bytes();
        assert_ne!(large, [0; 300]);
    }
}
