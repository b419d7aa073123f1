//! A blocking HTTP client on one kept connection. It tells a body that ended as announced from one
//! that was cut, which is what a damaged document looks like.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use acervo::auth::head::RequestHead;
use acervo::auth::sigv4::client::{Credentials, sign_header};
use acervo::auth::sigv4::payload::PayloadHash;
use acervo::types::clock::Clock;
use acervo::types::secret::SecretText;

const PATIENCE: Duration = Duration::from_secs(30);

/// How requests prove who makes them.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    Bearer(String),
    AccessKey { id: String, secret: String },
}

/// An answer, or what came of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended as announced.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of an error document.
    pub(crate) fn code(&self) -> String {
        super::elements(&self.text(), "Code")
            .pop()
            .unwrap_or_default()
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status) && self.is_whole
    }
}

pub(crate) struct Client {
    address: String,
    proof: Proof,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of an endpoint (`http://…`). It connects when it is first asked.
    pub(crate) fn new(endpoint: &str, proof: Proof) -> Self {
        Self {
            address: endpoint.trim_start_matches("http://").to_owned(),
            proof,
            connection: None,
        }
    }

    /// Asks, and expects an answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, target: &str, body: &[u8]) -> Answer {
        self.ask_with(method, target, &[], body)
    }

    #[track_caller]
    pub(crate) fn ask_with(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.try_ask(method, target, headers, body)
            .unwrap_or_else(|error| panic!("{method} {target}: {error}"))
    }

    /// Asks. An error means that no head of an answer came: nobody knows what happened.
    pub(crate) fn try_ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let head = self.head(method, target, headers, body.len());
        let sent = connection.get_mut().write_all(head.as_bytes());
        let sent = sent.and_then(|()| connection.get_mut().write_all(body));
        // A refusal may come before the whole body has left.
        let answer = match read_answer(&mut connection, method) {
            Ok(answer) => answer,
            Err(error) => return Err(sent.err().unwrap_or(error)),
        };
        if sent.is_ok() && answer.is_whole && answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let connection = TcpStream::connect(&self.address)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        connection.set_nodelay(true)?;
        Ok(BufReader::new(connection))
    }

    fn head(&self, method: &str, target: &str, more: &[(&str, &str)], length: usize) -> String {
        let length = length.to_string();
        let mut headers = vec![("host", self.address.as_str()), ("content-length", &length)];
        headers.extend_from_slice(more);
        let proof = match &self.proof {
            Proof::Bearer(token) => vec![("authorization", format!("Bearer {token}"))],
            Proof::AccessKey { id, secret } => signed(id, secret, method, target, &headers),
        };
        headers.extend(proof.iter().map(|(name, value)| (*name, value.as_str())));
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("{method} {target} HTTP/1.1\r\n{headers}\r\n")
    }
}

fn signed(
    id: &str,
    secret: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Vec<(&'static str, String)> {
    let secret = SecretText::new(secret.to_owned());
    let credentials = Credentials {
        access_key_id: id,
        secret: &secret,
        region: "us-east-1",
        service: "s3",
    };
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let head = RequestHead {
        method,
        path,
        query,
        headers: &headers,
    };
    let now = Clock::system().now();
    let signed = sign_header(&credentials, &head, PayloadHash::Unsigned, now);
    let signed = signed.expect("the targets of the rigs are valid");
    vec![
        ("authorization", signed.authorization),
        ("x-amz-date", signed.date),
        ("x-amz-content-sha256", signed.content_sha256),
    ]
}

fn read_answer(connection: &mut BufReader<TcpStream>, method: &str) -> io::Result<Answer> {
    let bad = || io::Error::from(ErrorKind::InvalidData);
    let line = read_line(connection)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let mut answer = Answer {
        status: status.ok_or_else(bad)?,
        headers: Vec::new(),
        body: Vec::new(),
        is_whole: true,
    };
    loop {
        let line = read_line(connection)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(bad)?;
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        answer.headers.push((name, value));
    }
    if method == "HEAD" || answer.status == 204 || answer.status == 304 {
        return Ok(answer);
    }
    let read = match answer.header("content-length").map(str::parse) {
        Some(length) => read_exactly(connection, length.map_err(|_| bad())?, &mut answer.body),
        None => read_chunks(connection, &mut answer.body),
    };
    answer.is_whole = read.is_ok();
    Ok(answer)
}

fn read_line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn read_exactly(
    connection: &mut BufReader<TcpStream>,
    length: u64,
    into: &mut Vec<u8>,
) -> io::Result<()> {
    let read = connection.take(length).read_to_end(into)?;
    match u64::try_from(read) == Ok(length) {
        true => Ok(()),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn read_chunks(connection: &mut BufReader<TcpStream>, into: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line = read_line(connection)?;
        let length = u64::from_str_radix(&line, 16).map_err(|_| ErrorKind::InvalidData)?;
        read_exactly(connection, length, into)?;
        read_line(connection)?;
        if length == 0 {
            return Ok(());
        }
    }
}
