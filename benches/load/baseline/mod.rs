//! What the server is compared with, measured in the same run.

pub mod bare;
pub mod disk;
pub mod md5_rate;
pub mod nginx;
pub mod raw_commit;
