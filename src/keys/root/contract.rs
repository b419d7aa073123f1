//! What every provider of a root key must do. Each provider's tests run it.

use super::RootKey;
use crate::crypto::secret::SecretKey;

/// Panics with the promise that is not kept.
pub fn check(root_key: &dyn RootKey) {
    let wrapped_key = SecretKey::random();
    let wrap = || {
        root_key
            .wrap(b"here", &wrapped_key)
            .expect("a working root key wraps")
    };
    let wrapped = wrap();
    assert!(
        root_key.unwrap(b"here", &wrapped).ok().as_ref() == Some(&wrapped_key),
        "what was wrapped unwraps"
    );
    assert!(wrap() != wrapped, "no two wrappings look alike");
    let exposed = wrapped_key.expose().as_slice();
    assert!(
        !wrapped.windows(exposed.len()).any(|w| w == exposed),
        "a wrapped key does not show"
    );
    for elsewhere in [&b"there"[..], b"", b"here "] {
        assert!(
            root_key.unwrap(elsewhere, &wrapped).is_err(),
            "a wrapped key unwraps in its own place only"
        );
    }
    for at in 0..wrapped.len() {
        let mut damaged = wrapped.clone();
        if let Some(byte) = damaged.get_mut(at) {
            *byte ^= 1;
        }
        assert!(
            root_key.unwrap(b"here", &damaged).is_err(),
            "a damaged wrapping is refused"
        );
        damaged.truncate(at);
        assert!(
            root_key.unwrap(b"here", &damaged).is_err(),
            "a cut wrapping is refused"
        );
    }
    assert!(
        !root_key.describe().is_empty(),
        "a root key says where it is"
    );
}
