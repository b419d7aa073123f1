//! A lean Signature Version 4 for requests that are all alike: the load generator shares the
//! processors with the server, and each microsecond that it spends is one that the server lacks.

use acervo::types::clock::Clock;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::target::Credentials;

/// What says that a body is not covered by the signature.
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Signs for one connection.
pub struct Signer {
    credentials: Credentials,
    clock: Clock,
    /// The second for which `stamp` is right.
    second: i64,
    stamp: String,
    /// The day for which `day_key` is right.
    day: String,
    day_key: Hmac<Sha256>,
}

/// What of a request is signed. The query is canonical: sorted and encoded.
pub struct Signed<'a> {
    pub method: &'a str,
    pub host: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub payload: &'a str,
}

impl Signer {
    pub fn new(credentials: &Credentials) -> Self {
        Self {
            credentials: credentials.clone(),
            clock: Clock::system(),
            second: i64::MIN,
            stamp: String::new(),
            day: String::new(),
            day_key: keyed(&[]),
        }
    }

    /// Writes the three headers of a signature.
    pub fn write(&mut self, signed: &Signed<'_>, out: &mut Vec<u8>) {
        self.look_at_the_clock();
        let Signed {
            method,
            host,
            path,
            query,
            payload,
        } = signed;
        let (stamp, day, region) = (&self.stamp, &self.day, &self.credentials.region);
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{payload}\n\
             x-amz-date:{stamp}\n\nhost;x-amz-content-sha256;x-amz-date\n{payload}"
        );
        let mut mac = self.day_key.clone();
        mac.update(
            format!("AWS4-HMAC-SHA256\n{stamp}\n{day}/{region}/s3/aws4_request\n").as_bytes(),
        );
        mac.update(hex::encode(Sha256::digest(canonical)).as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let id = &self.credentials.access_key_id;
        let headers = format!(
            "x-amz-date: {stamp}\r\nx-amz-content-sha256: {payload}\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={id}/{day}/{region}/s3/aws4_request,\
             SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={signature}\r\n"
        );
        out.extend_from_slice(headers.as_bytes());
    }

    fn look_at_the_clock(&mut self) {
        let now = self.clock.now();
        if now.seconds() == self.second {
            return;
        }
        self.second = now.seconds();
        self.stamp = now.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string();
        if self.stamp.starts_with(&self.day) && !self.day.is_empty() {
            return;
        }
        self.day = self.stamp[..8].to_owned();
        let mut key = format!("AWS4{}", self.credentials.secret).into_bytes();
        for step in [&self.day, &self.credentials.region, "s3", "aws4_request"] {
            let mut mac = keyed(&key);
            mac.update(step.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        self.day_key = keyed(&key);
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap()
}
