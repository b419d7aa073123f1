//! The published examples, bodies cut in every way, and the table of refusals.

use bytes::Bytes;
use proptest::prelude::{any, prop, proptest};
use sha2::{Digest, Sha256};

use super::decoder::{ChunkDecoder, Trailers};
use super::signer::ChunkSigner;
use crate::auth::error::ChunkError;
use crate::auth::sigv4::date::AmzDate;
use crate::auth::sigv4::key::{Scope, SigningKey};
use crate::auth::sigv4::payload::Streaming;
use crate::crypto::secret::SecretText;
use crate::types::clock::Time;
use crate::types::encoding::{hex, parse_hex};
use crate::types::limits;

const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const TRAILER_SEED: &str = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

/// The signer of the published examples.
fn signer(seed: &str) -> ChunkSigner {
    let secret = SecretText::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
    let scope = Scope {
        date: *b"20130524",
        region: "us-east-1",
        service: "s3",
    };
    let date = AmzDate::of(Time::from_seconds(1_369_353_600));
    let key = SigningKey::derive(&secret, &scope);
    ChunkSigner::new(key, &date, &scope, &parse_hex(seed).unwrap())
}

#[derive(Clone, Copy)]
struct Setup {
    framing: Streaming,
    announced: Option<&'static str>,
    length: u64,
}

const SIGNED: Setup = Setup {
    framing: Streaming::Signed,
    announced: None,
    length: 5,
};
const SIGNED_TRAILER: Setup = Setup {
    framing: Streaming::SignedTrailer,
    announced: Some("x-amz-checksum-crc32"),
    length: 5,
};
const UNSIGNED: Setup = Setup {
    framing: Streaming::UnsignedTrailer,
    announced: Some("X-Amz-Checksum-Crc32"),
    length: 5,
};

impl Setup {
    fn decoder(self, seed: &str) -> Result<ChunkDecoder, ChunkError> {
        ChunkDecoder::new(
            self.framing,
            Some(signer(seed)),
            self.announced,
            self.length,
        )
    }

    /// Decodes a body that arrives in these pieces.
    fn decode<'a>(
        self,
        seed: &str,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(Vec<u8>, Trailers), ChunkError> {
        let mut decoder = self.decoder(seed)?;
        let mut document = Vec::new();
        for piece in pieces {
            let mut out = |bytes: Bytes| document.extend_from_slice(&bytes);
            decoder.feed(Bytes::copy_from_slice(piece), &mut out)?;
        }
        Ok((document, decoder.finish()?))
    }
}

/// A body of these chunks as a client frames it.
fn encode(framing: Streaming, chunks: &[&[u8]], trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut signer = signer(SEED);
    let mut body = Vec::new();
    for chunk in chunks.iter().chain(&[&b""[..]]) {
        body.extend_from_slice(format!("{:x}", chunk.len()).as_bytes());
        if framing != Streaming::UnsignedTrailer {
            let signature = hex(&signer.chunk(&Sha256::digest(chunk).into()));
            body.extend_from_slice(format!(";chunk-signature={signature}").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(chunk);
        if !chunk.is_empty() {
            body.extend_from_slice(b"\r\n");
        }
    }
    let mut lines = String::new();
    for (name, value) in trailers {
        body.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
        lines.push_str(&format!("{name}:{value}\n"));
    }
    if framing == Streaming::SignedTrailer {
        let signature = hex(&signer.trailers(&Sha256::digest(&lines).into()));
        body.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
    }
    body.extend_from_slice(b"\r\n");
    body
}

const CHECKSUM: (&str, &str) = ("x-amz-checksum-crc32", "AAAAAA==");

fn good(setup: Setup) -> Vec<u8> {
    let trailers = setup.announced.map(|_| CHECKSUM);
    encode(setup.framing, &[b"ho", b"la!"], trailers.as_slice())
}

/// The bodies of the published examples: 65 KiB of `a` in chunks of 64 KiB.
fn published(signatures: [&str; 3], end: &str) -> Vec<u8> {
    let [first, second, last] = signatures;
    let a = "a".repeat(65_536);
    format!(
        "10000;chunk-signature={first}\r\n{a}\r\n400;chunk-signature={second}\r\n{}\r\n\
         0;chunk-signature={last}\r\n{end}",
        "a".repeat(1_024)
    )
    .into_bytes()
}

#[test]
fn published_example_of_signed_chunks() {
    let body = published(
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ],
        "\r\n",
    );
    assert_eq!(body.len(), 66_824, "the Content-Length of the example");
    let setup = Setup {
        length: 66_560,
        ..SIGNED
    };
    for piece in [1, 7, 4_096, 70_000] {
        let (document, trailers) = setup.decode(SEED, body.chunks(piece)).unwrap();
        assert_eq!(document, vec![b'a'; 66_560]);
        assert_eq!(trailers, Trailers::default());
    }
    let refused = setup.decode(TRAILER_SEED, [&*body]);
    assert_eq!(refused, Err(ChunkError::SignatureMismatch));
}

#[test]
fn published_example_of_trailers() {
    let signatures = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ];
    let checksum = "x-amz-checksum-crc32c:sOO8/Q==";
    let signature = "x-amz-trailer-signature:\
                     d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
    let setup = Setup {
        announced: Some("x-amz-checksum-crc32c"),
        length: 66_560,
        ..SIGNED_TRAILER
    };
    // As the SDKs of AWS end their trailers, without the empty line, as minio-go does, and as the
    // documentation's grammar has it.
    for end in [
        format!("{checksum}\r\n{signature}\r\n\r\n"),
        format!("{checksum}\r\n{signature}\r\n"),
        format!("{checksum}\n\r\n{signature}\r\n\r\n"),
        format!("\r\n{checksum}\r\n{signature}\r\n"),
        format!("X-Amz-Checksum-Crc32c: sOO8/Q== \r\n{signature}\r\n"),
    ] {
        let body = published(signatures, &end);
        let (document, trailers) = setup.decode(TRAILER_SEED, body.chunks(1_000)).unwrap();
        assert_eq!(document.len(), 66_560);
        assert_eq!(trailers.value("x-amz-checksum-crc32c"), Some("sOO8/Q=="));
        assert_eq!(trailers.iter().count(), 1);
    }
    let body = published(signatures, &format!("{checksum}=\r\n{signature}\r\n"));
    let refused = setup.decode(TRAILER_SEED, [&*body]);
    assert_eq!(refused, Err(ChunkError::SignatureMismatch));
}

#[test]
fn document_bytes_are_slices_of_the_input() {
    let input = Bytes::from(good(UNSIGNED));
    let within = input.as_ptr_range();
    let mut decoder = UNSIGNED.decoder(SEED).unwrap();
    let mut seen = 0;
    let mut out = |bytes: Bytes| {
        assert!(within.contains(&bytes.as_ptr()));
        seen += bytes.len();
    };
    decoder.feed(input.clone(), &mut out).unwrap();
    assert_eq!(seen, 5);
}

#[test]
fn empty_documents() {
    for framing in [Streaming::Signed, Streaming::UnsignedTrailer] {
        let setup = Setup {
            framing,
            announced: None,
            length: 0,
        };
        let body = encode(framing, &[], &[]);
        let (document, trailers) = setup.decode(SEED, [&*body]).unwrap();
        assert_eq!((document, trailers), (Vec::new(), Trailers::default()));
    }
}

#[test]
fn every_prefix_of_a_body_is_refused() {
    for setup in [SIGNED, SIGNED_TRAILER, UNSIGNED] {
        let body = good(setup);
        assert!(setup.decode(SEED, [&*body]).is_ok());
        // Only the empty line at the very end may be missing.
        for length in 0..body.len() - 2 {
            let refused = setup.decode(SEED, [&body[..length]]);
            assert!(refused.is_err(), "{length} of {} bytes", body.len());
        }
    }
}

#[test]
fn every_changed_byte_of_a_signed_body_is_refused() {
    for setup in [SIGNED, SIGNED_TRAILER] {
        let body = good(setup);
        for at in 0..body.len() - 2 {
            let mut changed = body.clone();
            changed[at] ^= 1;
            let refused = setup.decode(SEED, [&*changed]);
            assert!(refused.is_err(), "byte {at}: {refused:?}");
        }
    }
}

#[test]
fn refusals_of_bodies() {
    #[track_caller]
    fn check(setup: Setup, body: &str, refusal: ChunkError) {
        let result = setup.decode(SEED, [body.as_bytes()]);
        assert_eq!(result, Err(refusal));
    }
    let checksum = "x-amz-checksum-crc32:AAAAAA==\r\n";
    let name = "x-amz-checksum-crc32".into();
    let missing = ChunkError::TrailerMissing { name };
    let long = "1".repeat(limits::CHUNK_HEADER_BYTES_MAX);
    check(UNSIGNED, &long, ChunkError::Incomplete);
    check(UNSIGNED, &format!("{long}1"), ChunkError::HeaderTooLong);
    for size in ["", "g", "-1", "+5", "0x5", " 5", "5 ", "00000000000000005"] {
        check(UNSIGNED, &format!("{size}\r\n"), ChunkError::InvalidSize);
    }
    check(UNSIGNED, "5\nhola!\r\n", ChunkError::Framing);
    check(UNSIGNED, "5\r\nhola!!\r\n", ChunkError::Framing);
    check(UNSIGNED, "5\r\nhola!\n\r\n", ChunkError::Framing);
    check(UNSIGNED, "5;a=b\r\nhola!", ChunkError::UnexpectedExtension);
    check(UNSIGNED, "6\r\n", ChunkError::LongerThanAnnounced);
    check(
        UNSIGNED,
        "3\r\nhol\r\n3\r\n",
        ChunkError::LongerThanAnnounced,
    );
    let bytes = limits::CHUNK_BYTES_MAX + 1;
    let too_large = ChunkError::ChunkTooLarge { bytes };
    check(UNSIGNED, &format!("{bytes:x}\r\n"), too_large);
    let short = ChunkError::ShorterThanAnnounced { missing: 2 };
    check(UNSIGNED, "3\r\nhol\r\n0\r\n\r\n", short);
    let head = "5\r\nhola!\r\n0\r\n";
    check(UNSIGNED, head, missing.clone());
    check(UNSIGNED, &format!("{head}\r\n"), missing);
    check(
        UNSIGNED,
        &format!("{head}x-amz-meta-a:1\r\n"),
        ChunkError::UnannouncedTrailer,
    );
    check(
        UNSIGNED,
        &format!("{head}{checksum}x-amz-trailer-signature:{SEED}\r\n"),
        ChunkError::UnannouncedTrailer,
    );
    let malformed = ChunkError::MalformedTrailer;
    for end in ["nothing\r\n", "\u{1}\r\n", &[checksum; 2].concat()] {
        check(UNSIGNED, &format!("{head}{end}"), malformed.clone());
    }
    let empty_lines = "\r\n".repeat(limits::TRAILER_BYTES_MAX / 2 + 1);
    let too_long = ChunkError::TrailersTooLong;
    check(
        UNSIGNED,
        &format!("{head}{checksum}{empty_lines}"),
        too_long,
    );
}

#[test]
fn refusals_of_signed_bodies() {
    let missing = || Err(ChunkError::SignatureMissing);
    let check = |body: &str| SIGNED.decode(SEED, [body.as_bytes()]);
    assert_eq!(check("5\r\nhola!"), missing());
    assert_eq!(check("5;chunk-signature=\r\nhola!"), missing());
    assert_eq!(check(&format!("5;signature={SEED}\r\nhola!")), missing());
    assert_eq!(
        check(&format!("5;chunk-signature={SEED};a=b\r\nhola!")),
        missing()
    );

    let mut body = good(SIGNED_TRAILER);
    body.extend_from_slice(b"x-amz-checksum-crc32:AAAAAA==\r\n");
    let refused = SIGNED_TRAILER.decode(SEED, [&*body]);
    assert_eq!(refused, Err(ChunkError::MalformedTrailer));

    let trailers = [CHECKSUM];
    let body = encode(Streaming::UnsignedTrailer, &[b"hola!"], &trailers);
    assert_eq!(SIGNED_TRAILER.decode(SEED, [&*body]), missing());
    let body = encode(Streaming::Signed, &[b"hola!"], &trailers);
    assert_eq!(SIGNED_TRAILER.decode(SEED, [&*body]), missing());
    let refused = SIGNED.decode(SEED, [&*body]);
    assert_eq!(refused, Err(ChunkError::UnannouncedTrailer));
}

#[test]
fn refusals_of_announcements() {
    #[track_caller]
    fn check(framing: Streaming, announced: &str, refusal: ChunkError) {
        let result = ChunkDecoder::new(framing, Some(signer(SEED)), Some(announced), 0);
        assert_eq!(result.err(), Some(refusal));
    }
    let unsigned = Streaming::UnsignedTrailer;
    for announced in ["", "a,", "a b", "a:b", "a,A", "x-amz-trailer-signature"] {
        check(unsigned, announced, ChunkError::MalformedTrailer);
    }
    let many: Vec<_> = (0..=limits::TRAILERS_MAX)
        .map(|n| format!("t{n}"))
        .collect();
    check(unsigned, &many.join(","), ChunkError::TooManyTrailers);
    check(Streaming::Signed, "a", ChunkError::TrailersNotAllowed);
    let result = ChunkDecoder::new(Streaming::Signed, None, None, 0);
    assert_eq!(result.err(), Some(ChunkError::NotSigned));
}

#[test]
fn a_failed_decoder_stays_failed() {
    let mut decoder = UNSIGNED.decoder(SEED).unwrap();
    let mut out = |_| panic!("no document bytes");
    let refused = Err(ChunkError::InvalidSize);
    assert_eq!(
        decoder.feed(Bytes::from_static(b"x\r\n"), &mut out),
        refused
    );
    assert_eq!(
        decoder.feed(Bytes::from_static(b"5\r\n"), &mut out),
        refused
    );
    assert_eq!(decoder.finish().err(), Some(ChunkError::InvalidSize));
}

proptest! {
    #[test]
    fn any_chunks_in_any_pieces_come_back(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let document = chunks.concat();
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        for setup in [SIGNED, SIGNED_TRAILER, UNSIGNED] {
            let trailers = setup.announced.map(|_| CHECKSUM);
            let body = encode(setup.framing, &chunks, trailers.as_slice());
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len())).collect();
            at.extend([0, body.len()]);
            at.sort_unstable();
            let pieces = at.windows(2).map(|pair| &body[pair[0]..pair[1]]);
            let setup = Setup { length: document.len() as u64, ..setup };
            let (decoded, _) = setup.decode(SEED, pieces).unwrap();
            assert_eq!(decoded, document);
        }
    }

    #[test]
    fn no_input_makes_it_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
        for setup in [SIGNED, SIGNED_TRAILER, UNSIGNED] {
            let _ = setup.decode(SEED, [&*input]);
        }
    }
}
