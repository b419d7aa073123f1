//! The STS door: temporary credentials, in the Query API that every SDK's credential providers
//! speak. It stands at `/` of the S3 listener; no S3 request looks like one of its.
//!
//! A request's way is that of the S3 door: parameters → caller → operation → one audit entry →
//! answer. What a session may do and how long it lasts is never more than what asked for it may and
//! lasts.
//!
//! Source: AWS STS API Reference, version 2011-06-15.

pub mod door;
pub mod request;
pub mod well_known;

mod assume_role;
mod assume_role_with_web_identity;
mod error;
mod get_caller_identity;
mod get_session_token;
mod parameters;
mod role_arn;
mod session;
