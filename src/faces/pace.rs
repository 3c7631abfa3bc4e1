//! Cuts off who sends a body slowly to keep a place occupied.

use std::time::Duration;

use axum::{
    BoxError,
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

/// How slowly a body may come.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Without a byte, and before the rate counts.
    patience: Duration,
    /// From the beginning, after that.
    bytes_per_second: u32,
}

/// A line of 64 kbit/s brings 8,000 bytes a second.
const USUAL: Pace = Pace { patience: Duration::from_secs(30), bytes_per_second: 1024 };

/// The body ends with an error when it comes slower than a bad line would bring it.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    let paced = request.map(|body| Body::from_stream(paced(body.into_data_stream(), USUAL)));
    next.run(paced).await
}

fn paced<E: Into<BoxError>>(
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    pace: Pace,
) -> impl Stream<Item = Result<Bytes, BoxError>> {
    let begun = Instant::now();
    stream::unfold(Some((body, 0u64)), move |going_on| async move {
        let (mut body, n_bytes) = going_on?;
        let owed = Duration::from_secs(n_bytes / u64::from(pace.bytes_per_second));
        let latest = (Instant::now() + pace.patience).min(begun + pace.patience + owed);
        match timeout_at(latest, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(bytes))) => {
                let n_bytes = n_bytes + bytes.len() as u64;
                Some((Ok(bytes), Some((body, n_bytes))))
            }
            Ok(Some(Err(error))) => Some((Err(error.into()), None)),
            Err(_) => Some((Err("the body comes too slowly".into()), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn received(
        pace: Pace,
        body: impl Stream<Item = Result<Bytes, Infallible>>,
    ) -> (usize, Option<String>) {
        let mut paced = Box::pin(paced(Box::pin(body), pace));
        let mut n_bytes = 0;
        while let Some(part) = paced.next().await {
            match part {
                Ok(bytes) => n_bytes += bytes.len(),
                Err(error) => return (n_bytes, Some(error.to_string())),
            }
        }
        (n_bytes, None)
    }

    fn ticking() -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        })
    }

    #[tokio::test]
    async fn who_is_slow_is_cut_off_and_who_is_not_is_heard() {
        let patient = Pace { patience: Duration::from_secs(600), bytes_per_second: 1 };
        let whole = received(patient, stream::iter((0..500).map(|_| Ok(Bytes::from_static(b"0123456789")))));
        assert_eq!(whole.await, (5000, None));
        // A byte now and then is not enough, nor is silence after a good beginning.
        let hasty = Pace { patience: Duration::from_millis(100), bytes_per_second: 1 << 20 };
        let (_, error) = received(hasty, ticking()).await;
        assert_eq!(error.unwrap(), "the body comes too slowly");
        let begins_well = stream::iter([Ok(Bytes::from(vec![0; 64 << 20]))]).chain(stream::pending());
        let (n_bytes, error) = received(hasty, begins_well).await;
        assert_eq!((n_bytes, error.unwrap().as_str()), (64 << 20, "the body comes too slowly"));
    }
}
