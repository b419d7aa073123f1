//! The head of a request, as it came over the wire.

use super::error::Error;

/// Names and values of headers in the order in which they came; names in lower case, values raw.
pub type Headers<'a> = &'a [(&'a str, &'a [u8])];

/// What a signature is made over. Nothing here is decoded: a signature covers the raw request.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it stands in the request line, escapes and all, from its first `/`.
    pub path: &'a str,
    /// The query as it stands in the request line, without the `?`; empty when there is none.
    pub query: &'a str,
    /// The headers. Over HTTP/2 the caller adds `host` with the value of `:authority`.
    pub headers: Headers<'a>,
}

impl<'a> RequestHead<'a> {
    /// Every value of a header, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.headers;
        headers
            .iter()
            .filter(move |(n, _)| *n == name)
            .map(|(_, v)| *v)
    }

    /// The text of a header that may come only once. Absent is `None`.
    ///
    /// # Errors
    /// [`Error::RepeatedHeader`], [`Error::UnreadableHeader`] if it is not UTF-8.
    pub fn single(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
        let mut values = self.values(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Error::RepeatedHeader { name });
        }
        let text = std::str::from_utf8(value).map_err(|_| Error::UnreadableHeader { name })?;
        Ok(Some(text.trim_matches([' ', '\t'])))
    }
}
