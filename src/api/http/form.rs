//! `multipart/form-data` as browsers send it (RFC 7578): the fields before the file, in memory and
//! bounded; the file as it comes, without a copy.
//!
//! ```text
//! --boundary CRLF headers CRLF CRLF value CRLF --boundary CRLF … file CRLF --boundary --
//! ```

use bytes::Bytes;
use bytes::BytesMut;
use thiserror::Error;

use crate::store::body::BodyError;
use crate::types::limits;

use super::body::RawBody;

/// The media type of forms that bring files.
const FORM: &str = "multipart/form-data";

/// Why a form was refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum FormError {
    /// Not a form of this shape.
    #[error("the body of the POST request is not well-formed multipart/form-data")]
    Malformed,
    /// The fields before the file are too large, or too many.
    #[error("the fields of the form that precede the file are too large")]
    TooLarge,
    /// There is no file.
    #[error("a POST requires exactly one file upload per request")]
    NoFile,
    /// A field comes twice.
    #[error("a field of the form comes more than once")]
    Repeated,
    /// The bytes stopped coming.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// What came before the bytes of the file.
#[derive(Debug, Default)]
pub struct Fields {
    /// Names in lower case, each once, and values.
    pub fields: Vec<(String, String)>,
    /// The name that the file has where it comes from, without folders.
    pub file_name: String,
}

impl Fields {
    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, v)| v.as_str())
    }
}

/// Whether a `Content-Type` says that the body is a form, with a boundary or without one.
pub fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(FORM)
}

/// The boundary that a `Content-Type` names, if it is that of a form.
pub fn boundary(content_type: &str) -> Option<&str> {
    if !is_form(content_type) {
        return None;
    }
    let (_, parameters) = content_type.split_once(';')?;
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then(|| value.trim())
    })?;
    let value = value
        .strip_prefix('"')
        .map_or(value, |v| v.trim_end_matches('"'));
    // RFC 2046 section 5.1.1.
    (1..=70).contains(&value.len()).then_some(value)
}

/// Reads a form up to the first byte of its file.
///
/// # Errors
/// What [`FormError`] names.
pub async fn read(raw: &mut RawBody, boundary: &str) -> Result<(Fields, FileDecoder), FormError> {
    let mut reader = Reader {
        // The first boundary has no line end before it; all others do.
        buffer: BytesMut::from(&b"\r\n"[..]),
        delimiter: format!("\r\n--{boundary}").into_bytes(),
        taken_bytes: 0,
    };
    let mut fields = Fields::default();
    reader.delimiter(raw).await?;
    loop {
        if !reader.begins_part(raw).await? {
            return Err(FormError::NoFile);
        }
        let head = reader.until(raw, b"\r\n\r\n").await?;
        let part = Part::parse(&head)?;
        if part.name == "file" {
            fields.file_name = part.file_name.unwrap_or_default();
            let decoder = FileDecoder {
                delimiter: reader.delimiter,
                held: reader.buffer.freeze(),
                ignored_bytes: 0,
                state: FileState::Inside,
            };
            return Ok((fields, decoder));
        }
        let delimiter = reader.delimiter.clone();
        let value = reader.until(raw, &delimiter).await?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| FormError::Malformed)?;
        if fields.value(&part.name).is_some() {
            return Err(FormError::Repeated);
        }
        if fields.fields.len() == limits::FORM_FIELDS_MAX {
            return Err(FormError::TooLarge);
        }
        fields.fields.push((part.name, value));
    }
}

struct Reader {
    buffer: BytesMut,
    delimiter: Vec<u8>,
    taken_bytes: usize,
}

impl Reader {
    async fn fill(&mut self, raw: &mut RawBody) -> Result<(), FormError> {
        match raw.next().await {
            Some(bytes) => self.buffer.extend_from_slice(&bytes?),
            None => return Err(FormError::Malformed),
        }
        Ok(())
    }

    /// What stands before the next `end`, which is taken as well.
    async fn until(&mut self, raw: &mut RawBody, end: &[u8]) -> Result<Bytes, FormError> {
        let mut searched = 0;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = rest.windows(end.len()).position(|window| window == end) {
                let found = self.buffer.split_to(searched + at).freeze();
                let _ = self.buffer.split_to(end.len());
                self.taken_bytes += found.len() + end.len();
                if self.taken_bytes > limits::FORM_FIELDS_BYTES_MAX {
                    return Err(FormError::TooLarge);
                }
                return Ok(found);
            }
            if self.taken_bytes + self.buffer.len() > limits::FORM_FIELDS_BYTES_MAX {
                return Err(FormError::TooLarge);
            }
            searched = (self.buffer.len() + 1).saturating_sub(end.len());
            self.fill(raw).await?;
        }
    }

    /// The first boundary, with nothing before it.
    async fn delimiter(&mut self, raw: &mut RawBody) -> Result<(), FormError> {
        while self.buffer.len() < self.delimiter.len() {
            self.fill(raw).await?;
        }
        if !self.buffer.starts_with(&self.delimiter) {
            return Err(FormError::Malformed);
        }
        let _ = self.buffer.split_to(self.delimiter.len());
        Ok(())
    }

    /// Whether a part follows a boundary, or the end of the form.
    async fn begins_part(&mut self, raw: &mut RawBody) -> Result<bool, FormError> {
        while self.buffer.len() < 2 {
            self.fill(raw).await?;
        }
        match &*self.buffer.split_to(2) {
            b"\r\n" => Ok(true),
            b"--" => Ok(false),
            _ => Err(FormError::Malformed),
        }
    }
}

/// The head of one part.
struct Part {
    name: String,
    file_name: Option<String>,
}

impl Part {
    fn parse(head: &[u8]) -> Result<Self, FormError> {
        let head = std::str::from_utf8(head).map_err(|_| FormError::Malformed)?;
        let mut name = None;
        let mut file_name = None;
        for line in head.split("\r\n") {
            let (header, value) = line.split_once(':').ok_or(FormError::Malformed)?;
            if header.eq_ignore_ascii_case("content-disposition") {
                let rest = value.trim();
                let rest = rest.strip_prefix("form-data").ok_or(FormError::Malformed)?;
                (name, file_name) = disposition(rest).ok_or(FormError::Malformed)?;
            }
        }
        Ok(Self {
            name: name.ok_or(FormError::Malformed)?.to_ascii_lowercase(),
            file_name: file_name.map(|path| {
                let name = path.rsplit(['/', '\\']).next();
                name.unwrap_or_default().to_owned()
            }),
        })
    }
}

/// `; name="…"; filename="…"`. A quotation mark inside comes as `%22` or behind a backslash.
fn disposition(mut rest: &str) -> Option<(Option<String>, Option<String>)> {
    let (mut name, mut file_name) = (None, None);
    while let Some((_, parameter)) = rest.split_once(';') {
        let (key, after) = parameter.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let (value, after) = after.split_at(end);
                (value.trim().to_owned(), after)
            }
        };
        match key.trim() {
            "name" => name = Some(value),
            "filename" => file_name = Some(value),
            _ => {}
        }
        rest = after;
    }
    Some((name, file_name))
}

fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value.replace("%22", "\""), quoted.get(at + 1..)?)),
            '\\' if quoted.get(at + 1..)?.starts_with(['"', '\\']) => {
                value.push(characters.next()?.1);
            }
            other => value.push(other),
        }
    }
    None
}

/// Takes the file out of what follows the fields.
#[derive(Debug)]
pub struct FileDecoder {
    delimiter: Vec<u8>,
    /// What came and is not given out yet: at first what was read with the fields, later what may
    /// be the beginning of the boundary.
    held: Bytes,
    ignored_bytes: usize,
    state: FileState,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum FileState {
    Inside,
    /// Behind the file: fields here are ignored, as S3 does.
    Behind,
}

impl FileDecoder {
    /// Takes raw bytes and gives the file's among them.
    ///
    /// # Errors
    /// If too much follows the file.
    pub fn feed(&mut self, raw: Bytes, out: &mut impl FnMut(Bytes)) -> Result<(), BodyError> {
        let mut bytes = raw;
        if !self.held.is_empty() {
            let mut joined = BytesMut::with_capacity(self.held.len() + bytes.len());
            joined.extend_from_slice(&std::mem::take(&mut self.held));
            joined.extend_from_slice(&bytes);
            bytes = joined.freeze();
        }
        if self.state == FileState::Inside {
            let mut at = 0;
            loop {
                let rest = bytes.get(at..).unwrap_or_default();
                let Some(next) = rest.iter().position(|byte| *byte == b'\r') else {
                    give(bytes, out);
                    return Ok(());
                };
                at += next;
                let rest = bytes.get(at..).unwrap_or_default();
                if rest.starts_with(&self.delimiter) {
                    let behind = bytes.split_off(at + self.delimiter.len());
                    bytes.truncate(at);
                    give(bytes, out);
                    bytes = behind;
                    self.state = FileState::Behind;
                    break;
                }
                if self.delimiter.starts_with(rest) {
                    self.held = bytes.split_off(at);
                    give(bytes, out);
                    return Ok(());
                }
                at += 1;
            }
        }
        self.ignored_bytes += bytes.len();
        if self.ignored_bytes > limits::FORM_FIELDS_BYTES_MAX {
            return Err(BodyError::TooLarge);
        }
        Ok(())
    }

    /// Says that the body has ended.
    ///
    /// # Errors
    /// If the file did not end at a boundary.
    pub fn finish(&self) -> Result<(), BodyError> {
        match self.state {
            FileState::Behind => Ok(()),
            FileState::Inside => Err(BodyError::Cut),
        }
    }
}

fn give(bytes: Bytes, out: &mut impl FnMut(Bytes)) {
    if !bytes.is_empty() {
        out(bytes);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::{any, prop};

    use super::{FileDecoder, FileState, Part, boundary};

    #[test]
    fn boundaries() {
        let check = |text, expected| assert_eq!(boundary(text), expected, "{text}");
        check("multipart/form-data; boundary=----x1", Some("----x1"));
        check(
            "Multipart/Form-Data;charset=utf-8; Boundary=\"a b\"",
            Some("a b"),
        );
        check("multipart/form-data", None);
        check("multipart/form-data; boundary=", None);
        check("multipart/mixed; boundary=x", None);
        check(
            &format!("multipart/form-data; boundary={}", "x".repeat(71)),
            None,
        );
    }

    #[test]
    fn heads_of_parts() {
        #[track_caller]
        fn check(disposition: &str, expected: Option<(&str, Option<&str>)>) {
            let head = format!("Content-Disposition: {disposition}\r\nContent-Type: a/b");
            let part = Part::parse(head.as_bytes()).ok();
            let found = part
                .as_ref()
                .map(|p| (p.name.as_str(), p.file_name.as_deref()));
            assert_eq!(found, expected, "{disposition}");
        }
        check("form-data; name=\"Key\"", Some(("key", None)));
        check("form-data; name=key; filename=a", Some(("key", Some("a"))));
        let path = "form-data; name=\"file\"; filename=\"C:\\dir\\ñ.pdf\"";
        check(path, Some(("file", Some("ñ.pdf"))));
        let quoted = "form-data; name=\"file\"; filename=\"a%22;b\\\"c\"";
        check(quoted, Some(("file", Some("a\";b\"c"))));
        check("form-data", None);
        check("attachment; name=\"a\"", None);
        check("form-data; name=\"a", None);
    }

    fn decode(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut decoder = FileDecoder {
            delimiter: b"\r\n--x".to_vec(),
            held: Bytes::new(),
            ignored_bytes: 0,
            state: FileState::Inside,
        };
        let mut file = Vec::new();
        for piece in pieces {
            let piece = Bytes::copy_from_slice(piece);
            decoder
                .feed(piece, &mut |bytes| file.extend_from_slice(&bytes))
                .unwrap();
        }
        (file, decoder.finish().is_ok())
    }

    #[test]
    fn a_file_ends_at_its_boundary() {
        assert_eq!(decode(&[b"abc\r\n--x--\r\n"]), (b"abc".to_vec(), true));
        assert_eq!(decode(&[b"\r\n--x--"]), (Vec::new(), true));
        assert_eq!(decode(&[b"abc\r\n--y"]), (b"abc\r\n--y".to_vec(), false));
        assert_eq!(decode(&[b"a\r\r\n--x\r\nmore"]), (b"a\r".to_vec(), true));
        assert!(!decode(&[b"abc\r\n--"]).1, "half a boundary is none");
    }

    proptest::proptest! {
        #[test]
        fn pieces_do_not_matter(
            file in prop::collection::vec(prop::sample::select(b"a\r\n-x".to_vec()), 0..40),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut file = file;
            // What holds the boundary is no file of this form.
            while let Some(at) = file.windows(5).position(|w| w == b"\r\n--x") {
                file.remove(at);
            }
            let mut whole = file.clone();
            whole.extend_from_slice(b"\r\n--x--\r\n");
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(whole.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&whole[start..cut]);
                start = cut;
            }
            pieces.push(&whole[start..]);
            let first = whole.windows(5).position(|w| w == b"\r\n--x").unwrap();
            proptest::prop_assert_eq!(decode(&pieces), (whole[..first].to_vec(), true));
        }
    }
}
