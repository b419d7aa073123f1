//! Events as S3 writes them, and signed as Standard Webhooks has it.
//!
//! Sources: AWS S3 User Guide, "Event message structure"; Standard Webhooks 1.0, "Signature
//! scheme".

use serde_json::Value;
use serde_json::json;

use crate::crypto::digest::hmac_sha256;
use crate::store::events::EventBody;
use crate::store::events::EventRecord;
use crate::types::encoding;
use crate::types::events::TEST_EVENT;

/// What a webhook is told of an event; `None` if its body is not one that this program wrote.
pub(super) fn message(event: &EventRecord, region: &str) -> Option<Value> {
    let body: EventBody = serde_json::from_str(&event.body).ok()?;
    if body.name != TEST_EVENT {
        return Some(json!({ "Records": [record(event, region)?] }));
    }
    Some(json!({
        "Service": "Amazon S3",
        "Event": format!("s3:{TEST_EVENT}"),
        "Time": event.at.iso8601(),
        "Bucket": body.bucket,
        "RequestId": body.request_id,
        "HostId": "",
    }))
}

/// The record of an event; `None` if its body is not one that this program wrote, and for the trial
/// of a webhook, of which there is no record.
pub fn record(event: &EventRecord, region: &str) -> Option<Value> {
    let body: EventBody = serde_json::from_str(&event.body).ok()?;
    if body.name == TEST_EVENT {
        return None;
    }
    let key = encoding::percent_path(body.object_key.as_bytes()).replace("%20", "+");
    let mut object = json!({
        "key": key,
        // Grows with each event of an agency, and always has as many digits.
        "sequencer": format!("{:016X}", event.sequence),
    });
    if let Some(members) = object.as_object_mut() {
        if let Some(size) = body.size_bytes {
            members.insert("size".to_owned(), size.into());
        }
        if let Some(etag) = body.etag {
            members.insert("eTag".to_owned(), etag.into());
        }
        if let Some(version_id) = body.version_id {
            members.insert("versionId".to_owned(), version_id.into());
        }
    }
    Some(json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": event.at.iso8601(),
        "eventName": body.name,
        "userIdentity": { "principalId": body.principal },
        "requestParameters": { "sourceIPAddress": body.remote },
        "responseElements": { "x-amz-request-id": body.request_id, "x-amz-id-2": "" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": body.configuration_id.unwrap_or_default(),
            "bucket": {
                "name": body.bucket,
                "ownerIdentity": { "principalId": body.owner },
                "arn": format!("arn:aws:s3:::{}", body.bucket),
            },
            "object": object,
        },
    }))
}

/// The header `webhook-signature` of a message.
pub(super) fn signature(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let mac = hmac_sha256(key, signed.as_bytes());
    format!("v1,{}", encoding::base64(&mac))
}

#[cfg(test)]
mod tests {
    use super::{record, signature};
    use crate::store::events::EventRecord;
    use crate::types::clock::Time;
    use crate::types::encoding;

    /// The example of the Standard Webhooks libraries.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let key = encoding::parse_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let body = "{\"test\": 2432232314}";
        assert_eq!(
            signature(&key, id, 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_record_has_the_shape_of_s3() {
        let event = EventRecord {
            sequence: 255,
            at: Time::from_seconds(1_800_000_000),
            body: "{\"name\":\"ObjectCreated:Put\",\"principal\":\"p\",\"remote\":\"::1\",\
                   \"request_id\":\"r\",\"bucket\":\"actas\",\"owner\":\"o\",\
                   \"object_key\":\"a b/ñ+\",\"size_bytes\":5,\"etag\":\"e\",\
                   \"version_id\":null,\"configuration_id\":\"c\"}"
                .to_owned(),
        };
        let record = record(&event, "mx-1").unwrap();
        assert_eq!(record["eventName"], "ObjectCreated:Put");
        assert_eq!(record["awsRegion"], "mx-1");
        assert_eq!(record["s3"]["configurationId"], "c");
        let object = &record["s3"]["object"];
        assert_eq!(object["key"], "a+b/%C3%B1%2B");
        assert_eq!(object["sequencer"], "00000000000000FF");
        assert_eq!((&object["size"], &object["eTag"]), (&5.into(), &"e".into()));
        assert!(object.get("versionId").is_none());
    }
}
