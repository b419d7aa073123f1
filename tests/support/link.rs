//! The line to a remote: it forwards what it is given, keeps what was sent, and fails as told.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::pause;

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/xml\r\n\
    content-length: 36\r\nconnection: close\r\n\r\n<Error><Code>SlowDown</Code></Error>";

/// What the line does with what passes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    Open,
    /// Connections end at once.
    Down,
    /// Every request is answered by `SlowDown`.
    Busy,
    /// So many milliseconds for each 64 KiB.
    Slow(u64),
    /// Every connection ends after so many bytes of answers.
    Cut(usize),
}

struct State {
    mode: Mode,
    /// Connections of an earlier mode end.
    generation: u64,
    target: String,
    sent: Vec<u8>,
}

/// A line that was opened; it ends with the process.
pub(crate) struct Link {
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
}

impl Link {
    /// A line to an endpoint (`http://…`).
    pub(crate) fn to(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            mode: Mode::Open,
            generation: 0,
            target: endpoint.trim_start_matches("http://").to_owned(),
            sent: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let state = Arc::clone(&shared);
                thread::spawn(move || serve(connection.unwrap(), &state));
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            state,
        }
    }

    /// Changes what the line does; what is under way is cut.
    pub(crate) fn set(&self, mode: Mode) {
        let mut state = self.state.lock().unwrap();
        state.mode = mode;
        state.generation += 1;
    }

    /// Leads elsewhere from now on.
    pub(crate) fn lead_to(&self, endpoint: &str) {
        let mut state = self.state.lock().unwrap();
        endpoint
            .trim_start_matches("http://")
            .clone_into(&mut state.target);
        state.generation += 1;
    }

    /// All that was ever sent towards the remote.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.state.lock().unwrap().sent.clone()
    }
}

fn serve(mut near: TcpStream, state: &Arc<Mutex<State>>) {
    let (mode, generation, target) = {
        let state = state.lock().unwrap();
        (state.mode, state.generation, state.target.clone())
    };
    if mode == Mode::Down {
        return;
    }
    if mode == Mode::Busy {
        // All that comes within a moment is the request.
        near.set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let mut block = vec![0; 64 << 10];
        while near.read(&mut block).is_ok_and(|read| read > 0) {}
        let _ = near.write_all(BUSY);
        return;
    }
    let Ok(far) = TcpStream::connect(target) else {
        return;
    };
    let (near_too, far_too) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let shared = Arc::clone(state);
    let up = thread::spawn(move || pump(near_too, far_too, &shared, generation, Way::Up, mode));
    pump(far, near, state, generation, Way::Down, mode);
    let _ = up.join();
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Way {
    Up,
    Down,
}

fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    state: &Mutex<State>,
    generation: u64,
    way: Way,
    mode: Mode,
) {
    from.set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    let mut block = vec![0; 64 << 10];
    let mut left = match (mode, way) {
        (Mode::Cut(bytes), Way::Down) => bytes,
        _ => usize::MAX,
    };
    loop {
        if state.lock().unwrap().generation != generation {
            break;
        }
        let read = match from.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read.min(left),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => break,
        };
        if way == Way::Up {
            state.lock().unwrap().sent.extend_from_slice(&block[..read]);
        }
        if let Mode::Slow(milliseconds) = mode {
            pause(Duration::from_millis(milliseconds));
        }
        if to.write_all(&block[..read]).is_err() {
            break;
        }
        left -= read;
        if left == 0 {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
