//! The format against its golden files, and against everything that must not open.

use proptest::prelude::{Strategy, any, prop};

use super::open::open_all;
use super::{
    Binding, Geometry, HEADER_BYTES, Opener, Position, Purpose, Sealer, open_whole, seal_whole,
    sealed_bytes,
};
use crate::crypto::aead::{Aead, Bulk, Small, TAG_BYTES};
use crate::crypto::error::OpenError;
use crate::crypto::secret::SecretKey;
use crate::types::ids::BlobId;
use crate::types::names::AgencyId;

const SEGMENT: usize = 4096;
const STRIDE: usize = SEGMENT + TAG_BYTES;

fn data_key() -> SecretKey {
    SecretKey::new(std::array::from_fn(|i| u8::try_from(i).unwrap()))
}

fn binding() -> Binding {
    Binding {
        agency: AgencyId::parse("registro-civil").unwrap(),
        blob_id: BlobId::new([0xb1; 16]),
        purpose: Purpose::Object,
    }
}

/// The rule of every plaintext in these tests: byte i is (31 i + i / 256) modulo 256.
fn plaintext(length: usize) -> Vec<u8> {
    (0..length)
        .map(|i| u8::try_from((31 * i + i / 256) % 256).unwrap())
        .collect()
}

fn seal<A: Aead>(length: usize, segment_bytes: u32) -> Vec<u8> {
    seal_in::<A>(&binding(), length, segment_bytes)
}

fn seal_in<A: Aead>(binding: &Binding, length: usize, segment_bytes: u32) -> Vec<u8> {
    let (mut sealer, header) = Sealer::<A>::with(&data_key(), binding, *b"prefix7", segment_bytes);
    let mut blob = header.to_vec();
    let plaintext = plaintext(length);
    let mut texts: Vec<&[u8]> = plaintext
        .chunks(usize::try_from(segment_bytes).unwrap())
        .collect();
    let last = texts.pop().unwrap_or_default();
    let inner = texts.into_iter().map(|text| (text, Position::Inner));
    for (text, position) in inner.chain([(last, Position::Last)]) {
        let mut segment = [text, &[0; TAG_BYTES]].concat();
        sealer.seal(&mut segment, position);
        blob.extend_from_slice(&segment);
    }
    blob
}

fn small_segments(length: usize) -> Vec<u8> {
    seal::<Bulk>(length, 4096)
}

fn open(blob: &[u8], length: usize) -> Result<Vec<u8>, OpenError> {
    open_all::<Bulk>(&data_key(), &binding(), length as u64, blob)
}

#[track_caller]
fn check_golden(name: &str, golden: &[u8], length: usize, segment_bytes: u32) {
    for opened in [
        open_all::<Bulk>(&data_key(), &binding(), length as u64, golden),
        open_all::<Small>(&data_key(), &binding(), length as u64, golden),
    ] {
        assert!(opened == Ok(plaintext(length)), "{name}");
    }
    // As long as version 1 is what we write, we still write exactly that.
    assert!(seal::<Bulk>(length, segment_bytes) == golden, "{name}");
    assert!(seal::<Small>(length, segment_bytes) == golden, "{name}");
}

macro_rules! golden {
    ($name:literal, $length:expr, $segment_bytes:expr) => {
        check_golden(
            $name,
            include_bytes!(concat!("../../../tests/golden/", $name)),
            $length,
            $segment_bytes,
        )
    };
}

#[test]
fn golden_blobs_open() {
    golden!("blob-v1-empty.bin", 0, 65_536);
    golden!("blob-v1-one-byte.bin", 1, 65_536);
    golden!("blob-v1-full-segment.bin", 65_536, 65_536);
    golden!("blob-v1-three-small-segments.bin", 10_000, 4_096);
}

#[test]
fn one_piece_and_many_are_one_format() {
    for length in [0, 1, 16 << 10, 65_536, 65_537, 200_000] {
        let whole = seal_whole(&data_key(), &binding(), &plaintext(length));
        assert_eq!(whole.len() as u64, sealed_bytes(length as u64), "{length}");
        assert!(open(&whole, length) == Ok(plaintext(length)), "{length}");
        let streamed = seal::<Bulk>(length, 65_536);
        let opened = open_whole(&data_key(), &binding(), length as u64, &streamed);
        assert!(opened == Ok(plaintext(length)), "{length}");
    }
}

/// Nothing that the format could not tell apart again.
#[test]
fn only_the_last_segment_may_be_short() {
    let seal = |length: usize, position| {
        std::panic::catch_unwind(|| {
            let (mut sealer, _) = Sealer::new(&data_key(), &binding());
            sealer.seal(&mut vec![0; length + TAG_BYTES], position);
        })
        .is_ok()
    };
    assert!(seal(65_536, Position::Inner) && seal(65_536, Position::Last));
    assert!(seal(0, Position::Last));
    assert!(!seal(65_535, Position::Inner));
    assert!(!seal(65_537, Position::Inner) && !seal(65_537, Position::Last));
}

#[test]
fn other_places_and_keys_do_not_open() {
    let blob = small_segments(10_000);
    let open = |data_key: &SecretKey, binding: &Binding| {
        open_whole(data_key, binding, 10_000, &blob).err()
    };
    assert_eq!(open(&data_key(), &binding()), None);
    assert_eq!(
        open(&SecretKey::random(), &binding()),
        Some(OpenError::Commitment)
    );
    let elsewhere = [
        Binding {
            agency: AgencyId::parse("registro-civi").unwrap(),
            ..binding()
        },
        Binding {
            blob_id: BlobId::new([0xb2; 16]),
            ..binding()
        },
        Binding {
            purpose: Purpose::Part,
            ..binding()
        },
    ];
    for place in elsewhere {
        assert_eq!(
            open(&data_key(), &place),
            Some(OpenError::Commitment),
            "{place:?}"
        );
    }
}

/// The commitment alone would refuse these; the segments refuse them by themselves too.
#[test]
fn segments_of_another_blob_do_not_open_behind_a_true_header() {
    let blob = small_segments(10_000);
    let place = Binding {
        purpose: Purpose::Part,
        ..binding()
    };
    let other = seal_in::<Bulk>(&place, 10_000, 4096);
    let mut spliced = blob[..HEADER_BYTES].to_vec();
    spliced.extend_from_slice(&other[HEADER_BYTES..]);
    assert_eq!(open(&spliced, 10_000), Err(OpenError::Forged));
    spliced.truncate(HEADER_BYTES + STRIDE);
    spliced.extend_from_slice(&blob[HEADER_BYTES + STRIDE..]);
    assert_eq!(open(&spliced, 10_000), Err(OpenError::Forged));
}

#[test]
fn segments_keep_their_number_and_their_end() {
    let blob = small_segments(3 * SEGMENT);
    let (header, segments) = blob.split_at(HEADER_BYTES);
    let arranged = |order: &[usize]| {
        let mut blob = header.to_vec();
        for index in order {
            blob.extend_from_slice(&segments[index * STRIDE..(index + 1) * STRIDE]);
        }
        open(&blob, order.len() * SEGMENT).map(|text| text.len())
    };
    assert_eq!(arranged(&[0, 1, 2]), Ok(3 * SEGMENT));
    for order in [
        &[1, 0, 2][..], // swapped
        &[0, 2, 1],
        &[0, 0, 2], // repeated
        &[0, 1],    // cut at a segment's border
        &[0],
        &[1, 2],       // beheaded
        &[0, 2],       // one dropped
        &[0, 1, 2, 2], // continued
        &[0, 1, 1, 2],
    ] {
        assert_eq!(arranged(order), Err(OpenError::Forged), "{order:?}");
    }
}

#[test]
fn a_promised_size_that_is_not_the_blobs_does_not_open() {
    let blob = small_segments(10_000);
    for promised in [0, 1, 9_999, 10_001, SEGMENT, 2 * SEGMENT, usize::MAX / 2] {
        assert_eq!(open(&blob, promised), Err(OpenError::Length), "{promised}");
    }
    // A range read meets the same wall: the true last segment is not where the size says.
    let opener = Opener::new(
        &data_key(),
        &binding(),
        2 * SEGMENT as u64,
        &blob[..HEADER_BYTES],
    );
    let opener = opener.unwrap();
    let mut segment = blob[HEADER_BYTES + STRIDE..HEADER_BYTES + 2 * STRIDE].to_vec();
    assert_eq!(opener.open(1, &mut segment), Err(OpenError::Forged));
    assert_eq!(opener.open(2, &mut segment), Err(OpenError::Length));
}

#[test]
fn headers_say_why_they_are_refused() {
    let blob = small_segments(1);
    let refusal = |change: fn(&mut Vec<u8>)| {
        let mut header = blob[..HEADER_BYTES].to_vec();
        change(&mut header);
        Opener::new(&data_key(), &binding(), 1, &header).err()
    };
    assert_eq!(refusal(|_| {}), None);
    assert_eq!(refusal(|h| h[0] = b'B'), Some(OpenError::Foreign));
    assert_eq!(refusal(|h| h[8] = 2), Some(OpenError::Format(2)));
    assert_eq!(refusal(|h| h[9] ^= 1), Some(OpenError::Commitment));
    assert_eq!(refusal(|h| h[18] = 0), Some(OpenError::SegmentSize(0)));
    assert_eq!(
        refusal(|h| h[17] = 0xff),
        Some(OpenError::SegmentSize(0xff_1000))
    );
    assert_eq!(refusal(|h| h[18] = 0x20), Some(OpenError::Commitment));
    assert_eq!(refusal(|h| h[20] ^= 1), Some(OpenError::Commitment));
    assert_eq!(refusal(|h| h.truncate(51)), Some(OpenError::Length));
    assert_eq!(refusal(|h| h.push(0)), Some(OpenError::Length));
    assert_eq!(refusal(Vec::clear), Some(OpenError::Length));
}

#[test]
fn ranges_touch_their_segments_only() {
    let check =
        |plain_bytes, range: std::ops::Range<u64>, expected: &[(u32, u64, usize, usize)]| {
            let geometry = Geometry::new(4096, plain_bytes).unwrap();
            let touched: Vec<_> = geometry.touched(range.clone()).collect();
            let seen: Vec<_> = touched
                .iter()
                .map(|t| (t.index, t.place.start, t.keep.start, t.keep.end))
                .collect();
            assert_eq!(seen, expected, "{range:?} of {plain_bytes}");
            let span = geometry.span(range);
            assert_eq!(span.start, touched.first().map_or(0, |t| t.place.start));
            assert_eq!(span.end, touched.last().map_or(0, |t| t.place.end));
        };
    check(0, 0..0, &[(0, 52, 0, 0)]);
    check(0, 5..9, &[]);
    check(10, 3..3, &[]);
    check(10, 0..10, &[(0, 52, 0, 10)]);
    check(10, 9..99, &[(0, 52, 9, 10)]);
    check(10, 10..99, &[]);
    check(8192, 4095..4097, &[(0, 52, 4095, 4096), (1, 4164, 0, 1)]);
    check(8192, 4096..8192, &[(1, 4164, 0, 4096)]);
    check(8193, 8000..9000, &[(1, 4164, 3904, 4096), (2, 8276, 0, 1)]);
    assert_eq!(Geometry::new(4096, 8192).unwrap().sealed_bytes(), 8276);
    assert_eq!(Geometry::new(4096, u64::MAX), None);
    assert_eq!(Geometry::new(0, 1), None);
}

fn lengths() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0, 1, 4095, 4096, 4097, 8192, 10_000])
}

proptest::proptest! {
    #[test]
    fn what_was_sealed_opens(length in 0_usize..20_000) {
        assert!(open(&seal::<Bulk>(length, 4096), length) == Ok(plaintext(length)));
    }

    #[test]
    fn a_flipped_bit_does_not_open(length in lengths(), at in any::<prop::sample::Index>()) {
        let mut blob = small_segments(length);
        let bit = at.index(blob.len() * 8);
        blob[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&blob, length).is_err());
    }

    #[test]
    fn a_cut_blob_does_not_open(length in lengths(), at in any::<prop::sample::Index>()) {
        let mut blob = small_segments(length);
        blob.truncate(at.index(blob.len()));
        for promised in [length, blob.len().saturating_sub(HEADER_BYTES + TAG_BYTES)] {
            assert!(open(&blob, promised).is_err());
        }
    }

    #[test]
    fn ranges_are_the_ranges_of_the_document(
        length in 1_usize..20_000,
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
    ) {
        let (a, b) = (a.index(length), b.index(length + 1));
        let range = a.min(b)..a.max(b);
        let blob = small_segments(length);
        let opener =
            Opener::new(&data_key(), &binding(), length as u64, &blob[..HEADER_BYTES]).unwrap();
        let mut read = Vec::new();
        for touched in opener.geometry().touched(range.start as u64..range.end as u64) {
            let at = |offset: u64| usize::try_from(offset).unwrap();
            let place = at(touched.place.start)..at(touched.place.end);
            let mut segment = blob[place].to_vec();
            let text = opener.open(touched.index, &mut segment).unwrap();
            read.extend_from_slice(&segment[..text][touched.keep]);
        }
        assert!(read == plaintext(length)[range]);
    }
}
