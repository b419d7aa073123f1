//! Processes under measure, seen through `/proc`.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ticks of `/proc/PID/stat` in a second: USER_HZ, which is 100 on every Linux of today.
const MICROSECONDS_A_TICK: u64 = 10_000;

/// A process that is killed when it is dropped.
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    /// User and system time of the process and its children so far.
    pub fn processor_us(&self) -> u64 {
        let ticks = |pid: u32| -> u64 {
            let fields = fields_of(pid).unwrap_or_default();
            let number = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok());
            number(11).unwrap_or(0) + number(12).unwrap_or(0)
        };
        let pids = self.family();
        pids.into_iter().map(ticks).sum::<u64>() * MICROSECONDS_A_TICK
    }

    /// The process and its children.
    fn family(&self) -> Vec<u32> {
        let own = self.0.id();
        let all = fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_ours = |pid: &u32| {
            let parent = fields_of(*pid).and_then(|fields| fields.get(1)?.parse::<u32>().ok());
            *pid == own || parent == Some(own)
        };
        pids.filter(is_ours).collect()
    }

    /// The most memory it ever had resident.
    pub fn peak_kib(&self) -> u64 {
        self.memory_kib("VmHWM:")
    }

    /// The memory it has resident.
    pub fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    fn memory_kib(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Waits until something is so while the process runs.
    pub fn until<T>(&mut self, mut so: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = so() {
                return found;
            }
            let ended = self.0.try_wait().unwrap();
            assert!(ended.is_none(), "it ended at once: {ended:?}");
            assert!(started.elapsed() < PATIENCE, "it does not start");
            pause();
        }
    }

    /// Asks it to end and waits for that.
    pub fn stop(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        let asked = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < PATIENCE, "it does not end");
            pause();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // nginx leaves its workers behind when it is killed, so it is asked first.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        for _ in 0..100 {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            pause();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What follows the name in `/proc/PID/stat`: state, parent, …; user and system time are 11 and 12.
fn fields_of(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split(' ').map(str::to_owned).collect())
}

/// A moment, on a channel that nobody sends to.
pub fn pause() {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(Duration::from_millis(20));
}
