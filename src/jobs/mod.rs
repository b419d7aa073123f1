//! Jobs: work without a caller.
//!
//! Owns: when the sweep runs, and how much of it at a time.
//! May touch: `store`, `config`, `telemetry`, `types`. Never: HTTP, permits; a job acts through the
//! steps that `store` offers it and nothing else.
//! Keeps: law 10 (every step is bounded) and, through `store`, that nothing referred to is removed.
//! Start at `sweep.rs`.

pub mod sweep;
