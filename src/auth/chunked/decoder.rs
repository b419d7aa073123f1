//! The decoder: bytes of the body in, bytes of the document out.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::signer::ChunkSigner;
use crate::auth::error::ChunkError;
use crate::auth::sigv4::payload::Streaming;
use crate::types::encoding;
use crate::types::limits;

const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// Decodes one body.
///
/// Memory: a line of at most [`limits::CHUNK_HEADER_BYTES_MAX`] or the trailers'
/// [`limits::TRAILER_BYTES_MAX`]; document bytes are slices of the input.
#[derive(Debug)]
pub struct ChunkDecoder {
    chain: Option<Chain>,
    trailers: Expected,
    /// Document bytes still to come.
    remaining: u64,
    line: Line,
    state: State,
}

#[derive(Debug)]
enum State {
    /// In a chunk's header line.
    Header,
    /// In a chunk's data, with so many bytes to come.
    Data(u64),
    /// At the end of line after a chunk's data.
    DataEnd,
    /// After the last chunk's header line.
    Trailers,
    /// Broken for good; nothing more is read.
    Failed(ChunkError),
}

/// The signatures' side: what was announced for the bytes that are being hashed.
#[derive(Debug)]
struct Chain {
    signer: ChunkSigner,
    hasher: Sha256,
    announced: [u8; 32],
}

impl Chain {
    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let hash = self.hasher.finalize_reset().into();
        self.check(|signer| signer.chunk(&hash))
    }

    fn check_trailers(&mut self) -> Result<(), ChunkError> {
        let hash = self.hasher.finalize_reset().into();
        self.check(|signer| signer.trailers(&hash))
    }

    fn check(&mut self, next: impl FnOnce(&mut ChunkSigner) -> [u8; 32]) -> Result<(), ChunkError> {
        if bool::from(next(&mut self.signer).ct_eq(&self.announced)) {
            Ok(())
        } else {
            Err(ChunkError::SignatureMismatch)
        }
    }
}

impl ChunkDecoder {
    /// A decoder for a body of this framing.
    ///
    /// `signer` is the one of the verified request, `announced` the value of `x-amz-trailer`,
    /// `decoded_length` that of `x-amz-decoded-content-length`.
    ///
    /// # Errors
    /// [`ChunkError::NotSigned`], [`ChunkError::MalformedTrailer`],
    /// [`ChunkError::TrailersNotAllowed`], [`ChunkError::TooManyTrailers`].
    pub fn new(
        framing: Streaming,
        signer: Option<ChunkSigner>,
        announced: Option<&str>,
        decoded_length: u64,
    ) -> Result<Self, ChunkError> {
        let chain = match (framing, signer) {
            (Streaming::UnsignedTrailer, _) => None,
            (Streaming::Signed | Streaming::SignedTrailer, Some(signer)) => Some(Chain {
                signer,
                hasher: Sha256::new(),
                announced: [0; 32],
            }),
            (Streaming::Signed | Streaming::SignedTrailer, None) => {
                return Err(ChunkError::NotSigned);
            }
        };
        Ok(Self {
            chain,
            trailers: Expected::parse(framing, announced)?,
            remaining: decoded_length,
            line: Line::default(),
            state: State::Header,
        })
    }

    /// Reads the next piece of the body and hands out the document bytes in it.
    ///
    /// # Errors
    /// Whatever is wrong with the body; the decoder is then of no more use and repeats itself.
    pub fn feed(
        &mut self,
        mut input: Bytes,
        out: &mut impl FnMut(Bytes),
    ) -> Result<(), ChunkError> {
        while !input.is_empty() {
            if let Err(error) = self.step(&mut input, out) {
                self.state = State::Failed(error.clone());
                return Err(error);
            }
        }
        Ok(())
    }

    /// Says that the body has ended, and gives its trailers.
    ///
    /// # Errors
    /// [`ChunkError::Incomplete`], [`ChunkError::TrailerMissing`], or what `feed` said before.
    pub fn finish(self) -> Result<Trailers, ChunkError> {
        match self.state {
            State::Trailers if self.line.is_empty() => self.trailers.finish(),
            State::Failed(error) => Err(error),
            State::Trailers | State::Header | State::Data(_) | State::DataEnd => {
                Err(ChunkError::Incomplete)
            }
        }
    }

    /// Takes at least one byte of a non-empty input, or fails.
    fn step(&mut self, input: &mut Bytes, out: &mut impl FnMut(Bytes)) -> Result<(), ChunkError> {
        match &mut self.state {
            State::Failed(error) => Err(error.clone()),
            State::Data(left) => {
                // Where usize is narrower than the rest of a chunk, the input is shorter still.
                let rest = usize::try_from(*left).unwrap_or(usize::MAX);
                let data = input.split_to(rest.min(input.len()));
                *left -= data.len() as u64;
                let done = *left == 0;
                if let Some(chain) = &mut self.chain {
                    chain.hasher.update(&data);
                }
                out(data);
                if done {
                    self.chain.as_mut().map_or(Ok(()), Chain::check_chunk)?;
                    self.state = State::DataEnd;
                }
                Ok(())
            }
            State::Header => {
                let max = limits::CHUNK_HEADER_BYTES_MAX;
                match self.line.take(input, max, ChunkError::HeaderTooLong)? {
                    Some(line) => self.begin_chunk(&line),
                    None => Ok(()),
                }
            }
            State::DataEnd => match self.line.take(input, 2, ChunkError::Framing)? {
                Some(line) if line == *b"\r\n" => {
                    self.state = State::Header;
                    Ok(())
                }
                Some(_) => Err(ChunkError::Framing),
                None => Ok(()),
            },
            State::Trailers => {
                let max = self.trailers.bytes_left;
                match self.line.take(input, max, ChunkError::TrailersTooLong)? {
                    Some(line) => self.trailers.line(&line, self.chain.as_mut()),
                    None => Ok(()),
                }
            }
        }
    }

    fn begin_chunk(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        let line = line.strip_suffix(b"\r\n").ok_or(ChunkError::Framing)?;
        let line = std::str::from_utf8(line).map_err(|_| ChunkError::InvalidSize)?;
        let (size, extension) = match line.split_once(';') {
            Some((size, extension)) => (size, Some(extension)),
            None => (line, None),
        };
        let size = parse_size(size)?;
        match (&mut self.chain, extension) {
            (None, None) => {}
            (None, Some(_)) => return Err(ChunkError::UnexpectedExtension),
            (Some(chain), extension) => {
                chain.announced = extension
                    .and_then(|e| e.strip_prefix("chunk-signature="))
                    .and_then(encoding::parse_hex)
                    .ok_or(ChunkError::SignatureMissing)?;
            }
        }
        self.remaining = self
            .remaining
            .checked_sub(size)
            .ok_or(ChunkError::LongerThanAnnounced)?;
        if size > 0 {
            self.state = State::Data(size);
            return Ok(());
        }
        if self.remaining > 0 {
            let missing = self.remaining;
            return Err(ChunkError::ShorterThanAnnounced { missing });
        }
        self.chain.as_mut().map_or(Ok(()), Chain::check_chunk)?;
        self.state = State::Trailers;
        Ok(())
    }
}

fn parse_size(text: &str) -> Result<u64, ChunkError> {
    // Sixteen digits fill 64 bits; `from_str_radix` alone would take a sign as well.
    if text.is_empty() || text.len() > 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(ChunkError::InvalidSize);
    }
    let size = u64::from_str_radix(text, 16).map_err(|_| ChunkError::InvalidSize)?;
    if size > limits::CHUNK_BYTES_MAX {
        return Err(ChunkError::ChunkTooLarge { bytes: size });
    }
    Ok(size)
}

/// Without the white space that HTTP lets stand around a value; no other.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// A line that may come in pieces.
#[derive(Debug, Default)]
struct Line(Vec<u8>);

impl Line {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes from the input up to the next line feed. Gives the whole line, its feed included, once
    /// it is there; a line of more than `max` bytes is `too_long`.
    fn take(
        &mut self,
        input: &mut Bytes,
        max: usize,
        too_long: ChunkError,
    ) -> Result<Option<Vec<u8>>, ChunkError> {
        let feed = input.iter().position(|b| *b == b'\n');
        let piece = input.split_to(feed.map_or(input.len(), |at| at + 1));
        if self.0.len() + piece.len() > max {
            return Err(too_long);
        }
        self.0.extend_from_slice(&piece);
        Ok(feed.map(|_| std::mem::take(&mut self.0)))
    }
}

/// The trailers of a body, each announced in `x-amz-trailer`, in the order of announcement.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Trailers(Vec<(Box<str>, Box<str>)>);

impl Trailers {
    /// The value of a trailer, by its name in lower case.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// All of them: names in lower case, values without space at their ends.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (&**n, &**v))
    }
}

/// The trailers on their way.
#[derive(Debug)]
struct Expected {
    named: Vec<(Box<str>, Option<Box<str>>)>,
    signature: TrailerSignature,
    bytes_left: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum TrailerSignature {
    /// This framing has none.
    None,
    /// It must still come.
    Awaited,
    /// It came and was right; nothing may follow.
    Checked,
}

impl Expected {
    fn parse(framing: Streaming, announced: Option<&str>) -> Result<Self, ChunkError> {
        let mut named = Vec::new();
        for name in announced.into_iter().flat_map(|list| list.split(',')) {
            let name = trim(name).to_ascii_lowercase().into_boxed_str();
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            if name.is_empty() || !name.bytes().all(is_name) || *name == *TRAILER_SIGNATURE {
                return Err(ChunkError::MalformedTrailer);
            }
            if named.iter().any(|(n, _)| *n == name) {
                return Err(ChunkError::MalformedTrailer);
            }
            if named.len() == limits::TRAILERS_MAX {
                return Err(ChunkError::TooManyTrailers);
            }
            named.push((name, None));
        }
        let signature = match framing {
            Streaming::Signed if !named.is_empty() => return Err(ChunkError::TrailersNotAllowed),
            Streaming::Signed | Streaming::UnsignedTrailer => TrailerSignature::None,
            Streaming::SignedTrailer => TrailerSignature::Awaited,
        };
        Ok(Self {
            named,
            signature,
            bytes_left: limits::TRAILER_BYTES_MAX,
        })
    }

    fn line(&mut self, line: &[u8], chain: Option<&mut Chain>) -> Result<(), ChunkError> {
        self.bytes_left = self.bytes_left.saturating_sub(line.len());
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        if self.signature == TrailerSignature::Checked {
            return Err(ChunkError::MalformedTrailer);
        }
        let line = std::str::from_utf8(line).map_err(|_| ChunkError::MalformedTrailer)?;
        if line.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return Err(ChunkError::MalformedTrailer);
        }
        let (name, value) = line.split_once(':').ok_or(ChunkError::MalformedTrailer)?;
        let (name, value) = (name.to_ascii_lowercase(), trim(value));
        match chain {
            Some(chain)
                if name == TRAILER_SIGNATURE && self.signature == TrailerSignature::Awaited =>
            {
                chain.announced = encoding::parse_hex(value).ok_or(ChunkError::SignatureMissing)?;
                chain.check_trailers()?;
                self.signature = TrailerSignature::Checked;
                return Ok(());
            }
            Some(chain) => {
                for piece in [name.as_bytes(), b":", value.as_bytes(), b"\n"] {
                    chain.hasher.update(piece);
                }
            }
            None => {}
        }
        let slot = self.named.iter_mut().find(|(n, _)| **n == *name);
        let (_, slot) = slot.ok_or(ChunkError::UnannouncedTrailer)?;
        match slot.replace(value.into()) {
            None => Ok(()),
            Some(_) => Err(ChunkError::MalformedTrailer),
        }
    }

    fn finish(self) -> Result<Trailers, ChunkError> {
        if self.signature == TrailerSignature::Awaited {
            return Err(ChunkError::SignatureMissing);
        }
        let mut trailers = Vec::with_capacity(self.named.len());
        for (name, value) in self.named {
            match value {
                Some(value) => trailers.push((name, value)),
                None => return Err(ChunkError::TrailerMissing { name }),
            }
        }
        Ok(Trailers(trailers))
    }
}
