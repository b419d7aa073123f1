//! One line of an access log. Source: AWS S3 User Guide, "Amazon S3 server access log format".
//!
//! What this server does not know stands as `-`: the host id, cipher and version of TLS, access
//! points. Times end when the head of the answer is ready.

use std::fmt::Write as _;

use crate::types::clock::Time;
use crate::types::encoding;

/// What was seen of one request.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Whose the bucket is, as S3 calls it.
    pub bucket_owner: String,
    /// The bucket.
    pub bucket: String,
    /// When the request came.
    pub at: Time,
    /// From which address.
    pub remote: String,
    /// Who asked: its ARN; `None` if nobody said who it is.
    pub requester: Option<String>,
    /// The request.
    pub request_id: String,
    /// What was asked for, as S3 logs it: `REST.GET.OBJECT`.
    pub operation: String,
    /// The key.
    pub object_key: Option<String>,
    /// Method and target as they came.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The code of a refusal.
    pub error_code: Option<String>,
    /// Bytes of the answer's body.
    pub sent_bytes: Option<u64>,
    /// Milliseconds until the answer began.
    pub millis: u128,
    /// `Referer`.
    pub referer: Option<String>,
    /// `User-Agent`.
    pub user_agent: Option<String>,
    /// The version that was asked for.
    pub version_id: Option<String>,
    /// How it was signed: `SigV4` and the like.
    pub signature: Option<&'static str>,
    /// Where the signature was: `AuthHeader`, `QueryString`.
    pub auth_type: Option<&'static str>,
    /// `Host`.
    pub host: Option<String>,
}

impl Seen {
    /// The line, with its end.
    pub fn line(&self) -> String {
        let mut line = String::with_capacity(400);
        let at = self.at.timestamp().strftime("%d/%b/%Y:%H:%M:%S +0000");
        // S3 encodes keys twice, so that a line holds no space of theirs.
        let key = self.object_key.as_deref().map(|key| {
            let once = encoding::percent_path(key.as_bytes());
            encoding::percent_path(once.as_bytes())
        });
        let _ = writeln!(
            line,
            "{} {} [{at}] {} {} {} {} {} {} {} {} {} - {} {} {} {} {} - {} - {} {} - - -",
            dash(Some(&self.bucket_owner)),
            dash(Some(&self.bucket)),
            dash(Some(&self.remote)),
            dash(self.requester.as_deref()),
            self.request_id,
            self.operation,
            dash(key.as_deref()),
            quoted(Some(&self.request)),
            self.status,
            dash(self.error_code.as_deref()),
            self.sent_bytes
                .map_or("-".to_owned(), |bytes| bytes.to_string()),
            self.millis,
            self.millis,
            quoted(self.referer.as_deref()),
            quoted(self.user_agent.as_deref()),
            dash(self.version_id.as_deref()),
            self.signature.unwrap_or("-"),
            self.auth_type.unwrap_or("-"),
            dash(self.host.as_deref()),
        );
        line
    }
}

/// A field without quotes: what would end it, or the line, is encoded.
fn dash(text: Option<&str>) -> String {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("-");
    if text.bytes().all(|b| b.is_ascii_graphic() && b != b'"') {
        return text.to_owned();
    }
    encoding::percent_path(text.as_bytes())
}

/// A field in quotes: what would end it, or the line, is encoded.
fn quoted(text: Option<&str>) -> String {
    let text = text.filter(|text| !text.is_empty()).unwrap_or("-");
    let mut quoted = String::from("\"");
    for character in text.chars().take(2_048) {
        match character {
            '"' => quoted.push_str("%22"),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                quoted.push_str(&encoding::percent(c.encode_utf8(&mut bytes).as_bytes()));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::Seen;
    use crate::types::clock::Time;

    #[test]
    fn a_line_has_the_fields_of_s3_and_nothing_breaks_out() {
        let seen = Seen {
            bucket_owner: "79a5".into(),
            bucket: "actas".into(),
            at: Time::from_seconds(1_549_411_238),
            remote: "192.0.2.3".into(),
            requester: Some("arn:aws:iam::agencia:user/ana".into()),
            request_id: "3E57427F33A59F07".into(),
            operation: "REST.GET.OBJECT".into(),
            object_key: Some("a b\n".into()),
            request: "GET /actas/a%20b%0A HTTP/1.1".into(),
            status: 404,
            error_code: Some("NoSuchKey".into()),
            sent_bytes: Some(113),
            millis: 7,
            referer: None,
            user_agent: Some("curl\"\n GET".into()),
            version_id: None,
            signature: Some("SigV4"),
            auth_type: Some("AuthHeader"),
            host: Some("localhost:9000".into()),
        };
        assert_eq!(
            seen.line(),
            "79a5 actas [06/Feb/2019:00:00:38 +0000] 192.0.2.3 arn:aws:iam::agencia:user/ana \
             3E57427F33A59F07 REST.GET.OBJECT a%2520b%250A \"GET /actas/a%20b%0A HTTP/1.1\" 404 \
             NoSuchKey 113 - 7 7 \"-\" \"curl%22%0A GET\" - - SigV4 - AuthHeader localhost:9000 \
             - - -\n"
        );
    }
}
