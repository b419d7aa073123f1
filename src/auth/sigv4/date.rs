//! The time of a signed request.

use crate::auth::error::Error;
use crate::auth::head::RequestHead;
use crate::types::clock::Time;

/// A request's time in the form that is signed.
#[derive(Clone, Copy, Debug)]
pub(in crate::auth) struct AmzDate {
    pub(in crate::auth) text: [u8; 16],
    pub(in crate::auth) time: Time,
}

impl AmzDate {
    /// Reads `yyyymmddThhmmssZ`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let time = Time::parse_amz_date(text)?;
        let text = text.as_bytes().try_into().ok()?;
        Some(Self { text, time })
    }

    /// The form of a moment.
    pub(in crate::auth) fn of(time: Time) -> Self {
        let time = Time::from_seconds(time.seconds());
        // A calendar year beyond 9999 has no such form; it is refused as any other skew is.
        Self::parse(&time.amz_date()).unwrap_or(Self {
            text: *b"19700101T000000Z",
            time: Time::from_seconds(0),
        })
    }

    /// `x-amz-date`, or else `date` in either form.
    pub(super) fn of_headers(head: &RequestHead<'_>) -> Result<Self, Error> {
        if let Some(text) = head.single("x-amz-date")? {
            return Self::parse(text).ok_or(Error::MissingDate);
        }
        let text = head.single("date")?.ok_or(Error::MissingDate)?;
        Self::parse(text)
            .or_else(|| Time::parse_http_date(text).map(Self::of))
            .ok_or(Error::MissingDate)
    }

    /// Its day, `yyyymmdd`.
    pub(super) fn day(&self) -> [u8; 8] {
        let mut day = [0; 8];
        for (to, from) in day.iter_mut().zip(self.text) {
            *to = from;
        }
        day
    }
}
