//! A blocking connection that sends what it is told, and reads answers strictly.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::answer::Answer;

/// Longer than any answer may take; a server that stalls fails its test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(crate) fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    /// Sends what a server may stop listening to before the end.
    pub(crate) fn send_if_heard(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// Says that nothing more will be sent.
    pub(crate) fn end(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// Whether something comes within a time.
    pub(crate) fn hears_within(&mut self, milliseconds: u64) -> bool {
        let wait = Duration::from_millis(milliseconds);
        self.0.get_ref().set_read_timeout(Some(wait)).unwrap();
        let heard = self.0.fill_buf().is_ok_and(|bytes| !bytes.is_empty());
        self.0.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        heard
    }

    /// Whether the server closes the connection without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.0.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    /// Reads one answer, final or 1xx.
    pub(crate) fn answer(&mut self, to_method: &str) -> Answer {
        self.try_answer(to_method)
            .unwrap_or_else(|| panic!("the connection ended before an answer"))
    }

    pub(crate) fn try_answer(&mut self, to_method: &str) -> Option<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1)?.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
            is_whole: true,
        };
        let is_bodiless = to_method == "HEAD" || status < 200 || status == 204 || status == 304;
        if is_bodiless {
            return Some(answer);
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            self.chunks(&mut answer);
        } else if let Some(length) = answer.header("content-length") {
            let length: u64 = length.parse().unwrap();
            let read = self.0.by_ref().take(length).read_to_end(&mut answer.body);
            answer.is_whole = read.is_ok() && answer.body.len() as u64 == length;
        } else {
            let read = self.0.read_to_end(&mut answer.body);
            answer.is_whole = read.is_ok();
        }
        Some(answer)
    }

    fn chunks(&mut self, answer: &mut Answer) {
        loop {
            let size = self.line().unwrap_or_default();
            let Ok(size) = u64::from_str_radix(&size, 16) else {
                answer.is_whole = false;
                return;
            };
            let _ = self.0.by_ref().take(size).read_to_end(&mut answer.body);
            self.line();
            if size == 0 {
                return;
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = self.0.read_until(b'\n', &mut line).ok()?;
        if read == 0 {
            return None;
        }
        assert!(line.ends_with(b"\r\n"), "a line of a head ends with CRLF");
        line.truncate(line.len() - 2);
        Some(String::from_utf8(line).unwrap())
    }
}
