//! What is right: operations, the map that they are compared with, and orders of events.

pub(crate) mod history;
pub(crate) mod operation;
pub(crate) mod world;
