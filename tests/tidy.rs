//! Keeps the house plan of `docs/ARCHITECTURE.md`: imports go down, every room says what it owns,
//! files stay small.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the top row to the bottom; rooms on one row do not know each other.
const ROWS: &[&[&str]] = &[
    &["cli"],
    &["server"],
    &["api"],
    &["jobs"],
    &["review"],
    &["auth", "store"],
    &["audit"],
    &["keys", "meta", "blobs"],
    &["access", "crypto", "config", "telemetry"],
    &["types"],
];

/// The doors inside `api`: each may use `http`, none another door.
const DOORS: &[&str] = &["s3", "sts", "admin", "console"];

/// A file is happy under 400 lines; one that comes near this has more than one thing to say.
const FILE_LINES_MAX: usize = 600;
/// Tests are lists of cases, which read well at more length.
const TEST_FILE_LINES_MAX: usize = 700;
const LINE_CHARACTERS_MAX: usize = 100;

/// The files of the house.
fn sources() -> Vec<PathBuf> {
    files_of(&["src"])
}

fn files_of(folders: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn inside(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    path.strip_prefix(root)
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|rooms| rooms.contains(&room))
}

/// The code of a file without its trailing test module; one with a file of its own trails nothing.
fn code(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests {")
        .map_or(text, |at| &text[..at])
}

/// Names that follow `crate::` in a text, groups `crate::{a, b}` refused by another check.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let path: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || "_:{".contains(*c))
                .collect();
            found.push((number + 1, path));
        }
    }
    found
}

#[test]
fn imports_go_down() {
    let mut wrong = Vec::new();
    for path in sources() {
        let name = inside(&path);
        let Some((room, rest)) = name.split_once('/') else {
            continue;
        };
        let Some(from) = row(room) else {
            wrong.push(format!("{name}: `{room}` is no room of the plan"));
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for (line, import) in imports(code(&text)) {
            let mut parts = import.split("::");
            let target = parts.next().unwrap_or_default();
            if target == room {
                let door = rest.split('/').next().unwrap_or_default();
                let other = parts.next().unwrap_or_default();
                if room == "api" && DOORS.contains(&other) && door != other && rest != "mod.rs" {
                    wrong.push(format!("{name}:{line}: door {door} knows door {other}"));
                }
                continue;
            }
            match row(target) {
                Some(to) if to > from => {}
                Some(_) => wrong.push(format!("{name}:{line}: {room} may not know {target}")),
                None => wrong.push(format!("{name}:{line}: write one room a line: {import}")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the house plan:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_room_says_what_it_owns() {
    for path in sources().iter().filter(|p| p.ends_with("mod.rs")) {
        let text = fs::read_to_string(path).unwrap();
        assert!(
            text.starts_with("//! "),
            "{}: a room without a word",
            inside(path)
        );
        if path.parent().unwrap().parent().unwrap().ends_with("src") {
            for word in ["Owns:", "May touch:", "Never:", "Keeps:", "Start at"] {
                assert!(
                    text.contains(&format!("//! {word}")) || text.contains(&format!(" {word}")),
                    "{}: says nothing of «{word}»",
                    inside(path)
                );
            }
        }
    }
}

#[test]
fn files_and_lines_stay_small() {
    for path in files_of(&["src", "tests", "benches"]) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        let is_test = name.starts_with("tests")
            || name
                .iter()
                .any(|part| part == "tests" || part == "tests.rs");
        let most = match is_test {
            true => TEST_FILE_LINES_MAX,
            false => FILE_LINES_MAX,
        };
        let (name, lines) = (name.display(), code(&text).lines().count());
        assert!(lines <= most, "{name}: {lines} lines; split it by noun");
        for (number, line) in text.lines().enumerate() {
            let length = line.chars().count();
            assert!(
                length <= LINE_CHARACTERS_MAX,
                "{name}:{}: {length} characters",
                number + 1
            );
        }
        assert!(
            text.starts_with("//! "),
            "{name}: a file without a word of what it owns"
        );
    }
}

/// What stands between backticks in a text and is the path of a file.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|quoted| quoted.ends_with(".rs") && !quoted.contains(char::is_whitespace))
}

#[test]
fn the_map_and_the_rooms_point_at_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("docs/ARCHITECTURE.md")).unwrap();
    for path in paths(&map).filter(|path| path.contains('/')) {
        let places = [root.join(path), root.join("src").join(path)];
        assert!(places.iter().any(|p| p.is_file()), "the map: {path}");
    }
    for room in sources().iter().filter(|path| path.ends_with("mod.rs")) {
        let text = fs::read_to_string(room).unwrap();
        let start = text.lines().find(|line| line.starts_with("//! Start at"));
        for path in paths(start.unwrap_or_default()) {
            let is_there = room.parent().unwrap().join(path).is_file();
            assert!(is_there, "{}: {path}", inside(room));
        }
    }
}

#[test]
fn the_map_re_exports_nothing() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    assert!(
        !map.contains("pub use"),
        "a re-export at the root hides an edge"
    );
}
