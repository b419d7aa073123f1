//! Who asks: an access key, a token or nobody, and the requests that they make most.

use acervo::crypto::digest::sha256;
use acervo::types::encoding;
use acervo::types::secret::SecretText;

use super::answer::Answer;
use super::request::Ask;

/// How a caller proves who it is.
#[derive(Clone)]
pub(crate) enum Proof {
    Nobody,
    AccessKey {
        id: String,
        secret: SecretText,
    },
    /// Temporary credentials.
    Session {
        id: String,
        secret: SecretText,
        token: String,
    },
    Bearer(String),
}

/// One caller of one server.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) address: String,
    pub(crate) proof: Proof,
}

impl Caller {
    pub(crate) fn ask<'a>(&'a self, method: &'a str, path: &str) -> Ask<'a> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Ask::new(self, method, path, query)
    }

    /// A request for a key, percent-encoded as clients do.
    pub(crate) fn at<'a>(&'a self, method: &'a str, at: &str) -> Ask<'a> {
        let path = format!("/{}", encoding::percent_path(at.as_bytes()));
        Ask::new(self, method, &path, "")
    }

    pub(crate) fn make_bucket(&self, name: &str) -> Answer {
        self.ask("PUT", &format!("/{name}")).send()
    }

    pub(crate) fn put<'a>(&'a self, at: &str, body: &[u8]) -> Ask<'a> {
        self.at("PUT", at).body(body)
    }

    pub(crate) fn get<'a>(&'a self, at: &str) -> Ask<'a> {
        self.at("GET", at)
    }

    pub(crate) fn head<'a>(&'a self, at: &str) -> Ask<'a> {
        self.at("HEAD", at)
    }

    pub(crate) fn delete<'a>(&'a self, at: &str) -> Ask<'a> {
        self.at("DELETE", at)
    }

    pub(crate) fn copy<'a>(&'a self, from: &str, to: &str) -> Ask<'a> {
        let source = format!("/{}", encoding::percent_path(from.as_bytes()));
        self.at("PUT", to).header("x-amz-copy-source", &source)
    }

    /// A POST of XML, with the checksum that DeleteObjects wants.
    pub(crate) fn post_xml<'a>(&'a self, path: &str, xml: &str) -> Ask<'a> {
        let checksum = encoding::base64(&sha256(xml.as_bytes()));
        self.ask("POST", path)
            .header("x-amz-checksum-sha256", &checksum)
            .body(xml.as_bytes())
    }

    pub(crate) fn begin_upload(&self, at: &str) -> String {
        self.begin_upload_with(at, &[])
    }

    pub(crate) fn begin_upload_with(&self, at: &str, headers: &[(&str, &str)]) -> String {
        let mut ask = self.at("POST", at).query("uploads");
        for (name, value) in headers {
            ask = ask.header(name, value);
        }
        ask.ok().element("UploadId")
    }

    pub(crate) fn part<'a>(&'a self, at: &str, id: &str, number: u32, body: &[u8]) -> Ask<'a> {
        let query = format!("partNumber={number}&uploadId={id}");
        self.put(at, body).query(&query)
    }

    /// Completes an upload of parts given by number and entity tag.
    pub(crate) fn complete<'a>(&'a self, at: &str, id: &str, parts: &[(u32, &str)]) -> Ask<'a> {
        let mut xml = "<CompleteMultipartUpload>".to_owned();
        for (number, etag) in parts {
            xml += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        }
        xml += "</CompleteMultipartUpload>";
        self.complete_xml(at, id, &xml)
    }

    pub(crate) fn complete_xml<'a>(&'a self, at: &str, id: &str, xml: &str) -> Ask<'a> {
        let query = format!("uploadId={id}");
        self.at("POST", at).query(&query).body(xml.as_bytes())
    }

    pub(crate) fn list(&self, bucket: &str, query: &str) -> Answer {
        self.ask("GET", &format!("/{bucket}?list-type=2&{query}"))
            .ok()
    }

    pub(crate) fn keys_of(&self, bucket: &str) -> Vec<String> {
        self.list(bucket, "").elements("Key")
    }
}
