//! One connection: HTTP/1.1 as little as it takes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::content::Document;
use crate::signer::{Signed, Signer, UNSIGNED};
use crate::target::Target;

/// Bytes of an answer that are taken from the kernel at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// Bytes of a large body that are given to the kernel at a time.
pub const SEND_BYTES: usize = 256 << 10;

/// An answer without its body.
pub struct Answer {
    pub status: u16,
    pub etag: String,
    pub size_bytes: usize,
}

/// A kept connection to one target.
pub struct Connection {
    stream: TcpStream,
    host: String,
    signer: Option<Signer>,
    bearer_token: Option<String>,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
    /// What of `incoming` was received and not yet used.
    start: usize,
    end: usize,
}

impl Connection {
    pub async fn open(target: &Target) -> Self {
        let stream = TcpStream::connect(&target.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            host: target.address.clone(),
            signer: target.credentials.as_ref().map(Signer::new),
            bearer_token: target.bearer_token.clone(),
            outgoing: Vec::new(),
            incoming: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
        }
    }

    /// Stores a document whose hash is signed, and compares the entity tag.
    pub async fn put(&mut self, path: &str, document: &Document) {
        self.send(path, document, &document.sha256).await;
        self.stored(path, document).await;
    }

    /// Stores a document whose bytes are not signed, and compares the entity tag.
    pub async fn put_unsigned(&mut self, path: &str, document: &Document) {
        self.send(path, document, UNSIGNED).await;
        self.stored(path, document).await;
    }

    async fn send(&mut self, path: &str, document: &Document, payload: &str) {
        self.begin_put(path, document, payload);
        if document.size_bytes <= SEND_BYTES {
            let Self { outgoing, .. } = self;
            for piece in document.pieces(0, document.size_bytes) {
                outgoing.extend_from_slice(piece);
            }
            self.flush().await;
            return;
        }
        self.flush().await;
        self.send_bytes(document, 0, document.size_bytes).await;
    }

    /// Writes the head of an upload, to be flushed.
    fn begin_put(&mut self, path: &str, document: &Document, payload: &str) {
        let length = format!("content-length: {}\r\n", document.size_bytes);
        self.begin("PUT", path, "", payload, &length);
    }

    /// Sends the head of an upload alone.
    pub async fn send_put_head(&mut self, path: &str, document: &Document) {
        self.begin_put(path, document, UNSIGNED);
        self.flush().await;
    }

    /// Sends a part of an upload's body.
    pub async fn send_bytes(&mut self, document: &Document, from: usize, to: usize) {
        for piece in document.pieces(from, to) {
            for block in piece.chunks(SEND_BYTES) {
                self.stream.write_all(block).await.unwrap();
            }
        }
    }

    /// Waits for the answer to an upload.
    pub async fn stored(&mut self, path: &str, document: &Document) {
        let mut told = Vec::new();
        let answer = self.receive(|_, bytes| told.extend_from_slice(bytes)).await;
        let told = String::from_utf8_lossy(&told);
        assert_eq!(answer.status, 200, "PUT {path}: {told}");
        assert_eq!(answer.etag, document.etag, "PUT {path}: another entity tag");
    }

    /// Fetches a document and compares every byte.
    pub async fn get(&mut self, path: &str, document: &Document) {
        self.begin("GET", path, "", UNSIGNED, "");
        self.flush().await;
        let mut is_right = true;
        let answer = self
            .receive(|at, bytes| is_right &= document.has_at(at, bytes))
            .await;
        assert_eq!(answer.status, 200, "GET {path}");
        assert_eq!(
            answer.size_bytes, document.size_bytes,
            "GET {path}: its size"
        );
        assert!(is_right, "GET {path}: other bytes");
    }

    /// Sends a request without a body; gives the status and what came.
    pub async fn ask(&mut self, method: &str, path: &str, query: &str) -> (u16, Vec<u8>) {
        let length = if method == "PUT" {
            "content-length: 0\r\n"
        } else {
            ""
        };
        self.begin(method, path, query, UNSIGNED, length);
        self.flush().await;
        let mut body = Vec::new();
        let answer = self.receive(|_, bytes| body.extend_from_slice(bytes)).await;
        (answer.status, body)
    }

    fn begin(&mut self, method: &str, path: &str, query: &str, payload: &str, length: &str) {
        let Self { outgoing, host, .. } = self;
        let mark = if query.is_empty() { "" } else { "?" };
        let line = format!("{method} {path}{mark}{query} HTTP/1.1\r\nhost: {host}\r\n{length}");
        outgoing.clear();
        outgoing.extend_from_slice(line.as_bytes());
        if let Some(token) = &self.bearer_token {
            let header = format!("authorization: Bearer {token}\r\n");
            outgoing.extend_from_slice(header.as_bytes());
        } else if let Some(signer) = &mut self.signer {
            let signed = Signed {
                method,
                host,
                path,
                query,
                payload,
            };
            signer.write(&signed, outgoing);
        }
        outgoing.extend_from_slice(b"\r\n");
    }

    async fn flush(&mut self) {
        self.stream.write_all(&self.outgoing).await.unwrap();
        self.outgoing.clear();
    }

    /// Reads one answer; `take` is given its body, piece by piece, with the place of each.
    async fn receive(&mut self, mut take: impl FnMut(usize, &[u8])) -> Answer {
        let head = self.head().await;
        let mut answer = head.answer;
        if !head.is_chunked {
            self.body(0, answer.size_bytes, &mut take).await;
            return answer;
        }
        loop {
            let line = self.line().await;
            let size_bytes = usize::from_str_radix(line.trim(), 16).unwrap();
            self.body(answer.size_bytes, size_bytes, &mut take).await;
            answer.size_bytes += size_bytes;
            self.line().await;
            if size_bytes == 0 {
                return answer;
            }
        }
    }

    async fn body(&mut self, at: usize, size_bytes: usize, take: &mut impl FnMut(usize, &[u8])) {
        let mut taken = 0;
        while taken < size_bytes {
            if self.start == self.end {
                self.fill().await;
            }
            let length = (self.end - self.start).min(size_bytes - taken);
            take(at + taken, &self.incoming[self.start..self.start + length]);
            self.start += length;
            taken += length;
        }
    }

    async fn head(&mut self) -> Head {
        let mut line = self.line().await;
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap();
        let mut head = Head {
            answer: Answer {
                status,
                etag: String::new(),
                size_bytes: 0,
            },
            is_chunked: false,
        };
        loop {
            line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else {
                return head;
            };
            if name.eq_ignore_ascii_case("content-length") {
                head.answer.size_bytes = value.parse().unwrap();
            } else if name.eq_ignore_ascii_case("etag") {
                head.answer.etag = value.trim_matches('"').to_owned();
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.is_chunked = value.eq_ignore_ascii_case("chunked");
            }
        }
    }

    async fn line(&mut self) -> String {
        loop {
            let waiting = &self.incoming[self.start..self.end];
            if let Some(length) = waiting.iter().position(|byte| *byte == b'\n') {
                self.start += length + 1;
                let line = waiting[..length].trim_ascii_end();
                return String::from_utf8_lossy(line).into_owned();
            }
            self.fill().await;
        }
    }

    async fn fill(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.incoming.len() {
            self.incoming.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let free = &mut self.incoming[self.end..];
        let length = self.stream.read(free).await.unwrap();
        assert!(length > 0, "the server closed the connection");
        self.end += length;
    }
}

struct Head {
    answer: Answer,
    is_chunked: bool,
}
