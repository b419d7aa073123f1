//! Reads what strace wrote (`-f -y`) and tells what was not yet durable when each answer left.
//!
//! A file is dirty from the start of a write to it until a sync of it that began after the write
//! has ended. A directory is dirty from the creation or renaming of an entry until such a sync of
//! it.

use std::collections::{BTreeMap, BTreeSet};

/// What strace is to show.
pub(crate) const CALLS: &str = "fsync,fdatasync,write,writev,pwrite64,pwritev,pwritev2,sendto,\
                                sendmsg,openat,mkdir,mkdirat,rename,renameat,renameat2,link,\
                                linkat,ftruncate";

/// A 2xx, and the state of the disk when it left.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) head: String,
    /// What was synced since the answer before.
    pub(crate) synced: Vec<String>,
    /// What was written and not synced.
    pub(crate) unsynced: Vec<String>,
}

#[derive(Default)]
struct Disk<'a> {
    /// The data directory; what lies elsewhere is not judged.
    data: &'a str,
    line: usize,
    /// When each dirty file or directory was last touched.
    dirty: BTreeMap<String, usize>,
    /// When the sync under way on a thread began, and of what.
    syncing: BTreeMap<&'a str, (usize, String)>,
    known: BTreeSet<String>,
    synced: Vec<String>,
}

/// The answers of a trace, in order.
pub(crate) fn answers<'a>(trace: &'a str, data: &'a str) -> Vec<Answered> {
    let mut disk = Disk {
        data,
        ..Disk::default()
    };
    let mut answers = Vec::new();
    for (number, line) in trace.lines().enumerate() {
        disk.line = number;
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(resumed) = call.strip_prefix("<... ") {
            disk.resume(thread, resumed);
        } else if let Some((name, arguments)) = call.split_once('(') {
            match is_answer(name, arguments) {
                true => answers.push(disk.answer(arguments)),
                false => disk.call(thread, name, arguments),
            }
        }
    }
    answers
}

fn is_answer(name: &str, arguments: &str) -> bool {
    let is_send = matches!(name, "sendto" | "sendmsg" | "write" | "writev");
    is_send && arguments.contains("\"HTTP/1.1 2")
}

impl<'a> Disk<'a> {
    fn answer(&mut self, arguments: &str) -> Answered {
        Answered {
            head: arguments.chars().take(120).collect(),
            synced: std::mem::take(&mut self.synced),
            unsynced: self.dirty.keys().cloned().collect(),
        }
    }

    fn call(&mut self, thread: &'a str, name: &str, arguments: &str) {
        let failed = arguments.contains(" = -1 ");
        match name {
            "fsync" | "fdatasync" => {
                if let Some(path) = descriptor(arguments) {
                    self.syncing.insert(thread, (self.line, path));
                }
                if arguments.contains(" = 0") {
                    self.synced(thread);
                }
            }
            "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" | "ftruncate" => {
                if let Some(path) = descriptor(arguments) {
                    self.touch(path);
                }
            }
            "openat" if arguments.contains("O_CREAT") && !failed => {
                if let Some(path) = quoted(arguments).pop()
                    && self.known.insert(path.clone())
                {
                    self.touch_parent(&path);
                }
            }
            "mkdir" | "mkdirat" | "link" | "linkat" if !failed => {
                if let Some(path) = quoted(arguments).pop() {
                    self.touch_parent(&path);
                }
            }
            "rename" | "renameat" | "renameat2" if !failed => self.rename(&quoted(arguments)),
            _ => {}
        }
    }

    fn resume(&mut self, thread: &str, resumed: &str) {
        if resumed.contains("sync resumed") && resumed.contains(" = 0") {
            self.synced(thread);
        }
    }

    fn synced(&mut self, thread: &str) {
        let Some((began, path)) = self.syncing.remove(thread) else {
            return;
        };
        if self
            .dirty
            .get(&path)
            .is_some_and(|touched| *touched < began)
        {
            self.dirty.remove(&path);
        }
        self.synced.push(path);
    }

    fn touch(&mut self, path: String) {
        // The shared memory of SQLite is made anew after a crash.
        if path.starts_with(self.data) && !path.ends_with("-shm") {
            self.dirty.insert(path, self.line);
        }
    }

    fn touch_parent(&mut self, path: &str) {
        let made_anew = path.ends_with("-shm") || path.ends_with("/lock");
        if let Some((parent, _)) = path.rsplit_once('/')
            && !made_anew
        {
            self.touch(parent.to_owned());
        }
    }

    fn rename(&mut self, paths: &[String]) {
        let [from, to] = paths else { return };
        if let Some(touched) = self.dirty.remove(from) {
            self.dirty.insert(to.clone(), touched);
        }
        self.touch_parent(to);
    }
}

/// The path of the descriptor that a call begins with: `12</path>, …`.
fn descriptor(arguments: &str) -> Option<String> {
    let (number, rest) = arguments.split_once('<')?;
    let is_number = number.chars().all(|c| c.is_ascii_digit());
    let (path, _) = rest.split_once('>')?;
    is_number.then(|| path.to_owned())
}

/// The quoted texts of a call.
fn quoted(arguments: &str) -> Vec<String> {
    arguments
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let trace = lines.join("\n");
    let answers = answers(&trace, "/data");
    let unsynced: Vec<&str> = answers
        .iter()
        .flat_map(|a| &a.unsynced)
        .map(String::as_str)
        .collect();
    assert_eq!(unsynced, expected);
    assert_eq!(answers.len(), 1);
}

const WRITE: &str = r#"7 pwrite64(9</data/x>, "\0"..., 4096, 0) = 4096"#;
const SYNC: &str = "7 fdatasync(9</data/x>)  = 0";
const MAKE: &str = r#"7 openat(AT_FDCWD</>, "/data/d/y#1", O_WRONLY|O_CREAT|O_EXCL, 0666) = 9</y>"#;
const RENAME: &str = r#"7 rename("/data/d/y#1", "/data/d/y") = 0"#;
const SYNC_FOLDER: &str = "8 fsync(11</data/d>) = 0";
const ANSWER: &str = r#"8 sendto(10<socket:[1]>, "HTTP/1.1 200 OK\r\n"..., 99, 0, NULL, 0) = 99"#;

#[test]
fn the_rig_sees_missing_and_late_syncs() {
    check(&[WRITE, SYNC, ANSWER], &[]);
    check(&[WRITE, ANSWER], &["/data/x"]);
    check(&[WRITE, ANSWER, SYNC], &["/data/x"]);
    check(&[SYNC, WRITE, ANSWER], &["/data/x"]);
    check(&[MAKE, RENAME, SYNC_FOLDER, ANSWER], &[]);
    check(&[MAKE, RENAME, ANSWER], &["/data/d"]);
    check(&[MAKE, SYNC_FOLDER, RENAME, ANSWER], &["/data/d"]);
    let begins = "7 fsync(9</data/x> <unfinished ...>";
    let ends = "7 <... fsync resumed>) = 0";
    check(&[WRITE, begins, ends, ANSWER], &[]);
    check(&[WRITE, begins, ANSWER, ends], &["/data/x"]);
    check(&[begins, WRITE, ends, ANSWER], &["/data/x"]);
    let fails = "7 fsync(9</data/x>) = -1 EIO (Input/output error)";
    check(&[WRITE, fails, ANSWER], &["/data/x"]);
    check(
        &[r#"7 mkdir("/data/d/z", 0777) = 0"#, SYNC_FOLDER, ANSWER],
        &[],
    );
}
