//! Logs on stderr: one line per event, no personal data; level by `SOHOA_LOG` (default: warn).

use tracing_subscriber::EnvFilter;

/// Starts logging; called once by `main`.
pub fn start(default_level: &str) {
    let filter = EnvFilter::try_from_env("SOHOA_LOG").unwrap_or_else(|_| EnvFilter::new(default_level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}
