//! Policy documents in requests of the admin API.

use serde_json::Map;
use serde_json::Value;

use crate::access::policy::Kind;
use crate::access::policy::Policy;

use super::error::AdminError;

/// The text of a policy for principals; refused with its reason if it is none.
pub(super) fn checked(document: Map<String, Value>) -> Result<String, AdminError> {
    let text = Value::Object(document).to_string();
    Policy::parse(&text, Kind::Identity).map_err(|error| {
        AdminError::new(400, "malformed_policy", format!("The policy: {error}."))
    })?;
    Ok(text)
}

/// A stored policy as it is shown.
pub(super) fn shown(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
