//! nginx with the same document as a plain file, on as many workers.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::content::Document;
use crate::process::Process;
use crate::target::Target;

const PROGRAM: &str = "/usr/sbin/nginx";

/// Starts it on a document, named `/document`; `None` if it is not installed.
pub fn start(folder: &Path, document: &Document) -> Option<Target> {
    if !Path::new(PROGRAM).exists() {
        return None;
    }
    let place = folder.join("nginx");
    let root = place.join("root");
    fs::create_dir_all(&root).unwrap();
    let mut file = File::create(root.join("document")).unwrap();
    for piece in document.pieces(0, document.size_bytes) {
        file.write_all(piece).unwrap();
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let settings = place.join("nginx.conf");
    fs::write(&settings, configuration(&place, &address)).unwrap();
    let mut command = Command::new(PROGRAM);
    command
        .arg("-p")
        .arg(&place)
        .arg("-c")
        .arg(&settings)
        .stdout(Stdio::null())
        .stderr(File::create(place.join("said")).unwrap());
    let mut process = Process::start(&mut command);
    process.until(|| std::net::TcpStream::connect(&address).ok());
    Some(Target {
        name: "nginx, plain file",
        address,
        credentials: None,
        bearer_token: None,
        process: Some(process),
    })
}

fn configuration(place: &Path, address: &str) -> String {
    let place = place.display();
    // As whoever runs the measure: a folder below target/ may not be readable for `nobody`.
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    format!(
        "{user}
daemon off;
worker_processes 2;
pid {place}/pid;
error_log {place}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    server {{ listen {address}; root {place}/root; }}
}}
"
    )
}
