//! Requests that come twice.

use std::time::Duration;

use sohoa::{
    domain::ids::ContentHash,
    store::{
        StoreError,
        idempotency::{self, KeptAnswer, Known, RequestKey},
    },
};

use super::world::{CITIZEN, at, each_engine};

#[tokio::test]
async fn a_request_that_comes_twice_is_done_once() {
    each_engine(async |w| {
        let request = RequestKey { route: "POST /papers/1/confirm", key: "0193-key" };
        let other_route = RequestKey { route: "POST /papers/2/confirm", ..request };
        let (hash, other_hash) = (ContentHash::of(b"body"), ContentHash::of(b"other"));
        let patience = Duration::from_secs(60);
        let given = KeptAnswer {
            status: 201,
            content_type: "application/json".to_owned(),
            headers: vec![("etag".to_owned(), "\"2\"".to_owned())],
            body: format!("{{\"owner\":\"{CITIZEN}\"}}"),
        };
        let asks = |request: RequestKey<'static>, hash: ContentHash, now: i64| {
            let w = &w;
            async move {
                w.write(async |tx| {
                    idempotency::remember(tx, request, &hash, at(now), patience).await.unwrap()
                })
                .await
            }
        };
        assert_eq!(asks(request, hash.clone(), 0).await, Known::New);
        assert_eq!(asks(request, hash.clone(), 1).await, Known::InFlight);
        assert_eq!(asks(request, other_hash.clone(), 1).await, Known::OtherRequest);
        assert_eq!(asks(other_route, hash.clone(), 1).await, Known::New);
        // Whoever did it vanished: somebody else may, and only one.
        assert_eq!(asks(request, hash.clone(), 61).await, Known::New);
        assert_eq!(asks(request, hash.clone(), 62).await, Known::InFlight);
        w.write(async |tx| idempotency::answer(tx, request, &given).await.unwrap()).await;
        assert_eq!(asks(request, hash.clone(), 63).await, Known::Done(given.clone()));
        assert_eq!(asks(request, hash.clone(), 999).await, Known::Done(given.clone()));
        assert_eq!(asks(request, other_hash, 999).await, Known::OtherRequest);
        w.write(async |tx| {
            let twice = idempotency::answer(tx, request, &given).await;
            assert!(matches!(twice, Err(StoreError::Missing { .. })));
            idempotency::forget(tx, request).await.unwrap(); // answered: stays
            idempotency::forget(tx, other_route).await.unwrap();
        })
        .await;
        assert_eq!(asks(request, hash.clone(), 64).await, Known::Done(given.clone()));
        assert_eq!(asks(other_route, hash.clone(), 64).await, Known::New);
        assert_eq!(w.write(async |tx| idempotency::forget_before(tx, at(63)).await.unwrap()).await, 1);
        assert_eq!(asks(request, hash.clone(), 65).await, Known::New);
        // Kept for a day, whether somebody sweeps or not; then the key is a new one for whatever request.
        let day = i64::try_from(idempotency::KEPT_FOR.as_secs()).unwrap();
        assert_eq!(day, 86_400);
        w.write(async |tx| idempotency::answer(tx, request, &given).await.unwrap()).await;
        assert_eq!(asks(request, hash, 65 + day).await, Known::Done(given));
        assert_eq!(asks(request, ContentHash::of(b"another"), 66 + day).await, Known::New);
    })
    .await;
}
