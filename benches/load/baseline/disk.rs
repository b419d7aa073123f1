//! How fast the disk takes a file: a large upload cannot be durable sooner.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::content::Document;

/// Bytes a second of a document written as one new file and synced.
pub fn measure(folder: &Path, document: &Document) -> f64 {
    let path = folder.join("disk-rate");
    let started = Instant::now();
    let mut file = File::create(&path).unwrap();
    for piece in document.pieces(0, document.size_bytes) {
        file.write_all(piece).unwrap();
    }
    file.sync_all().unwrap();
    let rate = document.size_bytes as f64 / started.elapsed().as_secs_f64();
    fs::remove_file(&path).unwrap();
    rate
}
