//! A request as it will stand on the wire, signed for its caller.

use acervo::auth::chunked::signer::ChunkSigner;
use acervo::auth::head::RequestHead;
use acervo::auth::sigv4::SERVICE_S3;
use acervo::auth::sigv4::client::{Credentials, presign, sign_header};
use acervo::auth::sigv4::payload::PayloadHash;
use acervo::crypto::digest::sha256;
use acervo::types::clock::{Clock, Time};

use super::answer::Answer;
use super::caller::{Caller, Proof};
use super::server::REGION;
use super::wire::Wire;

/// A request under way.
#[must_use]
pub(crate) struct Ask<'a> {
    caller: &'a Caller,
    method: &'a str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    unsigned: Vec<(String, String)>,
    body: Vec<u8>,
    payload: Option<PayloadHash>,
    content_length: Option<Option<u64>>,
    at: Time,
    service: &'a str,
    host: Option<&'a str>,
}

/// The bytes of a request's head, and what signs the chunks behind it.
pub(crate) struct Wired {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) chunks: Option<ChunkSigner>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(caller: &'a Caller, method: &'a str, path: &str, query: &str) -> Self {
        Self {
            caller,
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            unsigned: Vec::new(),
            body: Vec::new(),
            payload: None,
            content_length: None,
            at: Clock::system().now(),
            service: SERVICE_S3,
            host: None,
        }
    }

    /// Adds a header that is signed.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header that is not signed.
    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds raw query text.
    pub(crate) fn query(mut self, query: &str) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(query);
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// What the request says of its body; else its SHA-256.
    pub(crate) fn payload(mut self, payload: PayloadHash) -> Self {
        self.payload = Some(payload);
        self
    }

    /// Announces another length than the body's, or none.
    pub(crate) fn content_length(mut self, length: Option<u64>) -> Self {
        self.content_length = Some(length);
        self
    }

    /// When it is signed.
    pub(crate) fn signed_at(mut self, at: Time) -> Self {
        self.at = at;
        self
    }

    /// For which service it is signed.
    pub(crate) fn service(mut self, service: &'a str) -> Self {
        self.service = service;
        self
    }

    /// Another host than the address.
    pub(crate) fn host(mut self, host: &'a str) -> Self {
        self.host = Some(host);
        self
    }

    pub(crate) fn wired(self) -> Wired {
        let host = self.host.unwrap_or(&self.caller.address);
        let mut signed: Vec<(&str, &[u8])> = vec![("host", host.as_bytes())];
        if let Proof::Session { token, .. } = &self.caller.proof {
            signed.push(("x-amz-security-token", token.as_bytes()));
        }
        signed.extend(self.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())));
        let payload = self
            .payload
            .unwrap_or(PayloadHash::Signed(sha256(&self.body)));
        let request_head = RequestHead {
            method: self.method,
            path: &self.path,
            query: &self.query,
            headers: &signed,
        };
        let mut added = Vec::new();
        let mut chunks = None;
        match &self.caller.proof {
            Proof::Nobody => {}
            Proof::Bearer(token) => {
                added.push(("authorization", format!("Bearer {token}")));
                added.push(("x-amz-content-sha256", payload.render()));
            }
            Proof::AccessKey { .. } | Proof::Session { .. } => {
                let credentials = Credentials {
                    service: self.service,
                    ..self.caller.credentials().unwrap()
                };
                let head = sign_header(&credentials, &request_head, payload, self.at).unwrap();
                added.push(("authorization", head.authorization));
                added.push(("x-amz-date", head.date));
                added.push(("x-amz-content-sha256", head.content_sha256));
                chunks = Some(head.chunks);
            }
        }
        let mut target = self.path.clone();
        if !self.query.is_empty() {
            target = format!("{target}?{}", self.query);
        }
        let mut head = format!("{} {target} HTTP/1.1\r\n", self.method).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        };
        for (name, value) in signed {
            line(name, value);
        }
        for (name, value) in &added {
            line(name, value.as_bytes());
        }
        for (name, value) in &self.unsigned {
            line(name, value.as_bytes());
        }
        let of_body = Some(self.body.len() as u64)
            .filter(|length| *length > 0 || ["PUT", "POST"].contains(&self.method));
        if let Some(length) = self.content_length.unwrap_or(of_body) {
            line("content-length", length.to_string().as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        Wired {
            head,
            body: self.body,
            chunks,
        }
    }

    /// Sends it on a connection of its own and reads the answer.
    pub(crate) fn send(self) -> Answer {
        let (mut wire, method) = (Wire::to(&self.caller.address), self.method);
        let Wired { head, body, .. } = self.wired();
        wire.send(&head);
        // A server that refuses early need not read the body.
        wire.send_if_heard(&body);
        wire.answer(method)
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Answer {
        self.send().ok()
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Answer {
        self.send().refused(status, code)
    }

    /// The raw target of a presigned URL for this request; all its headers are signed.
    pub(crate) fn presigned(&self, expires_seconds: u64) -> String {
        let mut signed: Vec<(&str, &[u8])> = vec![("host", self.caller.address.as_bytes())];
        signed.extend(self.headers.iter().map(|(n, v)| (n.as_str(), v.as_bytes())));
        let mut query = self.query.clone();
        if let Proof::Session { token, .. } = &self.caller.proof {
            let separator = if query.is_empty() { "" } else { "&" };
            let token = acervo::types::encoding::percent(token.as_bytes());
            query = format!("{query}{separator}X-Amz-Security-Token={token}");
        }
        let head = RequestHead {
            method: self.method,
            path: &self.path,
            query: &query,
            headers: &signed,
        };
        let credentials = self.caller.credentials().unwrap();
        let query = presign(&credentials, &head, expires_seconds, self.at).unwrap();
        format!("{}?{query}", self.path)
    }
}

impl Caller {
    pub(crate) fn credentials(&self) -> Option<Credentials<'_>> {
        match &self.proof {
            Proof::AccessKey { id, secret } | Proof::Session { id, secret, .. } => {
                Some(Credentials {
                    access_key_id: id,
                    secret,
                    region: REGION,
                    service: SERVICE_S3,
                })
            }
            Proof::Nobody | Proof::Bearer(_) => None,
        }
    }
}
