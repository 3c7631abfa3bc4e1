//! Other systems: they get a token for minutes with their id and secret, and reach what their scopes say.

use std::collections::BTreeSet;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sohoa::{domain::officer::Scope, workflows::clients};

use crate::{
    line::{FORM, form},
    support::app::{TestApp, on_both_databases},
};

/// Adds a system; its id and secret.
pub async fn client(app: &TestApp, scopes: &[Scope]) -> (String, String) {
    let scopes: BTreeSet<Scope> = scopes.iter().copied().collect();
    let by = &app.ctx.rules.officer;
    let added = clients::add(&app.ctx, by, "Cổng dịch vụ công", scopes, None).await.unwrap();
    (added.client.id.to_string(), added.secret)
}

fn asked(app: &TestApp, id: &str, secret: &str, scope: &str) -> RequestBuilder {
    let fields = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", id.to_owned()),
        ("client_secret", secret.to_owned()),
        ("scope", scope.to_owned()),
    ];
    app.with_cookie(None).post("/oauth/token").header(FORM.0, FORM.1).body(form(&fields))
}

/// The installation as that system reaches it.
pub async fn with_token(app: &TestApp, id: &str, secret: &str) -> TestApp {
    let given = app.json(asked(app, id, secret, "")).await;
    app.with_bearer(given["access_token"].as_str().unwrap())
}

async fn refusal(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let told: Value = answer.json().await.unwrap();
    (status, told["error"].as_str().or(told["type"].as_str()).unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_reads_what_its_scopes_say_and_nothing_in_an_officers_name() {
    on_both_databases(async |app| {
        let (id, secret) = client(&app, &[Scope::ReadDocuments, Scope::ReadChanges]).await;
        let token = app.json(asked(&app, &id, &secret, "changes.read")).await;
        assert_eq!((token["token_type"].as_str(), token["expires_in"].as_u64()), (Some("Bearer"), Some(600)));
        assert_eq!(token["scope"], "changes.read");
        let narrow = app.with_bearer(token["access_token"].as_str().unwrap());
        app.json(narrow.get("/api/v1/changes")).await;
        let lookup = json!({ "owner": "001085000001", "purpose": "giải quyết hồ sơ" });
        let (status, kind) = refusal(narrow.post("/api/v1/owners/lookup").json(&lookup)).await;
        assert_eq!((status, kind.as_str()), (403, "urn:sohoa:problem:forbidden"));

        let wide = with_token(&app, &id, &secret).await;
        app.json(wide.post("/api/v1/owners/lookup").json(&lookup)).await;
        let no_purpose = json!({ "owner": "001085000001", "purpose": " " });
        assert_eq!(refusal(wide.post("/api/v1/owners/lookup").json(&no_purpose)).await.0, 400);
        let open = wide.post("/api/v1/dossiers").json(&json!({ "procedure": "1.001776" }));
        assert_eq!(refusal(open).await, (403, "urn:sohoa:problem:officers-only".to_owned()));
        assert_eq!(wide.get("/owners").send().await.unwrap().status(), 403);

        for (id, secret, scope, expected) in [
            (id.as_str(), "rubbish", "", (401, "invalid_client")),
            ("unknown", secret.as_str(), "", (401, "invalid_client")),
            (&id, &secret, "verify", (400, "invalid_scope")),
            (&id, &secret, "everything", (400, "invalid_scope")),
        ] {
            let (status, error) = refusal(asked(&app, id, secret, scope)).await;
            assert_eq!((status, error.as_str()), expected, "{id} {scope}");
        }
        // Also where nobody has an account, a token that is none is nobody's.
        assert_eq!(refusal(app.with_bearer("rubbish").get("/api/v1/changes")).await.0, 401);

        let id = sohoa::domain::ids::ClientId::parse(&id).unwrap();
        clients::set_active(&app.ctx, &app.ctx.rules.officer, &id, false).await.unwrap();
        assert_eq!(refusal(wide.get("/api/v1/changes")).await.0, 401, "closed: the token is worth nothing");
        assert_eq!(refusal(asked(&app, id.as_str(), &secret, "")).await.0, 401);
    })
    .await;
}
