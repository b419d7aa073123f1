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
/// Bytes of where an object redirects to. Source: AWS S3 User Guide, "(Optional) Configuring a
/// webpage redirect".
pub const REDIRECT_BYTES_MAX: usize = 2 << 10;
/// Bytes of a request's XML body: a DeleteObjects of 1,000 keys of 1,024 bytes, each escaped, and a
/// CompleteMultipartUpload of 10,000 parts with every checksum, both fit.
pub const XML_BODY_BYTES_MAX: usize = 8 << 20;
/// Bytes of a configuration of a bucket: many are read for requests that concern them.
pub const BUCKET_DOCUMENT_BYTES_MAX: usize = 256 << 10;
/// Bytes of a lifecycle configuration: a thousand rules.
pub const LIFECYCLE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a CORS configuration. Source: AWS S3 User Guide, "Elements of a CORS configuration".
pub const CORS_BYTES_MAX: usize = 64 << 10;
/// Bytes of a value that conditions of policies compare: what is longer is not known to them.
pub const CONDITION_VALUE_BYTES_MAX: usize = 4 << 10;
/// Keys of one DeleteObjects. Source: AWS S3 API, DeleteObjects.
pub const DELETE_KEYS_MAX: usize = 1_000;
/// Tags of an object. Source: AWS S3 User Guide, "Categorizing your objects using tags".
pub const OBJECT_TAGS_MAX: usize = 10;
/// Tags of a bucket. Source: AWS S3 User Guide, "Using cost allocation S3 bucket tags".
pub const BUCKET_TAGS_MAX: usize = 50;
/// Characters of a tag's key. Source: as [`OBJECT_TAGS_MAX`].
pub const TAG_KEY_CHARS_MAX: usize = 128;
/// Characters of a tag's value. Source: as [`OBJECT_TAGS_MAX`].
pub const TAG_VALUE_CHARS_MAX: usize = 256;
/// Bytes of a form's fields before its file, and of what follows the file. Source: AWS S3 API
/// Reference, "Creating an HTML Form", with room for a policy of its own.
pub const FORM_FIELDS_BYTES_MAX: usize = 64 << 10;
/// Fields of a form.
pub const FORM_FIELDS_MAX: usize = 100;
/// Rules of a CORS configuration. Source: AWS S3 User Guide, "Elements of a CORS configuration".
pub const CORS_RULES_MAX: usize = 100;
/// Entries of a page of any list. Source: AWS S3 API, ListObjectsV2.
pub const LIST_PAGE_MAX: u32 = 1_000;
/// Bytes of a document that is stored in the index instead of as a blob of its own.
pub const INLINE_BYTES_MAX: usize = 16 << 10;
/// Bytes of plaintext in a sealed segment, unless a blob's header says otherwise.
pub const SEGMENT_BYTES: u32 = 64 << 10;
/// Bounds of the segment size that a blob's header may name: below, tags and calls weigh more than
/// documents; above, a reader holds too much that it has not verified.
pub const SEGMENT_BYTES_MIN: u32 = 4 << 10;
/// See [`SEGMENT_BYTES_MIN`].
pub const SEGMENT_BYTES_MAX: u32 = 1 << 20;
/// Bytes read from or written to a blob at a time.
pub const BLOB_IO_BYTES: usize = 256 << 10;
/// Bytes of one large upload that may have come and not yet be on their way to the backend, where
/// few uploads are under way: some milliseconds of the disk's or the connection's hesitation.
pub const UPLOAD_BYTES_MAX: usize = 4 << 20;
/// The same for all large uploads together, divided among them; each has one segment at least.
pub const UPLOADS_BYTES_MAX: usize = 16 << 20;
/// Bytes of a body that the HTTP library may hold before an operation takes them.
pub const RECEIVED_BYTES_MAX: usize = 64 << 10;
/// The same with HTTP/2, whose windows say it to the client: more, because a full window waits for
/// word to go around.
pub const H2_BODY_BYTES_MAX: u32 = 256 << 10;
/// The same of all bodies that come over one connection of HTTP/2.
pub const H2_CONNECTION_BYTES_MAX: u32 = 1 << 20;
/// Of the requests that may be under way, one part in so many may have a body that is read before
/// anybody has proved who sends it.
pub const UNPROVEN_SHARE: usize = 4;
/// Requests that a client may have open at once on one connection of HTTP/2, those included whose
/// answers it does not take.
pub const H2_STREAMS_MAX: u32 = 128;
/// The same, before the connection is cut: a client may not have heard of the other number yet.
pub const H2_STREAMS_CUT: u32 = 2 * H2_STREAMS_MAX;
/// Segments that a thread digests or seals for one upload before others have their turn.
pub const LINE_TURN_SEGMENTS: usize = 64;
/// Segments of one upload that have their MD5 and are worth a thread of their own for all else.
pub const LINE_THREAD_SEGMENTS: usize = 16;
/// Parts that are being written to the local disk at one time; more wait their turn.
pub const LOCAL_WRITES_MAX: usize = 32;
/// Bytes of a blob that are collected before anything is written: a blob that ends within them is
/// written in one step.
pub const BLOB_START_BYTES: usize = 128 << 10;
/// Bytes that a blob's writer collects for the local disk at a time: one segment, so that among
/// many uploads each holds one that is being filled and sealed and one that is being written.
pub const LOCAL_PART_BYTES: usize = 64 << 10;
/// The same for a remote: 5 MiB. Source: AWS S3 User Guide, "Multipart upload limits".
pub const REMOTE_PART_BYTES: usize = 5 << 20;
/// Bytes that one request to a remote reads.
pub const REMOTE_READ_BYTES: usize = 16 << 20;
/// Bytes of a long blob after which they are synced while it is still being written.
pub const EARLY_SYNC_BYTES: u64 = 4 << 20;
/// Bytes of a blob from which on the page cache lets go of it once it is synced.
pub const LET_GO_BYTES: u64 = 16 << 20;
/// Blobs that are synced early at one time.
pub const EARLY_SYNCS_MAX: usize = 8;
/// Reads that wait for the disk at one time; more wait their turn.
pub const COLD_READS_MAX: usize = 64;
/// Bytes that a read which waits for the disk asks it to fetch ahead.
pub const COLD_AHEAD_BYTES: u64 = 1 << 20;
/// Buffers of segments kept for their next use: 16 MiB.
pub const BUFFERS_FREE_MAX: usize = 256;
/// Agency keys of one agency, destroyed ones included.
pub const AGENCY_KEYS_MAX: usize = 1_000;
/// Versions of all keys of one agency: a thousand rotations, and a thousand keys with two each.
pub const KEY_VERSIONS_MAX: usize = 3_000;
/// Bytes of an agency's keyring file: twice what its versions can fill.
pub const KEYRING_BYTES_MAX: u64 = 2 << 20;
/// Bytes of a request's encryption context. Source: AWS KMS Developer Guide, "Resource quotas".
pub const ENCRYPTION_CONTEXT_BYTES_MAX: usize = 8 << 10;
/// Bytes of records of one agency that are kept in memory as they were read.
pub const RECENT_BYTES_MAX: usize = 64 << 20;
/// Bytes of the buckets that are kept in memory, for each agency.
pub const RECENT_BUCKETS_BYTES_MAX: usize = 32 << 20;
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
/// Trailers that one request announces: a checksum, and room for a few more.
pub const TRAILERS_MAX: usize = 8;
/// Bytes of a Bearer token.
pub const TOKEN_BYTES_MAX: usize = 16 << 10;
/// Seconds for which any issuer's tokens may be configured to live: 30 days.
pub const TOKEN_LIFETIME_SECONDS_MAX: i64 = 30 * 86_400;
/// Seconds by which any issuer's clock may be configured to differ.
pub const TOKEN_LEEWAY_SECONDS_MAX: i64 = 300;
/// Seconds for which a session may be asked to last, whatever it is made of. Source: AWS STS API
/// Reference, `DurationSeconds`.
pub const SESSION_SECONDS_MIN: i64 = 900;
/// Seconds for which a session with a role may last. Source: AWS STS API Reference, AssumeRole.
pub const SESSION_SECONDS_MAX: i64 = 43_200;
/// Seconds for which a session without a role of its own may last. Source: AWS STS API Reference,
/// GetSessionToken.
pub const SESSION_TOKEN_SECONDS_MAX: i64 = 129_600;
/// Seconds for which a session made by a session may last. Source: AWS STS API Reference,
/// AssumeRole, "role chaining".
pub const CHAINED_SESSION_SECONDS_MAX: i64 = 3_600;
/// Bytes of a text that a client chose, in an entry of the log: what a key may have.
pub const ENTRY_TEXT_BYTES_MAX: usize = OBJECT_KEY_BYTES_MAX;
/// Sessions made of one another.
pub const SESSION_CHAIN_MAX: usize = 4;
/// Bytes of a session's token, which travels in a header or a presigned URL: a session policy, a
/// few tags and the rest.
pub const SESSION_TOKEN_BYTES_MAX: usize = 6 << 10;
/// What an error repeats of what a signature should have covered; more is left out.
pub const COVERED_BYTES_MAX: usize = 16 << 10;
/// Characters of a session policy. Source: AWS STS API Reference, `Policy`.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Tags of a session. Source: AWS STS API Reference, `Tags`.
pub const SESSION_TAGS_MAX: usize = 50;
/// Bytes of a request to the STS door: a token and a policy, each escaped, fit twice over.
pub const STS_BODY_BYTES_MAX: usize = 64 << 10;
/// Connections of operators and monitors.
pub const ADMIN_CONNECTIONS_MAX: usize = 256;
/// Bytes of a request's JSON to the admin door.
pub const ADMIN_BODY_BYTES_MAX: usize = 64 << 10;
/// Sessions, principals and parents of sessions that one agency holds as revoked.
pub const REVOCATIONS_MAX: u64 = 100_000;
/// Generations of the installation's signing key.
pub const SIGNING_KEYS_MAX: u64 = 10_000;
/// Seconds for which the installation's own issuer signs a token at most: 12 hours.
pub const LOCAL_TOKEN_SECONDS_MAX: i64 = 43_200;
/// Issuers of one installation, those of its agencies among them.
pub const ISSUERS_MAX: usize = 1_000;
/// Issuers that one agency may add.
pub const AGENCY_ISSUERS_MAX: i64 = 16;
/// Bytes of an issuer's URL.
pub const ISSUER_URL_BYTES_MAX: usize = 2_000;
/// Bytes of an issuer's discovery document or key set.
pub const ISSUER_DOCUMENT_BYTES_MAX: usize = 256 << 10;
/// Seconds for which a request waits for keys that its token made somebody fetch.
pub const KEYS_WAIT_SECONDS: u64 = 5;
/// Tokens whose verdict is kept.
pub const VERIFIED_TOKENS_MAX: usize = 4_096;
/// Keys of one issuer's key set.
pub const ISSUER_KEYS_MAX: usize = 64;
/// Bytes of a policy document: 20 KB. Source: AWS S3 User Guide, "Policies and permissions".
pub const POLICY_BYTES_MAX: usize = 20 << 10;
/// Statements of a policy document: the shortest that means anything has some 70 bytes.
pub const POLICY_STATEMENTS_MAX: usize = 256;
/// An agency's own roles.
pub const ROLES_MAX: u64 = 1_000;
/// Principals and groups that hold an agency's own roles.
pub const ROLE_HOLDERS_MAX: u64 = 100_000;
/// Principals in an agency's groups.
pub const GROUP_MEMBERS_MAX: u64 = 100_000;
/// Grants that one agency has given and received, ended ones among them.
pub const GRANTS_MAX: u64 = 10_000;
/// Grants that wait for one agency's answer and come from one other agency.
pub const GRANTS_WAITING_MAX: u64 = 100;
/// Days for which a grant may be agreed on: five years.
pub const GRANT_DAYS_MAX: i64 = 1_827;
/// Principals and roles that a grant is limited to.
pub const GRANT_NAMED_MAX: usize = 64;
/// Lines of an access control list. Source: AWS S3 User Guide, "Access control list (ACL)
/// overview".
pub const ACL_GRANTS_MAX: usize = 100;
/// Buckets of one agency.
pub const BUCKETS_MAX: u32 = 10_000;
/// Access keys of one agency.
pub const ACCESS_KEYS_MAX: u64 = 10_000;
/// Agencies of one installation.
pub const AGENCIES_MAX: u64 = 1_000;
/// Uploads in progress in one agency.
pub const UPLOADS_MAX: u64 = 100_000;
/// Changes that one group commit takes.
pub const GROUP_COMMANDS_MAX: usize = 256;
/// Microseconds that a group commit waits, after one of eight changes or more, for half as many to
/// come: a fraction of a sync, and nothing where few callers come.
pub const GATHER_US: u64 = 400;
/// Bytes of inline documents that one group commit takes.
pub const GROUP_BYTES_MAX: usize = 4 << 20;
/// Changes waiting for one agency's writer; more are answered `SlowDown`.
pub const WRITER_QUEUE_MAX: usize = 4_096;
/// Audit entries of reads waiting for one agency's writer; more slow requests down.
pub const AUDIT_QUEUE_MAX: usize = 65_536;
/// Audit entries that one group commit takes beside its changes, so that a full queue of them does
/// not hold changes up for long.
pub const GROUP_ENTRIES_MAX: usize = 4_096;
/// Bytes of an audit entry's sealed body that count as one place in the queue.
pub const AUDIT_ENTRY_BYTES: usize = 1 << 10;
/// Milliseconds after which queued audit entries are written without waiting for a change to share
/// the transaction with; the rest of the promised 50 ms is for the commit.
pub const AUDIT_FLUSH_MS: u64 = 25;
/// Bytes of the write-ahead log beyond which the writer itself empties it before it goes on.
pub const WAL_BYTES_MAX: usize = 64 << 20;
/// Bytes of the write-ahead log beyond which a checkpoint starts beside the writer.
pub const WAL_CHECKPOINT_BYTES: usize = 16 << 20;
/// Inventory configurations of a bucket. Source: AWS S3 API Reference,
/// "PutBucketInventoryConfiguration".
pub const INVENTORIES_MAX: u64 = 1_000;
/// Inventory configurations of a page. Source: AWS S3 API Reference,
/// "ListBucketInventoryConfigurations".
pub const INVENTORIES_PAGE_MAX: u32 = 100;
/// Webhooks of one agency.
pub const WEBHOOKS_MAX: u64 = 1_000;
/// Days of a bucket's default retention. Source: AWS S3 User Guide, "Object Lock considerations".
pub const RETENTION_DAYS_MAX: u32 = 36_500;
/// Years of a bucket's default retention; see [`RETENTION_DAYS_MAX`].
pub const RETENTION_YEARS_MAX: u32 = 100;
/// Seconds by which the time that retention is compared with may ever be brought forward at once.
pub const CLOCK_CREDIT_SECONDS_MAX: i64 = 3_600;
/// The same for an agency that was just made: what a first restart takes.
pub const CLOCK_CREDIT_START_SECONDS: i64 = 10;
/// Operators of one installation.
pub const OPERATORS_MAX: u64 = 1_000;
/// Seconds for which fetched keys of an issuer can be kept over a restart.
pub const KEPT_KEYS_SECONDS_MAX: i64 = 7 * 24 * 3_600;
/// Seconds after which keys that came again as they were are kept with their new time.
pub const KEPT_KEYS_RENEWED_SECONDS: i64 = 600;
/// Names in a token that may be roles of its agency's own; more are not looked at.
pub const CLAIMED_ROLES_MAX: usize = 200;
/// Requests of one agency, or of the installation, that wait for a second person.
pub const APPROVALS_MAX: u64 = 1_000;
/// Seconds in which a request can be approved and carried out.
pub const APPROVAL_SECONDS: i64 = 24 * 3_600;
/// Seconds after which an approval that is over is forgotten; the log has it for ever.
pub const APPROVAL_KEPT_SECONDS: i64 = 30 * 24 * 3_600;

const _: () = {
    assert!(APPROVAL_SECONDS < APPROVAL_KEPT_SECONDS);
    assert!(INLINE_BYTES_MAX <= SEGMENT_BYTES as usize);
    assert!(SEGMENT_BYTES_MIN <= SEGMENT_BYTES && SEGMENT_BYTES <= SEGMENT_BYTES_MAX);
    assert!(PUT_BYTES_MAX / (SEGMENT_BYTES_MIN as u64) < u32::MAX as u64);
    assert!(BLOB_IO_BYTES.is_multiple_of(SEGMENT_BYTES as usize));
    assert!(GROUP_BYTES_MAX >= INLINE_BYTES_MAX);
    assert!(GROUP_ENTRIES_MAX <= AUDIT_QUEUE_MAX);
    assert!(WAL_CHECKPOINT_BYTES < WAL_BYTES_MAX);
};
