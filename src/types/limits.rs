//! Every limit of the house, by name (law 10). What an operator may tune is in `config`, with these
//! as its bounds.

/// Bytes of an object's key. Source: AWS S3 User Guide, "Naming Amazon S3 objects".
pub const OBJECT_KEY_BYTES_MAX: usize = 1_024;
/// Bytes of an object: 50 TB. Source: AWS S3 User Guide, "Uploading objects".
pub const OBJECT_BYTES_MAX: u64 = 50 * 1_000 * 1_000 * 1_000 * 1_000;
/// Bytes of one PUT or one part: 5 GiB. Source: AWS S3 User Guide, "Multipart upload limits".
pub const PUT_BYTES_MAX: u64 = 5 << 30;
/// Bytes of any part but the last: 5 MiB. Source: AWS S3 User Guide, "Multipart upload limits".
pub const PART_BYTES_MIN: u64 = 5 << 20;
/// Bytes of all user metadata names and values together. Source: AWS S3 User Guide,
/// "Working with object metadata".
pub const USER_METADATA_BYTES_MAX: usize = 2 << 10;
/// Bytes of a request's XML body: a DeleteObjects of 1,000 keys of 1,024 bytes, each escaped, and a
/// CompleteMultipartUpload of 10,000 parts with every checksum, both fit.
pub const XML_BODY_BYTES_MAX: usize = 8 << 20;
/// Keys of one DeleteObjects. Source: AWS S3 API, DeleteObjects.
pub const DELETE_KEYS_MAX: usize = 1_000;
/// Entries of a page of any list. Source: AWS S3 API, ListObjectsV2.
pub const LIST_PAGE_MAX: u32 = 1_000;
/// Bytes of a document that is stored in the index instead of as a blob of its own.
pub const INLINE_BYTES_MAX: usize = 16 << 10;
/// Bytes of plaintext in a sealed segment, unless a blob's header says otherwise.
pub const SEGMENT_BYTES: u32 = 64 << 10;
/// Bytes read from or written to a blob at a time.
pub const BLOB_IO_BYTES: usize = 256 << 10;
/// Seconds for which a presigned URL may live. Source: AWS S3 API, "Authenticating Requests: Using
/// Query Parameters".
pub const PRESIGN_SECONDS_MAX: u64 = 604_800;
/// Seconds by which a client's clock may differ. Source: AWS S3 API, RequestTimeTooSkewed.
pub const CLOCK_SKEW_SECONDS: i64 = 900;
/// Bytes of an aws-chunked chunk header line, extensions included.
pub const CHUNK_HEADER_BYTES_MAX: usize = 256;
/// Bytes of one aws-chunked chunk: SDKs send 64 KiB to 1 MiB.
pub const CHUNK_BYTES_MAX: u64 = 128 << 20;
/// Bytes of all trailers of one body.
pub const TRAILER_BYTES_MAX: usize = 4 << 10;
/// Bytes of a Bearer token.
pub const TOKEN_BYTES_MAX: usize = 16 << 10;
/// Buckets of one agency.
pub const BUCKETS_MAX: u64 = 10_000;
/// Access keys of one agency.
pub const ACCESS_KEYS_MAX: u64 = 10_000;
/// Agencies of one installation.
pub const AGENCIES_MAX: u64 = 1_000;
/// Uploads in progress in one agency.
pub const UPLOADS_MAX: u64 = 100_000;
/// Changes that one group commit takes.
pub const GROUP_COMMANDS_MAX: usize = 256;
/// Bytes of inline documents that one group commit takes.
pub const GROUP_BYTES_MAX: usize = 4 << 20;
/// Changes waiting for one agency's writer; more are answered `SlowDown`.
pub const WRITER_QUEUE_MAX: usize = 4_096;
/// Audit entries of reads waiting for one agency's writer; more slow requests down.
pub const AUDIT_QUEUE_MAX: usize = 65_536;

const _: () = {
    assert!(INLINE_BYTES_MAX <= SEGMENT_BYTES as usize);
    assert!(BLOB_IO_BYTES % SEGMENT_BYTES as usize == 0);
    assert!(GROUP_BYTES_MAX >= INLINE_BYTES_MAX);
};
