//! Blobs changed, cut, and put in the place of others.

use std::fs;

use crate::rig::{AGENCIES, LARGE, Rig, SEGMENT, assert_damaged, bytes_of, flipped};
use crate::support::server::Server;

/// Damaged forms of a blob's file, each with a name.
fn damages(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut damages = Vec::new();
    // The whole header with its commitment, and samples of each segment and of the last tag.
    let places = (0..64).chain((64..file.len()).step_by(7_919));
    let places = places.chain(file.len() - 16..file.len());
    for (bit, at) in places.enumerate() {
        damages.push((format!("bit {bit} of byte {at}"), flipped(file, at, bit)));
    }
    let header = file.len() % SEGMENT;
    for length in [
        0,
        1,
        10,
        header,
        file.len() / 2,
        file.len() - 16,
        file.len() - 1,
    ] {
        damages.push((format!("cut to {length}"), file[..length].to_vec()));
    }
    damages.push(("a byte more".to_owned(), [file, &[0]].concat()));
    damages.push(("twice".to_owned(), [file, file].concat()));
    damages
}

#[test]
fn damaged_blobs_are_never_read_as_something_else() {
    let rig = Rig::new();
    let blob = rig.installation().blob_of(AGENCIES[0], "grande-1");
    let file = fs::read(&blob).unwrap();
    assert!(file.len() > LARGE);
    let server = Server::start(rig.path());
    let (mut client, expected) = (rig.client(&server, 0), bytes_of("grande-1", 0));
    for (what, damaged) in damages(&file) {
        let damaged_bytes = damaged.len();
        fs::write(&blob, damaged).unwrap();
        let answer = client.ask("GET", "/actas/grande-1", b"");
        assert_damaged(&answer, &expected, &what);
        if damaged_bytes != file.len() {
            assert_eq!(
                answer.status, 500,
                "{what}: its size tells before the head is sent"
            );
        }
        let range = [("range", "bytes=70000-70099")];
        let answer = client.ask_with("GET", "/actas/grande-1", &range, b"");
        if answer.status == 206 && answer.is_whole {
            assert_eq!(answer.body, expected[70_000..70_100], "{what}");
        } else {
            assert!(
                answer.status == 206 || answer.status == 500,
                "{what}: {}",
                answer.status
            );
        }
        // What cannot be read cannot be copied either.
        let source = [("x-amz-copy-source", "/actas/grande-1")];
        let copied = client.ask_with("PUT", "/actas/copia", &source, b"");
        assert_eq!(copied.status, 500, "{what}: {}", copied.text());
    }
    fs::remove_file(&blob).unwrap();
    rig.check(&server, &["grande-1"], "a missing blob");
    assert_eq!(
        client.ask("GET", "/actas/grande-1", b"").status,
        500,
        "a missing blob"
    );
    fs::write(&blob, &file).unwrap();
    rig.check(&server, &[], "everything is back");
    assert_eq!(client.ask("GET", "/actas/copia", b"").status, 404);
    drop(client);
    server.stop();
}

#[test]
fn exchanged_blobs_do_not_open() {
    let rig = Rig::new();
    let installation = rig.installation();
    let blob = |agency: usize, name: &str| installation.blob_of(AGENCIES[agency], name);
    let (one, two, foreign) = (
        blob(0, "grande-1"),
        blob(0, "grande-2"),
        blob(1, "grande-2"),
    );
    let [of_one, of_two, of_foreign] = [&one, &two, &foreign].map(|path| fs::read(path).unwrap());
    let server = Server::start(rig.path());
    fs::write(&one, &of_two).unwrap();
    fs::write(&two, &of_one).unwrap();
    rig.check(&server, &["grande-1", "grande-2"], "two blobs exchanged");
    fs::write(&two, &of_foreign).unwrap();
    rig.check(
        &server,
        &["grande-1", "grande-2"],
        "a blob of another agency",
    );
    // A segment of one blob in another, at the same place.
    let at = of_one.len() - 1_000 - 16 - SEGMENT;
    let spliced = [
        &of_one[..at],
        &of_two[at..at + SEGMENT],
        &of_one[at + SEGMENT..],
    ]
    .concat();
    fs::write(&one, spliced).unwrap();
    fs::write(&two, &of_two).unwrap();
    rig.check(&server, &["grande-1"], "a spliced blob");
    fs::write(&one, &of_one).unwrap();
    rig.check(&server, &[], "everything is back");
    server.stop();
}
