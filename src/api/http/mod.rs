//! What the doors share: the head, the raw target, the body, XML.

pub mod anonymous;
pub mod body;
pub mod flow;
pub mod form;
pub mod forwarded;
pub mod head;
pub mod headers;
pub mod house;
pub mod identify;
pub mod signing_keys;
pub mod target;
pub mod xml;
