//! An answer, and what tests ask of it.

/// An answer of the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, in their order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to the end that was announced.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is there twice: {self:?}");
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Succeeds only for a whole 2xx.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status) && self.is_whole,
            "{} (whole: {}) {}",
            self.status,
            self.is_whole,
            self.text()
        );
        self
    }

    #[track_caller]
    pub(crate) fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}", self.text());
        self
    }

    /// Succeeds only for this refusal.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.code().as_str()),
            (status, code),
            "{}",
            self.text()
        );
        assert_eq!(
            self.element("RequestId"),
            self.header("x-amz-request-id").unwrap_or_default(),
            "the error names its request"
        );
        self
    }

    /// Succeeds only if the body is this; tells where it is not.
    #[track_caller]
    pub(crate) fn holds(self, expected: &[u8]) -> Self {
        let answer = self.ok();
        assert_eq!(answer.body.len(), expected.len(), "the body's length");
        let different = answer.body.iter().zip(expected).position(|(a, b)| a != b);
        assert_eq!(different, None, "the first byte that differs");
        answer
    }

    #[track_caller]
    pub(crate) fn has(self, header: &str, expected: &str) -> Self {
        assert_eq!(self.header(header), Some(expected), "{header}");
        self
    }

    pub(crate) fn code(&self) -> String {
        self.element("Code")
    }

    /// The text of the first element of a name; empty if there is none.
    pub(crate) fn element(&self, name: &str) -> String {
        self.elements(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements of a name, in their order.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        elements(&self.text(), name)
            .iter()
            .map(|t| unescape(t))
            .collect()
    }

    /// The inner XML of all elements of a name.
    pub(crate) fn blocks(&self, name: &str) -> Vec<String> {
        elements(&self.text(), name)
    }
}

pub(crate) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let (text, after) = after.split_once(&close).unwrap();
        found.push(text.to_owned());
        rest = after;
    }
    found
}

/// Undoes the escapes that XML 1.0 knows.
fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (name, after) = after.split_once(';').unwrap();
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            code => {
                let digits = code.strip_prefix("#x").unwrap();
                char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap()
            }
        });
        rest = after;
    }
    plain + rest
}
