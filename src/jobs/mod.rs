//! Jobs: work without a caller.
//!
//! Owns: when the sweep and lifecycle run, how much of it at a time, and what lifecycle rules
//! mean; that data keys are wrapped anew after a rotation; when the keys of issuers are fetched,
//! and from where; how events are told to webhooks, and where those may be; the deliveries of
//! access logs; inventory reports; that agencies hear what others decided of grants; when
//! agencies that nobody asks for are closed; what is recorded of connections without a request.
//! May touch: `access`, `auth`, `store`, `config`, `telemetry`, `types`. Never: requests; a job
//! acts through the steps that `store` and `auth` offer it, and asks `access` for permission to
//! deliver what an owner configured, in the owner's name.
//! Keeps: law 10 (every step is bounded) and, through `store`, that nothing referred to is removed;
//! only hosts of the settings are asked for anything.
//! Start at `rounds.rs`, then `sweep.rs`.

pub mod access_log;
pub mod delivery;
pub mod fetch;
pub mod grants;
pub mod idle;
pub mod inventory;
pub mod issuer_keys;
pub mod lifecycle;
pub mod rewrap;
mod rounds;
pub mod sweep;
pub mod unheard;
pub mod webhooks;
