//! The headers of a request, as a short list.
//!
//! An operation asks for some forty headers by name, and a request has about ten. A look through
//! ten names costs less than a hash map's look-up, which first makes a header name of the text that
//! is asked for, and allocates for each `x-amz-…`.

use actix_http::header::HeaderMap;
use actix_http::header::HeaderName;
use actix_http::header::HeaderValue;

/// Names, in lower case, with their values. Values of one name stand in the order in which they
/// came; how many there are is bounded by the head that they come in.
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    /// Takes all headers out of a map, and leaves the map its memory for the next request.
    pub fn take(map: &mut HeaderMap) -> Self {
        // One more is added where the host is in the target.
        let mut headers = Vec::with_capacity(map.len() + 1);
        let mut last: Option<HeaderName> = None;
        for (name, value) in map.drain() {
            // A further value of the same name comes without it.
            let Some(name) = name.or_else(|| last.clone()) else {
                continue;
            };
            last = Some(name.clone());
            headers.push((name, value));
        }
        Self(headers)
    }

    /// The first value of a name in lower case.
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        self.0
            .iter()
            .find(|(known, _)| known.as_str() == name)
            .map(|(_, value)| value)
    }

    /// All values of a name in lower case, in order.
    pub fn get_all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h HeaderValue> {
        let named = self.iter().filter(move |(known, _)| *known == name);
        named.map(|(_, value)| value)
    }

    /// Whether there is any value of a name in lower case.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Every name, once for each of its values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Adds a value to those that its name has.
    pub fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::Headers;

    #[test]
    fn every_value_is_kept_in_its_order() {
        let mut map = HeaderMap::new();
        for (name, value) in [("x-amz-a", "1"), ("host", "h"), ("x-amz-a", "2")] {
            let value = HeaderValue::from_static(value);
            map.append(HeaderName::from_static(name), value);
        }
        let headers = Headers::take(&mut map);
        assert!(map.is_empty());
        let all = |name| -> Vec<&[u8]> { headers.get_all(name).map(|v| v.as_bytes()).collect() };
        assert_eq!(all("x-amz-a"), [b"1", b"2"]);
        assert_eq!(all("host"), [b"h"]);
        assert_eq!(headers.get("x-amz-a").unwrap(), "1");
        assert!(headers.contains_key("host") && !headers.contains_key("x-amz-b"));
        assert_eq!(headers.names().count(), 3);
    }
}
