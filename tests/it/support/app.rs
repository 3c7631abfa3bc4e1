//! A whole installation on a port of its own, spoken to over HTTP.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response, multipart, redirect::Policy};
use serde_json::{Value, json};
use sohoa::{
    clock::Clock,
    config::Config,
    domain::{
        code::ResultReading, job::Urgency, officer::ActingOfficer, retention::Retention,
        signing::SigningRules,
    },
    engines::{
        extraction::Guide,
        reader::{ReaderLimits, Readers},
        signature::{order::TrustFiles, seal::Level},
    },
    faces::{
        self, Notice, Served,
        gate::{Rates, Reached},
        worker,
    },
    remote::{Remote, RemoteRules, antivirus::Antivirus},
    store::{Db, Keys, Objects},
    workflows::{
        administer,
        agency::AgencySeal,
        context::{Ctx, Rules},
        provider::Provider,
    },
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{logs, postgres};

/// The instant at which the clock of every test stands.
pub const NOW: &str = "2026-11-21T03:00:00Z";

pub struct TestApp {
    pub ctx: Ctx,
    pub folder: TempDir,
    pub url: String,
    /// Address of the database.
    pub database: String,
    client: Client,
    stop: CancellationToken,
    cookie: Option<String>,
    bearer: Option<String>,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Runs a story on both databases, each in an installation of its own.
pub async fn on_both_databases(story: impl AsyncFn(TestApp)) {
    for is_sqlite in [true, false] {
        story(TestApp::start(is_sqlite).await).await;
    }
}

/// What an installation has beside the usual.
#[derive(Default)]
pub struct Setting {
    pub signing: SigningRules,
    pub trust: TrustFiles,
    pub seal: Option<Arc<AgencySeal>>,
    pub antivirus: Option<Antivirus>,
    /// Where it listens, when somebody has to know it before.
    pub listener: Option<std::net::TcpListener>,
    pub provider: Option<Arc<Provider>>,
    pub result_reading: ResultReading,
    /// Where others tell the time with it.
    pub clock: Option<Clock>,
    /// How long documents are kept.
    pub retention: Retention,
    /// The level that is wanted of signatures, and the time-stamp authority.
    pub lasting: Option<(Level, String)>,
}

fn usual() -> Served {
    let rate = |n| std::num::NonZeroU32::new(n).unwrap();
    Served {
        notice: Notice::NoOfficer,
        max_bytes: 64 << 20,
        reached: Reached::default(),
        hosts: Vec::new(),
        metrics_from: Arc::new([]),
        rates: Rates { client: rate(1000), sign_in: rate(1000) },
    }
}

impl TestApp {
    pub async fn start(is_sqlite: bool) -> Self {
        Self::start_with(is_sqlite, Setting::default()).await
    }

    pub async fn start_with(is_sqlite: bool, setting: Setting) -> Self {
        logs::begin();
        let folder = tempfile::tempdir().unwrap();
        let database = if is_sqlite {
            format!("sqlite://{}?mode=rwc", folder.path().join("sohoa.sqlite").display())
        } else {
            postgres::fresh_database().await
        };
        let clock = setting.clock.unwrap_or_else(|| Clock::Fixed(NOW.parse::<Timestamp>().unwrap()));
        let config = Config::default();
        let officer = ActingOfficer::alone(config.officer().0, clock.now());
        let keys = Arc::new(Keys::open_or_create(&folder.path().join("sohoa.keys")).unwrap());
        let db = Db::open(&database, Arc::clone(&keys)).await.unwrap();
        administer::prepare(&db, &officer.officer, clock.now()).await.unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_sohoa"));
        let limits = ReaderLimits { n_readers: 2, ..ReaderLimits::default() };
        let remote = setting.lasting.is_some().then(|| {
            let rules = RemoteRules { private_hosts: vec!["127.0.0.1".into()], ..RemoteRules::default() };
            Arc::new(Remote::new(&rules).unwrap())
        });
        let (level, time_stamps) = setting.lasting.map_or((Level::Basic, None), |(l, at)| (l, Some(at)));
        let ctx = Ctx {
            db,
            objects: Objects::local(&folder.path().join("objects"), keys).unwrap(),
            readers: Arc::new(Readers::new(program, limits)),
            clock,
            rules: Arc::new(Rules {
                pages: config.pages.clone(),
                guide: Arc::new(Guide::built_in()),
                code_papers_without_number: true,
                result_reading: setting.result_reading,
                officer,
                signing: setting.signing,
                trust: Arc::new(setting.trust),
                level,
                time_stamps,
                calendar: config.calendar.clone(),
                retention: setting.retention,
            }),
            learned: Arc::default(),
            seal: setting.seal,
            remote,
            provider: setting.provider,
            antivirus: setting.antivirus,
        };
        let listener =
            setting.listener.unwrap_or_else(|| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let app = faces::app(ctx.clone(), &usual());
        tokio::spawn(
            axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future(),
        );
        for least in [Urgency::Pile, Urgency::Desk] {
            tokio::spawn(worker::work(ctx.clone(), stop.clone(), least));
        }
        Self { ctx, folder, url, database, client: Client::new(), stop, cookie: None, bearer: None }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match (&self.cookie, &self.bearer) {
            (Some(cookie), _) => request.header("cookie", cookie),
            (None, Some(token)) => request.bearer_auth(token),
            (None, None) => request,
        }
    }

    /// The same installation for whoever bears `cookie`, for nobody without one; redirects are shown, not followed.
    pub fn with_cookie(&self, cookie: Option<String>) -> Self {
        Self {
            ctx: self.ctx.clone(),
            folder: tempfile::tempdir().unwrap(),
            url: self.url.clone(),
            database: self.database.clone(),
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
            stop: CancellationToken::new(),
            cookie,
            bearer: None,
        }
    }

    /// The same installation for a system that bears `token`.
    pub fn with_bearer(&self, token: &str) -> Self {
        let mut app = self.with_cookie(None);
        app.bearer = Some(token.to_owned());
        app
    }

    /// The JSON of a request that must succeed.
    pub async fn json(&self, request: RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// The problem of a request that must fail.
    pub async fn problem(&self, request: RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        assert!(!response.status().is_success(), "{}", response.status());
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(media_type, "application/problem+json");
        let status = response.status().as_u16();
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"], status);
        problem
    }

    /// What a GET of `path` answers when the clock stands elsewhere.
    pub async fn seen_at(&self, now: &str, path: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let ctx = Ctx { clock: Clock::Fixed(now.parse().unwrap()), ..self.ctx.clone() };
        let served = tokio::spawn(axum::serve(listener, faces::app(ctx, &usual())).into_future());
        let text = self.client.get(url).send().await.unwrap().text().await.unwrap();
        served.abort();
        text
    }

    pub async fn open_dossier(&self, procedure: &str) -> String {
        let dossier = self.json(self.post("/api/v1/dossiers").json(&json!({ "procedure": procedure }))).await;
        dossier["id"].as_str().unwrap().to_owned()
    }

    /// Uploads `bytes` to `place`, such as `components/01/papers`, with further parts.
    pub async fn upload(
        &self,
        dossier: &str,
        place: &str,
        bytes: &[u8],
        parts: &[(&'static str, &str)],
    ) -> Response {
        let mut form =
            multipart::Form::new().part("file", multipart::Part::bytes(bytes.to_vec()).file_name("scan"));
        for (name, value) in parts {
            form = form.text(*name, (*value).to_owned());
        }
        self.post(&format!("/api/v1/dossiers/{dossier}/{place}")).multipart(form).send().await.unwrap()
    }

    /// The paper once nothing moves it any more.
    pub async fn settled(&self, paper: &str) -> Value {
        for _ in 0..1200 {
            let seen = self.json(self.get(&format!("/api/v1/papers/{paper}"))).await;
            let moving = ["received", "checking", "reading", "to_code"];
            if !moving.contains(&seen["state"].as_str().unwrap()) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the paper never came to rest");
    }
}
