//! What is right: operations, the map that they are compared with, and orders of events.

pub(crate) mod history;
pub(crate) mod operation;
pub(crate) mod version_model;
pub(crate) mod versioned;
pub(crate) mod world;
