//! The tables of both databases.
//!
//! ```text
//! index.db                                                    rows of one document
//! buckets      one row a bucket
//! bucket_documents  its configurations: policy, lifecycle, …, one row each
//! usage        what is stored in each and how much may be; row 0 is the agency's
//! lifecycle_runs    how far the walks of lifecycle are, one row a bucket
//! inventories  the inventory configurations, one row each, with how far the report of each is
//! events       what happened to objects, for whoever wants it told
//! deliveries   the webhooks that are still to be told of it
//! webhooks     where they are, secrets sealed
//! objects      the live current version of each key            1  what a list shows
//! versions     noncurrent versions and delete markers
//! details      what only a read of the document needs          1  metadata, data key, inline body
//! uploads      multipart uploads in progress
//! pieces       parts of uploads, in progress and completed
//! garbage      blobs that nothing refers to any more
//! abandoned    uploads whose pieces are to become garbage
//! principals   who owns anything or has access keys, each once; `owner` columns are its number
//! agency_keys  what the keyring is to hold of each
//! rewraps      how far data keys are wrapped by the newest version of each
//! access_keys  their credentials, secrets sealed
//! roles        the agency's own, each with its policy; role_holders says who has them
//! group_members  which principals are in which groups
//! approvals    requests that a second person has to approve; catalog.db has them too
//! revocations  what no longer counts although it has not ended: sessions, and what they came from
//! grants       what this agency lets others read, and others let it; `grants.rs` has their shape
//! audit        the log
//! trusted_time the highest time that retention was compared with
//! counters     the next number, the length of the log
//! ```
//!
//! Object keys are blobs, so that they sort by their bytes. A version that is the newest of its key
//! and no delete marker stands in `objects`, all others in `versions`; a page of a list reads
//! `objects` alone. A row moves between the two, its details stay.

use super::engine::Schema;

/// What the engine itself keeps in every database.
macro_rules! common {
    () => {
        "
CREATE TABLE counters (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_number INTEGER NOT NULL,
    audit_size INTEGER NOT NULL,
    probes INTEGER NOT NULL
) STRICT;
INSERT INTO counters VALUES (1, 1, 0, 0);

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at_seconds INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    sealed_body BLOB NOT NULL
) STRICT;
"
    };
}

/// What waits for a second person, in both databases.
macro_rules! approvals {
    () => {
        "
CREATE TABLE approvals (
    approval_id BLOB PRIMARY KEY,
    action TEXT NOT NULL,
    request TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_hand TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    decided_by TEXT,
    decided_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX approvals_by_time ON approvals (asked_ms);
"
    };
}

/// The database of one agency: `index.db`.
pub enum OfAgency {}

impl Schema for OfAgency {
    const APPLICATION_ID: i32 = 0x4163_4978;
    const MIGRATIONS: &'static [&'static str] = &[
        concat!(
            common!(),
            "
CREATE TABLE buckets (
    bucket_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    versioning INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX buckets_by_owner ON buckets (owner, name);

CREATE TABLE bucket_documents (
    bucket_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    bucket_id INTEGER PRIMARY KEY,
    bytes INTEGER NOT NULL,
    objects INTEGER NOT NULL,
    quota_bytes INTEGER,
    quota_objects INTEGER
) STRICT;

CREATE TABLE lifecycle_runs (
    bucket_id INTEGER PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    finished_ms INTEGER,
    cursor TEXT,
    examined INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    kept INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (at_ms);

CREATE TABLE deliveries (
    webhook TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    due_ms INTEGER,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    PRIMARY KEY (webhook, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_due ON deliveries (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX deliveries_by_event ON deliveries (sequence);

CREATE TABLE webhooks (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
    bucket_id INTEGER NOT NULL,
    object_key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    version_id BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag BLOB NOT NULL,
    modified_ms INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    checksum_kind INTEGER,
    PRIMARY KEY (bucket_id, object_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE versions (
    bucket_id INTEGER NOT NULL,
    object_key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    version_id BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    etag BLOB,
    modified_ms INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    checksum_kind INTEGER,
    PRIMARY KEY (bucket_id, object_key, sequence DESC)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX versions_by_id ON versions (bucket_id, object_key, version_id);

CREATE TABLE details (
    sequence INTEGER PRIMARY KEY,
    content_type TEXT NOT NULL,
    metadata TEXT,
    checksum BLOB,
    wrapped_key BLOB NOT NULL,
    upload_number INTEGER,
    upload_id BLOB,
    parts_count INTEGER,
    encryption TEXT,
    key_number INTEGER,
    blob_id BLOB,
    inline_body BLOB,
    lock BLOB
) STRICT;
CREATE INDEX details_by_key ON details (key_number) WHERE key_number IS NOT NULL;
CREATE UNIQUE INDEX details_by_upload ON details (upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX details_by_lock ON details (key_number, lock)
    WHERE key_number IS NOT NULL AND lock IS NOT NULL;
CREATE UNIQUE INDEX details_by_blob ON details (blob_id) WHERE blob_id IS NOT NULL;

CREATE TABLE uploads (
    upload_number INTEGER PRIMARY KEY,
    upload_id BLOB NOT NULL,
    bucket_id INTEGER NOT NULL,
    object_key BLOB NOT NULL,
    owner INTEGER NOT NULL,
    initiated_ms INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    metadata TEXT,
    checksum_kind INTEGER,
    encryption TEXT,
    lock BLOB
) STRICT;
CREATE UNIQUE INDEX uploads_by_key ON uploads (bucket_id, object_key, upload_id);
CREATE INDEX uploads_by_time ON uploads (initiated_ms);

CREATE TABLE pieces (
    upload_number INTEGER NOT NULL,
    part_number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    modified_ms INTEGER NOT NULL,
    checksum BLOB,
    start_offset INTEGER,
    wrapped_key BLOB NOT NULL,
    blob_id BLOB,
    inline_body BLOB,
    PRIMARY KEY (upload_number, part_number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pieces_by_offset ON pieces (upload_number, start_offset)
    WHERE start_offset IS NOT NULL AND size_bytes > 0;
CREATE UNIQUE INDEX pieces_by_blob ON pieces (blob_id) WHERE blob_id IS NOT NULL;

CREATE TABLE garbage (
    blob_id BLOB PRIMARY KEY,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX garbage_by_time ON garbage (since_ms);

CREATE TABLE abandoned (
    upload_number INTEGER PRIMARY KEY,
    since_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX abandoned_by_time ON abandoned (since_ms);

CREATE TABLE trusted_time (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at_ms INTEGER NOT NULL,
    credit_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE principals (
    number INTEGER PRIMARY KEY,
    canonical_id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE agency_keys (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    oldest_version INTEGER NOT NULL,
    newest_version INTEGER NOT NULL,
    is_settled INTEGER NOT NULL,
    created_ms INTEGER,
    destruction_by TEXT,
    destruction_ms INTEGER
) STRICT;
INSERT INTO agency_keys VALUES (1, 'default', 0, 1, 1, 1, NULL, NULL, NULL);

CREATE TABLE rewraps (
    number INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    phase INTEGER NOT NULL DEFAULT 0,
    cursor_number INTEGER NOT NULL DEFAULT 0,
    cursor_key BLOB NOT NULL DEFAULT x'',
    cursor_last INTEGER NOT NULL DEFAULT 0,
    examined INTEGER NOT NULL DEFAULT 0,
    rewrapped INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE access_keys (
    access_key_id TEXT PRIMARY KEY,
    principal INTEGER NOT NULL,
    roles TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    revoked_ms INTEGER,
    inline_policy TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
    role TEXT PRIMARY KEY,
    policy TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE role_holders (
    role TEXT NOT NULL,
    kind INTEGER NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (role, kind, holder)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
    group_name TEXT NOT NULL,
    principal TEXT NOT NULL,
    PRIMARY KEY (group_name, principal)
) STRICT, WITHOUT ROWID;

CREATE TABLE revocations (
    kind INTEGER NOT NULL,
    subject TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    is_standing INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_time ON revocations (at_ms);
"
        ),
        approvals!(),
        "
CREATE TABLE inventories (
    bucket_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    revision INTEGER NOT NULL,
    tried_ms INTEGER,
    run TEXT,
    last_ms INTEGER,
    last_rows INTEGER,
    last_manifest TEXT,
    failure TEXT,
    PRIMARY KEY (bucket_id, name)
) STRICT, WITHOUT ROWID;
",
        "
CREATE TABLE grants (
    number INTEGER PRIMARY KEY,
    grant_id BLOB NOT NULL UNIQUE,
    side INTEGER NOT NULL,
    terms TEXT NOT NULL,
    state INTEGER NOT NULL,
    bucket_id INTEGER,
    alias TEXT,
    steps TEXT NOT NULL,
    is_told INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX grants_by_alias ON grants (alias) WHERE alias IS NOT NULL AND state <= 2;
",
        "
ALTER TABLE agency_keys ADD COLUMN destruction_hand TEXT;
",
        "
ALTER TABLE agency_keys ADD COLUMN was_retired INTEGER NOT NULL DEFAULT 0;
",
    ];
}

/// The database of the installation: `catalog.db`.
pub enum OfInstallation {}

impl Schema for OfInstallation {
    const APPLICATION_ID: i32 = 0x4163_4361;
    const MIGRATIONS: &'static [&'static str] = &[
        concat!(
            common!(),
            "
CREATE TABLE agencies (
    agency TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    state INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operators (
    name TEXT PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE issuers (
    agency TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (agency, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    generation INTEGER PRIMARY KEY,
    created_ms INTEGER NOT NULL,
    is_retired INTEGER NOT NULL DEFAULT 0
) STRICT;
"
        ),
        concat!(
            approvals!(),
            "
ALTER TABLE operators ADD COLUMN hand TEXT;
ALTER TABLE operators ADD COLUMN made_by TEXT;
ALTER TABLE operators ADD COLUMN seconded_by TEXT;
ALTER TABLE operators ADD COLUMN revoked_ms INTEGER;
"
        ),
        "
CREATE TABLE issuer_keys (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    url TEXT NOT NULL,
    key_set TEXT NOT NULL,
    fetched_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
",
    ];
}
