//! The log: events of this house on the error output.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

/// How the log is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settings {
    /// The form of a line.
    pub format: Format,
    /// The least severe event of this house that is written.
    pub level: Level,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// One JSON object a line: `timestamp` (RFC 3339, UTC), `level`, `target`, `fields`, `span`.
    Json,
    /// For reading.
    Text,
}

/// Writes an error for each head that is no HTTP: any client could fill the disk with them.
const CLIENTS_FAULTS: &str = "actix_http::h1::dispatcher";

/// Starts the log of the process, on its error output. Does nothing if there is one already.
pub fn install(settings: Settings) {
    // An error means that a subscriber is installed, which is what the caller wants.
    let _ = subscriber(settings, BoxMakeWriter::new(io::stderr)).try_init();
}

/// Events of the libraries are written from `WARN` on, whatever the level: below that they print
/// the URLs of blobs, headers with credentials and SQL (law 1).
fn subscriber(settings: Settings, writer: BoxMakeWriter) -> impl Subscriber + Send + Sync {
    let own = LevelFilter::from_level(settings.level);
    let filter = Targets::new()
        .with_default(own.min(LevelFilter::WARN))
        .with_target("acervo", own)
        .with_target(CLIENTS_FAULTS, LevelFilter::OFF);
    let layer = fmt::layer().with_ansi(false).with_writer(writer);
    let layer = match settings.format {
        Format::Json => layer.json().with_span_list(false).boxed(),
        Format::Text => layer.boxed(),
    };
    Registry::default().with(layer.with_filter(filter))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::Level;
    use tracing_subscriber::fmt::writer::BoxMakeWriter;

    use super::{Format, Settings, install, subscriber};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: Format, level: Level) -> String {
        let written = Written::default();
        let sink = written.clone();
        let writer = BoxMakeWriter::new(move || sink.clone());
        tracing::subscriber::with_default(subscriber(Settings { format, level }, writer), || {
            tracing::debug!(target: "acervo::store", "ours, debug");
            tracing::info!(target: "acervo::store", request = "0a", "ours, info");
            tracing::info!(target: "object_store", "theirs, info");
            tracing::warn!(target: "object_store", "theirs, warn");
            tracing::error!(target: "actix_http::h1::dispatcher", "a client's fault");
        });
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[track_caller]
    fn check(level: Level, expected: &[&str]) {
        let text = logged(Format::Text, level);
        assert_eq!(text.lines().count(), expected.len(), "{text}");
        for (line, expected) in text.lines().zip(expected) {
            assert!(line.contains(expected), "{line}");
        }
    }

    #[test]
    fn libraries_speak_only_in_warnings() {
        check(Level::DEBUG, &["ours, debug", "ours, info", "theirs, warn"]);
        check(Level::INFO, &["ours, info", "theirs, warn"]);
        check(Level::WARN, &["theirs, warn"]);
        check(Level::ERROR, &[]);
    }

    #[test]
    fn json_lines() {
        let text = logged(Format::Json, Level::INFO);
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["target"], "acervo::store");
        assert_eq!(line["fields"]["message"], "ours, info");
        assert_eq!(line["fields"]["request"], "0a");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }

    #[test]
    fn a_second_installation_is_no_panic() {
        let settings = Settings {
            format: Format::Text,
            level: Level::ERROR,
        };
        install(settings);
        install(settings);
    }
}
