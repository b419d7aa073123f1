//! The disk after a power cut, made from what strace wrote (`-f -y -xx`, whole contents): of a file
//! what the last sync of it had under it, of a directory the entries that its last sync had under
//! it. Harsher than any real disk, which keeps some of the rest as well.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What strace is to show.
pub(crate) const CALLS: &str = "fsync,fdatasync,write,pwrite64,pwritev,sendto,openat,mkdir,\
                                mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,\
                                ftruncate";

#[derive(Clone, Debug)]
enum Node {
    Folder,
    File(usize),
}

#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    durable: Vec<u8>,
}

/// What a sync has under it, from its beginning.
enum Synced {
    File(usize, Vec<u8>),
    Folder(String, BTreeMap<String, Node>),
}

/// The data directory as its process sees it, and as it would be found.
pub(crate) struct Disk<'a> {
    data: String,
    /// Syncs of paths with this text in them do not count.
    deaf_to: Option<&'a str>,
    files: Vec<File>,
    names: BTreeMap<String, Node>,
    durable: BTreeMap<String, Node>,
    /// The calls that have begun, by thread: name, arguments, and what is being synced.
    begun: BTreeMap<&'a str, (&'a str, &'a str, Option<Synced>)>,
}

impl<'a> Disk<'a> {
    pub(crate) fn new(data: &Path, deaf_to: Option<&'a str>) -> Self {
        Self {
            data: format!("{}/", data.to_str().unwrap()),
            deaf_to,
            files: Vec::new(),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            begun: BTreeMap::new(),
        }
    }

    /// Plays a trace; `at_answer` sees the disk whenever a 2xx leaves.
    pub(crate) fn play(&mut self, trace: &'a str, mut at_answer: impl FnMut(&Self)) {
        const HTTP_2: &str = "\"\\x48\\x54\\x54\\x50\\x2f\\x31\\x2e\\x31\\x20\\x32";
        for line in trace.lines() {
            let Some((thread, call)) = line.split_once(' ') else {
                continue;
            };
            let call = call.trim_start();
            if call.starts_with("<... ") {
                let ended = self.begun.remove(thread);
                if let Some((name, arguments, synced)) = ended.filter(|_| has_succeeded(call)) {
                    self.end(name, arguments, synced, call);
                }
                continue;
            }
            let Some((name, arguments)) = call.split_once('(') else {
                continue;
            };
            if name == "sendto" && arguments.contains(HTTP_2) {
                at_answer(self);
                continue;
            }
            let synced = self.begin(name, arguments);
            if arguments.ends_with("<unfinished ...>") {
                self.begun.insert(thread, (name, arguments, synced));
            } else if has_succeeded(arguments) {
                self.end(name, arguments, synced, arguments);
            }
        }
    }

    fn begin(&self, name: &str, arguments: &str) -> Option<Synced> {
        if !name.ends_with("sync") {
            return None;
        }
        let path = descriptor(arguments)?;
        if self.deaf_to.is_some_and(|text| path.contains(text)) {
            return None;
        }
        if let Some(Node::File(file)) = self.names.get(&path) {
            return Some(Synced::File(*file, self.files[*file].bytes.clone()));
        }
        let inside = self.names.iter().filter(|(name, _)| is_entry(name, &path));
        let inside = inside.map(|(name, node)| (name.clone(), node.clone()));
        Some(Synced::Folder(path.clone(), inside.collect()))
    }

    fn end(&mut self, name: &str, arguments: &str, synced: Option<Synced>, result: &str) {
        match name {
            "fsync" | "fdatasync" if !result.contains("(INJECTED)") => match synced {
                Some(Synced::File(file, bytes)) => self.files[file].durable = bytes,
                Some(Synced::Folder(path, inside)) => {
                    self.durable.retain(|name, _| !is_entry(name, &path));
                    self.durable.extend(inside);
                }
                None => {}
            },
            "write" | "pwrite64" | "pwritev" => self.write(name, arguments),
            "ftruncate" => {
                let file = descriptor(arguments).and_then(|path| self.file(&path));
                if let (Some(file), Some(length)) = (file, after_path(arguments)) {
                    self.files[file].bytes.resize(number(length), 0);
                }
            }
            "openat" if arguments.contains("O_CREAT") => self.create(arguments),
            "mkdir" | "mkdirat" => {
                if let Some(path) = paths(arguments).pop() {
                    self.names.insert(path, Node::Folder);
                }
            }
            "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
                if let [from, to] = &paths(arguments)[..]
                    && let Some(node) = self.names.get(from).cloned()
                {
                    self.names.insert(to.clone(), node);
                    if name.starts_with("rename") {
                        self.names.remove(from);
                    }
                }
            }
            "unlink" | "unlinkat" => {
                if let Some(path) = paths(arguments).pop() {
                    self.names.remove(&path);
                }
            }
            _ => {}
        }
    }

    fn file(&self, path: &str) -> Option<usize> {
        match self.names.get(path) {
            Some(Node::File(file)) => Some(*file),
            _ => None,
        }
    }

    fn create(&mut self, arguments: &str) {
        let Some(path) = paths(arguments).pop() else {
            return;
        };
        match self.file(&path) {
            Some(file) if arguments.contains("O_TRUNC") => self.files[file].bytes.clear(),
            Some(_) => {}
            None if path.starts_with(&self.data) => {
                self.files.push(File::default());
                self.names.insert(path, Node::File(self.files.len() - 1));
            }
            None => {}
        }
    }

    /// `write` appends: nothing in the house seeks; SQLite and long blobs say where they write.
    fn write(&mut self, name: &str, arguments: &str) {
        let file = descriptor(arguments).and_then(|path| self.file(&path));
        let (Some(file), Some(rest)) = (file, after_path(arguments)) else {
            return;
        };
        let (content, at) = match name {
            "pwritev" => pieces(rest),
            _ => piece(rest),
        }
        .unwrap_or_else(|| panic!("strace cut a content: {name}"));
        let bytes = &mut self.files[file].bytes;
        let at = at.unwrap_or(bytes.len());
        let end = at + content.len();
        bytes.resize(bytes.len().max(end), 0);
        bytes[at..end].copy_from_slice(&content);
    }

    /// Writes what would be found into a folder.
    pub(crate) fn write_to(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        // Sorted: a folder comes before what is in it; what is in a lost folder is lost.
        for (name, node) in &self.durable {
            let Some(below) = name.strip_prefix(&self.data) else {
                continue;
            };
            let path = folder.join(below);
            if !path.parent().unwrap().is_dir() || name.ends_with("-shm") {
                continue;
            }
            match node {
                Node::Folder => fs::create_dir(path).unwrap(),
                Node::File(file) => {
                    fs::write(&path, &self.files[*file].durable).unwrap();
                    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                    fs::set_permissions(path, mode).unwrap();
                }
            }
        }
    }
}

/// Whether a name is that of an entry of a folder.
fn is_entry(name: &str, folder: &str) -> bool {
    let entry = name
        .strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/'));
    entry.is_some_and(|entry| !entry.contains('/'))
}

fn has_succeeded(call: &str) -> bool {
    let result = call.rsplit_once(" = ").map_or("", |(_, result)| result);
    result.starts_with(|c: char| c.is_ascii_digit())
}

/// What follows the path of the descriptor that a call begins with.
fn after_path(arguments: &str) -> Option<&str> {
    arguments.split_once(">, ").map(|(_, rest)| rest)
}

/// One content and where it goes, if that is said: `"…", length, place`.
fn piece(arguments: &str) -> Option<(Vec<u8>, Option<usize>)> {
    let (text, rest) = arguments.strip_prefix('"')?.split_once("\", ")?;
    let place = rest.split_once(", ").map(|(_, place)| number(place));
    Some((unescape(text), place))
}

/// Several contents and where they go: `[{iov_base="…", iov_len=length}, …], count, place`.
fn pieces(arguments: &str) -> Option<(Vec<u8>, Option<usize>)> {
    let (vector, rest) = arguments.strip_prefix('[')?.split_once("], ")?;
    let mut content = Vec::new();
    for element in vector.split("{iov_base=").skip(1) {
        let (text, _) = element.strip_prefix('"')?.split_once("\", iov_len")?;
        content.extend(unescape(text));
    }
    let (count, place) = rest.split_once(", ")?;
    (vector.matches("{iov_base=").count() == number(count)).then(|| (content, Some(number(place))))
}

/// The path of the descriptor that a call begins with: `12<\x2f…>`.
fn descriptor(arguments: &str) -> Option<String> {
    let (_, rest) = arguments.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    String::from_utf8(unescape(path)).ok()
}

/// The paths that a call names.
fn paths(arguments: &str) -> Vec<String> {
    let quoted = arguments.split('"').skip(1).step_by(2);
    quoted
        .map(|text| String::from_utf8(unescape(text)).unwrap())
        .collect()
}

fn unescape(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks_exact(4);
    let byte = |chunk: &[u8]| {
        let digits = std::str::from_utf8(&chunk[2..]).unwrap();
        u8::from_str_radix(digits, 16).unwrap()
    };
    pairs.map(byte).collect()
}

fn number(text: &str) -> usize {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}
