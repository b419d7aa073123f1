//! What the pages of objects, versions and uploads have in common.

use rusqlite::{Row, Rows};

use super::super::error::Error;
use super::walk::{Walk, successor};
use crate::types::limits;

/// What a page is to hold. `A` is what entries come after: the `next` of the page before.
#[derive(Clone, Debug)]
pub struct ListQuery<A = String> {
    /// Keys begin with this.
    pub prefix: String,
    /// Keys with this behind the prefix are folded into their common prefix; empty is none.
    pub delimiter: Option<String>,
    /// Entries sort after this. A key may be any text; one that is a common prefix is followed by
    /// all that it stands for.
    pub after: Option<A>,
    /// Entries at most; also at most `limits::LIST_PAGE_MAX`.
    pub limit: u32,
}

/// One entry of a page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ListEntry<T> {
    /// An object, version or upload.
    Object(T),
    /// A common prefix of at least one.
    Prefix(String),
}

/// A page, by key in the binary order of UTF-8.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListPage<T, A = String> {
    /// Its entries.
    pub entries: Vec<ListEntry<T>>,
    /// There is more: what the next page comes `after`.
    pub next: Option<A>,
}

/// A page being filled.
pub(super) struct Pager<'q, T> {
    walk: &'q Walk,
    limit: usize,
    entries: Vec<ListEntry<T>>,
    is_truncated: bool,
}

/// How one run over rows ended.
pub(super) enum Ended {
    /// The page is complete.
    Page,
    /// The rows are over.
    Rows,
    /// At a common prefix; the least key behind it.
    Before(Vec<u8>),
}

impl<'q, T> Pager<'q, T> {
    pub(super) fn new<A>(query: &ListQuery<A>, walk: &'q Walk) -> Self {
        let limit = usize::try_from(query.limit.min(limits::LIST_PAGE_MAX)).unwrap_or(0);
        Self {
            walk,
            limit,
            entries: Vec::with_capacity(limit),
            is_truncated: false,
        }
    }

    /// Takes rows, whose first column is the key, up to a full page, their end or a common prefix.
    pub(super) fn fill(
        &mut self,
        mut rows: Rows<'_>,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Ended, Error> {
        if self.limit == 0 {
            return Ok(Ended::Page);
        }
        while let Some(row) = rows.next()? {
            if self.entries.len() == self.limit {
                self.is_truncated = true;
                return Ok(Ended::Page);
            }
            let object_key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            if let Some(common) = self.walk.common_prefix(object_key) {
                // It ends with the delimiter, so it is as whole as the key that it was cut from.
                let text = String::from_utf8_lossy(common).into_owned();
                self.entries.push(ListEntry::Prefix(text));
                return Ok(successor(common).map_or(Ended::Rows, Ended::Before));
            }
            self.entries.push(ListEntry::Object(read(row)?));
        }
        Ok(Ended::Rows)
    }

    /// Runs from `start` on, and on from wherever a run of `fill` ends, until the page is complete.
    pub(super) fn walk(
        &mut self,
        start: Option<Vec<u8>>,
        mut fill: impl FnMut(&mut Self, &[u8]) -> Result<Ended, Error>,
    ) -> Result<(), Error> {
        let mut from = start;
        while let Some(start) = from {
            from = match fill(self, &start)? {
                Ended::Page | Ended::Rows => None,
                Ended::Before(next) => Some(next),
            };
        }
        Ok(())
    }

    /// The page, with what the next one comes after made of its last entry.
    pub(super) fn page<A>(self, next: impl FnOnce(&ListEntry<T>) -> A) -> ListPage<T, A> {
        let last = self.entries.last().filter(|_| self.is_truncated);
        ListPage {
            next: last.map(next),
            entries: self.entries,
        }
    }
}
