//! XML: a writer of twenty lines for answers, a strict reader for requests.

use std::fmt::Write as _;

use quick_xml::events::Event;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The namespace of S3's documents.
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Renders one document; elements are closed in the order in which the caller says so.
#[derive(Debug)]
pub struct Xml(String);

impl Xml {
    /// A document whose root is in S3's namespace.
    pub fn new(root: &str) -> Self {
        let mut xml = Self::bare();
        let _ = write!(xml.0, "<{root} xmlns=\"{NAMESPACE}\">");
        xml
    }

    /// A document without a root yet: errors stand in no namespace.
    pub fn bare() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    /// Elements that will stand inside another document.
    pub const fn fragment() -> Self {
        Self(String::new())
    }

    /// What was written, as it is.
    pub fn into_text(self) -> String {
        self.0
    }

    /// An element's start.
    pub fn open(&mut self, name: &str) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        self
    }

    /// An element's end.
    pub fn close(&mut self, name: &str) -> &mut Self {
        let _ = write!(self.0, "</{name}>");
        self
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.open(name);
        escape(value, &mut self.0);
        self.close(name)
    }

    /// An element with text, if there is one.
    pub fn maybe(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// Text of ours that needs no escaping.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    /// An element with a number or a boolean.
    pub fn value(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        let _ = write!(self.0, "<{name}>{value}</{name}>");
        self
    }

    /// The whole document, the root's end added.
    pub fn finish(mut self, root: &str) -> String {
        self.close(root);
        self.0
    }
}

/// Escapes text; control characters become references, as S3 writes them.
fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {
                let _ = write!(out, "&#x{:x};", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// Why a request's XML was refused.
#[derive(Debug, Error)]
pub enum XmlError {
    /// Nothing at all.
    #[error("there is no document")]
    Empty,
    /// Not UTF-8.
    #[error("the document is not UTF-8")]
    NotText,
    /// A document type declaration: entities are never expanded.
    #[error("the document has a document type declaration")]
    DocumentType,
    /// Another root element than the operation's.
    #[error("the root element is not <{0}>")]
    Root(&'static str),
    /// Not well-formed, or not of the operation's shape.
    #[error("the document is not well-formed or not of this operation's shape")]
    Shape(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a document with this root element. quick-xml would take any root, and documents with a
/// DOCTYPE, so both are checked first.
pub fn read<T: DeserializeOwned>(root: &'static str, bytes: &[u8]) -> Result<T, XmlError> {
    if bytes.is_empty() {
        return Err(XmlError::Empty);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotText)?;
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event().map_err(|e| XmlError::Shape(e.into()))? {
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Start(start) | Event::Empty(start) => {
                if start.local_name().as_ref() != root {
                    return Err(XmlError::Root(root));
                }
                break;
            }
            Event::Eof => return Err(XmlError::Root(root)),
            _ => {}
        }
    }
    quick_xml::de::from_str(text).map_err(|e| XmlError::Shape(e.into()))
}

#[cfg(test)]
mod tests {
    use super::{Xml, XmlError, read};

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Delete {
        object: Vec<Object>,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Object {
        key: String,
    }

    #[test]
    fn text_is_escaped_and_read_back() {
        let key = " a&b<c>\"d'\u{1}\r\n ñ ";
        let mut xml = Xml::new("Delete");
        xml.open("Object").text("Key", key).close("Object");
        let text = xml.finish("Delete");
        assert!(
            text.contains("<Key> a&amp;b&lt;c&gt;&quot;d'&#x1;&#xd;&#xa; ñ </Key>"),
            "{text}"
        );
        let parsed: Delete = read("Delete", text.as_bytes()).unwrap();
        assert_eq!(parsed.object[0].key, key);
    }

    #[test]
    fn hostile_documents_are_refused() {
        let refused = |text: &str| read::<Delete>("Delete", text.as_bytes()).unwrap_err();
        assert!(matches!(refused("<Other/>"), XmlError::Root("Delete")));
        assert!(matches!(refused(""), XmlError::Empty));
        assert!(matches!(refused(" "), XmlError::Root("Delete")));
        assert!(matches!(refused("<Delete><Object>"), XmlError::Shape(_)));
        assert!(matches!(
            refused("<!DOCTYPE x [<!ENTITY a \"b\">]><Delete/>"),
            XmlError::DocumentType
        ));
        assert!(matches!(
            read::<Delete>("Delete", b"\xff"),
            Err(XmlError::NotText)
        ));
    }
}
