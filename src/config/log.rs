//! `[log]`: what the process says of itself on its error output.

use tracing::Level;

use super::reader::Reader;

/// `[log]`: the log.
#[derive(Debug, Eq, PartialEq)]
pub struct Log {
    /// The shape of a line.
    pub format: LogFormat,
    /// The least severe event that is written.
    pub level: Level,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For reading.
    Text,
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Self {
        const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];
        let formats = [LogFormat::Json, LogFormat::Text];
        let levels = [
            Level::ERROR,
            Level::WARN,
            Level::INFO,
            Level::DEBUG,
            Level::TRACE,
        ];
        let format = reader.choice("log.format", &["json", "text"], &formats);
        let level = reader.choice("log.level", LEVELS, &levels);
        Self {
            format: format.map_or(LogFormat::Text, |f| f.value),
            level: level.map_or(Level::INFO, |l| l.value),
        }
    }
}
