//! Bodies framed as aws-chunked: signed, with trailers, and what is wrong with them.

use acervo::auth::chunked::signer::ChunkSigner;
use acervo::auth::sigv4::payload::{PayloadHash, Streaming};
use acervo::crypto::digest::{DigestPlan, Digests, sha256};
use acervo::types::checksum::ChecksumAlgorithm;
use acervo::types::encoding;

use crate::support::answer::Answer;
use crate::support::caller::Caller;
use crate::support::noise;
use crate::support::request::Wired;
use crate::support::server::Server;

/// What is done to a body on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Harm {
    None,
    /// One bit of the document, after the signing.
    Flipped,
    /// The last chunk is missing, and the connection ends.
    Cut,
    /// The last chunk is missing, and the announced length says so.
    Shortened,
    /// More document than announced.
    Longer,
    WrongTrailer,
    NoTrailer,
    UnannouncedTrailer,
    /// The trailers' signature is another one.
    TrailerSignature,
    /// The first chunk twice.
    Repeated,
    NotHexadecimal,
}

const CHUNK: usize = 70_000;

fn crc32(bytes: &[u8]) -> String {
    let mut digests = Digests::new(&DigestPlan {
        md5: false,
        sha256: false,
        checksums: vec![ChecksumAlgorithm::Crc32],
    });
    digests.update(bytes);
    digests
        .finish()
        .checksum(ChecksumAlgorithm::Crc32)
        .unwrap()
        .base64()
}

/// The framed form of a document.
fn framed(document: &[u8], framing: Streaming, signer: Option<ChunkSigner>, harm: Harm) -> Vec<u8> {
    let mut signer = signer.filter(|_| framing != Streaming::UnsignedTrailer);
    let mut framed = Vec::new();
    let mut chunk = |bytes: &[u8]| {
        let size = if harm == Harm::NotHexadecimal {
            "zz".to_owned()
        } else {
            format!("{:x}", bytes.len())
        };
        let mut text = size.into_bytes();
        if let Some(signer) = &mut signer {
            let signature = signer.chunk(&sha256(bytes));
            text.extend_from_slice(b";chunk-signature=");
            text.extend_from_slice(encoding::hex(&signature).as_bytes());
        }
        text.extend_from_slice(b"\r\n");
        let mut bytes = bytes.to_vec();
        if harm == Harm::Flipped && !bytes.is_empty() {
            bytes[0] ^= 1;
        }
        text.extend_from_slice(&bytes);
        if !bytes.is_empty() {
            text.extend_from_slice(b"\r\n");
        }
        text
    };
    for bytes in document.chunks(CHUNK) {
        let text = chunk(bytes);
        framed.extend_from_slice(&text);
        if harm == Harm::Repeated {
            framed.extend_from_slice(&text);
        }
    }
    if matches!(harm, Harm::Cut | Harm::Shortened) {
        return framed;
    }
    framed.extend_from_slice(&chunk(b""));
    if framing != Streaming::Signed && harm != Harm::NoTrailer {
        let value = if harm == Harm::WrongTrailer {
            crc32(b"other")
        } else {
            crc32(document)
        };
        let name = if harm == Harm::UnannouncedTrailer {
            "x-amz-checksum-sha1"
        } else {
            "x-amz-checksum-crc32"
        };
        framed.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
        if let Some(signer) = &mut signer {
            let hashed = sha256(format!("{name}:{value}\n").as_bytes());
            let mut signature = signer.trailers(&hashed);
            if harm == Harm::TrailerSignature {
                signature[0] ^= 1;
            }
            framed.extend_from_slice(b"x-amz-trailer-signature:");
            framed.extend_from_slice(encoding::hex(&signature).as_bytes());
            framed.extend_from_slice(b"\r\n");
        }
    }
    framed.extend_from_slice(b"\r\n");
    framed
}

/// Puts a document framed; the harm is done on the way.
fn put(caller: &Caller, document: &[u8], framing: Streaming, harm: Harm) -> Answer {
    let announced = match harm {
        Harm::Longer => document.len() - 1,
        _ => document.len(),
    };
    let wired = |length: usize| {
        let mut ask = caller
            .at("PUT", "actas/a")
            .payload(PayloadHash::Streaming(framing))
            .header("content-encoding", "aws-chunked")
            .header("x-amz-decoded-content-length", &announced.to_string())
            .content_length(Some(length as u64));
        if framing != Streaming::Signed {
            ask = ask.header("x-amz-trailer", "x-amz-checksum-crc32");
        }
        ask.wired()
    };
    // The length of the framing does not depend on the signatures, which depend on no length.
    let length_harm = if harm == Harm::Cut { Harm::None } else { harm };
    let length = framed(document, framing, wired(0).chunks, length_harm).len();
    let Wired { head, chunks, .. } = wired(length);
    let body = framed(document, framing, chunks, harm);
    let mut wire = crate::support::wire::Wire::to(&caller.address);
    wire.send(&head);
    wire.send_if_heard(&body);
    if harm == Harm::Cut {
        wire.end();
    }
    wire.answer("PUT")
}

const FRAMINGS: [Streaming; 3] = [
    Streaming::Signed,
    Streaming::SignedTrailer,
    Streaming::UnsignedTrailer,
];

#[test]
fn framed_documents_come_back_unframed() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for framing in FRAMINGS {
        for size in [0, 1, 16_384, 16_385, CHUNK, 3 * CHUNK + 5] {
            let document = noise(size as u64, size);
            let answer = put(&agency, &document, framing, Harm::None).ok();
            if framing != Streaming::Signed {
                answer.has("x-amz-checksum-crc32", &crc32(&document));
            }
            let got = agency.get("actas/a").send();
            assert_eq!(got.header("content-encoding"), None, "{framing:?}");
            got.holds(&document);
        }
    }
}

#[test]
fn a_token_sends_unsigned_chunks_only() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let bearer = server.with_token(server.credential("bearer_token"));
    let document = noise(1, 100_000);
    put(&bearer, &document, Streaming::UnsignedTrailer, Harm::None).ok();
    agency.get("actas/a").send().holds(&document);
    put(&bearer, &document, Streaming::Signed, Harm::None).refused(400, "InvalidRequest");
}

#[test]
fn a_harmed_body_is_refused_and_nothing_is_stored() {
    use Harm::*;
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    for size in [900, 3 * CHUNK] {
        let document = noise(1, size);
        for (framing, harm, code) in [
            (Streaming::Signed, Flipped, "SignatureDoesNotMatch"),
            (Streaming::Signed, Cut, "IncompleteBody"),
            (Streaming::Signed, Shortened, "IncompleteBody"),
            (Streaming::Signed, Longer, "IncompleteBody"),
            (
                Streaming::Signed,
                Repeated,
                "IncompleteBody|SignatureDoesNotMatch",
            ),
            (Streaming::Signed, NotHexadecimal, "IncompleteBody"),
            (Streaming::SignedTrailer, Flipped, "SignatureDoesNotMatch"),
            (Streaming::SignedTrailer, WrongTrailer, "BadDigest"),
            (
                Streaming::SignedTrailer,
                NoTrailer,
                "MalformedTrailerError|SignatureDoesNotMatch",
            ),
            (
                Streaming::SignedTrailer,
                TrailerSignature,
                "SignatureDoesNotMatch",
            ),
            (Streaming::SignedTrailer, Shortened, "IncompleteBody"),
            (Streaming::UnsignedTrailer, Flipped, "BadDigest"),
            (Streaming::UnsignedTrailer, WrongTrailer, "BadDigest"),
            (
                Streaming::UnsignedTrailer,
                NoTrailer,
                "MalformedTrailerError",
            ),
            (
                Streaming::UnsignedTrailer,
                UnannouncedTrailer,
                "MalformedTrailerError",
            ),
            (Streaming::UnsignedTrailer, Cut, "IncompleteBody"),
            (Streaming::UnsignedTrailer, Shortened, "IncompleteBody"),
            (Streaming::UnsignedTrailer, Longer, "IncompleteBody"),
            (Streaming::UnsignedTrailer, Repeated, "IncompleteBody"),
            (Streaming::UnsignedTrailer, NotHexadecimal, "IncompleteBody"),
        ] {
            let answer = put(&agency, &document, framing, harm);
            let told = answer.code();
            let status = if told == "SignatureDoesNotMatch" {
                403
            } else {
                400
            };
            let is_expected = code.split('|').any(|code| code == told);
            assert!(
                answer.status == status && is_expected,
                "{framing:?} {harm:?} {size}: {}",
                answer.text()
            );
            assert!(agency.keys_of("actas").is_empty(), "{framing:?} {harm:?}");
        }
    }
}

#[test]
fn a_framed_body_says_how_long_the_document_is() {
    let server = Server::start();
    let agency = server.agency();
    agency.make_bucket("actas").ok();
    let put = || {
        let payload = PayloadHash::Streaming(Streaming::Signed);
        agency.put("actas/a", b"0\r\n\r\n").payload(payload)
    };
    put().refused(411, "MissingContentLength");
    for length in ["-1", "x", "1e9", ""] {
        let refused = put().header("x-amz-decoded-content-length", length).send();
        assert_eq!(refused.status / 100, 4, "{length:?} {}", refused.text());
    }
    let huge = put().header("x-amz-decoded-content-length", &(6_u64 << 30).to_string());
    huge.refused(400, "EntityTooLarge");
    assert!(agency.keys_of("actas").is_empty());
}
