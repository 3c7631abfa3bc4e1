//! An officer signs in a real browser: the page, the signing agent and a token, by clicks and a PIN.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::{hash::MessageDigest, sign::Signer};
use serde_json::{Value, json};
use sohoa::domain::signing::SigningRules;

use crate::{
    agent::holds,
    pki::Identity,
    signing::{People, sign_elsewhere, to_sign},
    support::{
        agent::Agent,
        app::TestApp,
        browser::{Browser, Tab},
        token::{PIN, Token},
    },
};

/// An installation whose pages speak to an agent, and the officer's token.
struct Office {
    people: People,
    app: TestApp,
    agent: String,
    token: Token,
}

impl Office {
    /// Nobody listens as agent yet.
    async fn open() -> Self {
        let people = People::new();
        let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let agent = format!("http://{}", port().local_addr().unwrap());
        let rules = SigningRules { agent: agent.clone(), ..SigningRules::default() };
        let app = TestApp::start_with(true, people.setting(rules)).await;
        let token = Token::with_certificate(&people.officer.key, people.officer.der());
        Self { people, app, agent, token }
    }

    /// The officer starts the agent for pages of this origin.
    fn agent_for(&self, origin: &str) -> Agent {
        let port = self.agent.rsplit(':').next().unwrap();
        let more = ["--token", "can-bo", "--port", port];
        Agent::start(&self.token.settings(), &[origin], &more)
    }

    async fn state(&self, paper: &str) -> Value {
        self.app.json(self.app.get(&format!("/api/v1/papers/{paper}"))).await["state"].clone()
    }
}

const STATUS: &str = "#sign-status";

fn says(tab: &mut Tab<'_>, text: &str) {
    tab.until_text(STATUS, text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_signed_by_a_click_and_a_pin_and_moves_on() {
    let office = Office::open().await;
    let (paper, _) = to_sign(&office.app, 81).await;
    let mut browser = Browser::start();
    let mut tab = browser.open(&format!("{}/papers/{paper}", office.app.url));

    // Nobody there; then one for other pages; then the right one.
    says(&mut tab, "Chưa thấy phần mềm ký trên máy này");
    assert_eq!(tab.value("document.getElementById('do-sign').disabled"), Ok(true.into()));
    tab.picture("1-no-agent");
    let stranger = office.agent_for("https://trang-khac.example.vn");
    tab.click("#find-agent");
    says(&mut tab, "không cho phép trang này xin ký");
    says(&mut tab, &office.app.url);
    tab.picture("2-other-page");
    drop(stranger);
    let mut agent = office.agent_for(&office.app.url);
    tab.click("#find-agent");
    tab.until_text("#certificate", "Trần Thị Mẫu (Gốc thử nghiệm của sohoa, đến 01/01/2049)");
    tab.until("document.getElementById('do-sign').disabled === false");
    tab.picture("3-ready");

    // A wrong PIN: the page says so, and the paper waits as it did.
    tab.click("#do-sign");
    says(&mut tab, "ở cửa sổ phần mềm ký");
    assert_eq!(office.state(&paper).await, "signing");
    tab.picture("4-waiting");
    agent.answers("000000");
    says(&mut tab, "✗ Chưa ký: Mã PIN không đúng");
    tab.until("document.getElementById('do-sign').disabled === false");
    assert_eq!(office.state(&paper).await, "to_sign");
    tab.picture("5-wrong-pin");

    // The officer says no.
    tab.click("#do-sign");
    agent.answers("");
    says(&mut tab, "✗ Chưa ký: Công chức từ chối.");
    tab.until("document.getElementById('do-sign').disabled === false");
    assert_eq!(office.state(&paper).await, "to_sign");

    // Stopped on the page: the agent does not wait for it any more.
    tab.click("#do-sign");
    says(&mut tab, "ở cửa sổ phần mềm ký");
    tab.click("#stop-signing");
    says(&mut tab, "✗ Chưa ký: đã dừng.");
    agent.shows("Yêu cầu đã bị rút hoặc hết hạn.");
    tab.until("document.getElementById('do-sign').disabled === false");
    assert_eq!(office.state(&paper).await, "to_sign");

    // Loaded anew while it waits for the PIN: it is not asked for twice.
    tab.click("#do-sign");
    says(&mut tab, "ở cửa sổ phần mềm ký");
    tab.go(&format!("{}/papers/{paper}", office.app.url));
    says(&mut tab, "ở cửa sổ phần mềm ký");
    let shown = agent.answers(PIN);
    assert!(shown.contains("Kết quả KQ1, nhận 21/11/2026 10:00 [SHA-256 "), "{shown}");
    tab.until_text(".state", "Đã lưu");
    tab.picture("6-stored");
    assert_eq!(office.state(&paper).await, "stored");
    assert!(tab.text("main").contains("Đã lưu vào kho"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_papers_are_signed_with_one_pin_each_with_its_result() {
    let office = Office::open().await;
    let mut papers = Vec::new();
    for seed in 82..86 {
        papers.push(to_sign(&office.app, seed).await.0);
    }
    let mut agent = office.agent_for(&office.app.url);
    let mut browser = Browser::start();
    let mut tab = browser.open(&format!("{}/signing", office.app.url));
    let row = |paper: &str, rest: &str| format!("tr[data-sign='{paper}'] {rest}");
    tab.until_text("#do-sign", "Ký tất cả (4 giấy tờ)");
    tab.picture("7-list");

    // One is left out, another one was signed elsewhere meanwhile.
    tab.click(&row(&papers[0], "input"));
    tab.until_text("#do-sign", "Ký tất cả (3 giấy tờ)");
    sign_elsewhere(&office.app, &papers[1], office.people.officer.der(), &office.token).await;
    tab.click("#do-sign");
    says(&mut tab, "ở cửa sổ phần mềm ký");
    tab.picture("8-list-waiting");
    let shown = agent.answers(PIN);
    assert!(shown.contains("xin ký 2 giấy tờ"), "{shown}");
    says(&mut tab, "Đã ký 2/4 giấy tờ.");
    tab.until_text(&row(&papers[1], ".sign-result"), "✗ Chưa ký:");
    assert_eq!(tab.text(&row(&papers[0], ".sign-result")), "");
    for paper in &papers[2..] {
        assert_eq!(tab.text(&row(paper, ".sign-result")), "✓ Đã ký");
        assert_eq!(office.app.settled(paper).await["state"], "stored");
    }
    assert_eq!(office.state(&papers[0]).await, "to_sign");
    tab.picture("9-list-signed");

    // The agent goes away before the officer agreed: said, and nothing is lost.
    tab.click(&row(&papers[0], "input"));
    tab.click(&row(&papers[1], "input"));
    tab.until_text("#do-sign", "Ký tất cả (1 giấy tờ)");
    tab.click("#do-sign");
    says(&mut tab, "ở cửa sổ phần mềm ký");
    drop(agent);
    tab.until_text(&row(&papers[0], ".sign-result"), "✗ Chưa ký: Mất kết nối với phần mềm ký.");
    tab.until("document.getElementById('stop-signing').hidden");
    assert_eq!(office.state(&papers[0]).await, "to_sign");
}

/// What the token signed is handed in when the connection is there again, without another PIN.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_is_not_lost_with_the_connection() {
    let office = Office::open().await;
    let (paper, _) = to_sign(&office.app, 87).await;
    let mut agent = office.agent_for(&office.app.url);
    let mut browser = Browser::start();
    let mut tab = browser.open(&format!("{}/papers/{paper}", office.app.url));
    tab.until("document.getElementById('do-sign').disabled === false");
    tab.click("#do-sign");
    says(&mut tab, "ở cửa sổ phần mềm ký");
    tab.block(&["*/api/v1/*"]);
    agent.answers(PIN);
    says(&mut tab, "Đã ký trên thiết bị, nhưng máy chủ không trả lời");
    tab.until_text("#do-sign", "Tiếp tục");
    tab.picture("10-server-gone");
    assert_eq!(office.state(&paper).await, "signing");
    tab.block(&[]);
    tab.click("#do-sign");
    tab.until_text(".state", "Đã lưu");
    assert_eq!(office.state(&paper).await, "stored");
}

/// An agent of another maker, whose token is pulled out after one document.
async fn agent_that_stops(address: &str, officer: &Identity) {
    let kept = |schema: &str, answer: Value| {
        holds(schema, &answer);
        Json(answer)
    };
    let certificate = json!({
        "id": "01", "name": "Trần Thị Mẫu", "issuer": "Gốc thử nghiệm", "serial": "1", "not_before": null, "not_after": null,
        "der": STANDARD.encode(officer.der()), "chain": [], "is_usable": true, "message": null,
    });
    let (asked, key) = (Arc::new(Mutex::new(Vec::new())), officer.key.clone());
    let seen = Arc::clone(&asked);
    let certificates = async move || kept("Certificates", json!({ "certificates": [certificate] }));
    let ask = async move |Json(body): Json<Value>| {
        holds("SignaturesIn", &body);
        let documents = body["documents"].as_array().unwrap();
        let first = STANDARD.decode(documents[0]["signed_attributes"].as_str().unwrap()).unwrap();
        let signature =
            Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(&first).unwrap();
        let none = vec![Value::Null; documents.len() - 1];
        let fault = json!("Thiết bị ký đã được rút ra.");
        *seen.lock().unwrap() = vec![
            [vec![json!(STANDARD.encode(signature))], none.clone()].concat(),
            [vec![Value::Null], vec![fault; none.len()]].concat(),
        ];
        let body = json!({
            "id": "1", "state": "signing", "message": "Đang ký.", "n_documents": documents.len(), "signatures": [], "faults": [],
        });
        (StatusCode::ACCEPTED, kept("Request", body))
    };
    let see = async move || {
        let said = asked.lock().unwrap().clone();
        kept(
            "Request",
            json!({
                "id": "1", "state": "partly_signed", "message": "Thiết bị ký ngừng giữa chừng.",
                "n_documents": said[0].len(), "signatures": said[0], "faults": said[1],
            }),
        )
    };
    let app = Router::new()
        .route("/v1/certificates", get(certificates))
        .route("/v1/signatures", post(ask))
        .route("/v1/signatures/1", get(see))
        .layer(middleware::from_fn(for_all_pages));
    let listener = tokio::net::TcpListener::bind(address.strip_prefix("http://").unwrap()).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
}

async fn for_all_pages(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN.as_str(), "*"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS.as_str(), "content-type"),
        ("access-control-allow-private-network", "true"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_signed_before_it_stopped_counts_and_the_rest_waits() {
    let office = Office::open().await;
    let papers = [to_sign(&office.app, 88).await.0, to_sign(&office.app, 89).await.0];
    agent_that_stops(&office.agent, &office.people.officer).await;
    let mut browser = Browser::start();
    let mut tab = browser.open(&format!("{}/signing", office.app.url));
    tab.until_text("#do-sign", "Ký tất cả (2 giấy tờ)");
    tab.until("document.getElementById('do-sign').disabled === false");
    tab.click("#do-sign");
    says(&mut tab, "Đã ký 1/2 giấy tờ.");
    tab.picture("11-partly-signed");

    let mut results: Vec<String> =
        papers.iter().map(|paper| tab.text(&format!("tr[data-sign='{paper}'] .sign-result"))).collect();
    let signed = papers.iter().zip(&results).find(|(_, result)| *result == "✓ Đã ký").unwrap().0.clone();
    results.sort();
    assert_eq!(results, ["✓ Đã ký", "✗ Chưa ký: Thiết bị ký đã được rút ra."]);
    assert_eq!(office.app.settled(&signed).await["state"], "stored");
    let rest = papers.iter().find(|paper| **paper != signed).unwrap();
    assert_eq!(office.state(rest).await, "to_sign");
}
