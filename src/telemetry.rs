//! Logs on stderr: one line per event, as text or as JSON; lines about a paper carry its opaque id. No personal data.

use tracing_subscriber::{
    EnvFilter,
    filter::ParseError,
    fmt::MakeWriter,
    util::{SubscriberInitExt, TryInitError},
};

/// What is logged, and how.
#[derive(Debug, Clone, Copy)]
pub struct Logs<'a> {
    /// `error`, `warn`, `info`, `debug`, `trace`, or levels by module; the variable `SOHOA_LOG` stands above it.
    pub level: &'a str,
    /// One JSON object a line instead of text.
    pub is_json: bool,
}

/// Why nothing is logged.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// No level.
    #[error("[log] level, hoặc SOHOA_LOG: không phải mức nhật ký (error, warn, info, debug, trace)")]
    Level(#[from] ParseError),
    /// Logging was started before.
    #[error("nhật ký đã được mở")]
    Started(#[from] TryInitError),
}

/// Starts logging to `writer`, once in a process.
///
/// # Errors
/// [`LogsError`].
pub fn start_to<W>(logs: Logs<'_>, writer: W) -> Result<(), LogsError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = std::env::var("SOHOA_LOG").unwrap_or_else(|_| logs.level.to_owned());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(level)?)
        .with_writer(writer)
        .with_target(false);
    match logs.is_json {
        true => builder.json().flatten_event(true).with_span_list(false).finish().try_init()?,
        false => builder.finish().try_init()?,
    }
    Ok(())
}

/// Starts logging to stderr.
///
/// # Errors
/// [`LogsError`].
pub fn start(logs: Logs<'_>) -> Result<(), LogsError> {
    start_to(logs, std::io::stderr)
}
