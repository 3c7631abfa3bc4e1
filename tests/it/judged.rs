//! The API as others see it: a client made of its description runs a whole story, and schemathesis asks whatever the
//! description allows, and what it does not. Both come with `sh tests/run.sh`.
//!
//! `SOHOA_API_CASES` (300 when absent) is how many cases schemathesis makes; of more than that, every bound
//! of every parameter is tried besides.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    generator::Kind,
    line::{FORM, form, truth_of},
    support::{cli::command, judges, papers},
};

/// `sohoa serve --demo` on a folder of its own.
struct Service {
    child: Child,
    url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(folder: &Path) -> Self {
        let mut serve = command();
        serve.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"]).arg(folder);
        let mut child = serve.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        let url = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the service does not start: {told}")).unwrap();
            if let Some(rest) = line.split("http://").nth(1).filter(|_| line.contains("đang mở")) {
                break format!("http://{}", rest.split(' ').next().unwrap());
            }
            told += &line;
        };
        std::thread::spawn(move || lines.for_each(drop)); // so that it never waits for a reader
        Self { child, url }
    }

    /// The cookie of the supervisor of the installation for trying out.
    async fn cookie(&self) -> String {
        let fields = [("name", "phu.trach".to_owned()), ("password", "dung-thu-1917".to_owned())];
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let sent = client.post(format!("{}/sign-in", self.url)).header(FORM.0, FORM.1).body(form(&fields));
        let answer = sent.send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

fn judge(program: &str) -> Command {
    let mut judge = Command::new(judges::python().with_file_name(program));
    judge.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    judge
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

/// The ids of what the story made.
fn story(service: &Service, cookie: &str, folder: &Path) -> Value {
    let description = folder.join("openapi.json");
    fs::write(&description, sohoa::faces::api::openapi().to_string()).unwrap();
    let settings = folder.join("client.yaml");
    let name = "project_name_override: sohoa-client\npackage_name_override: sohoa_client\npost_hooks: []\n";
    fs::write(&settings, name).unwrap();
    let made = folder.join("client");
    let mut generate = judge("openapi-python-client");
    generate.arg("generate").arg("--path").arg(&description).arg("--config").arg(&settings);
    let told = said(generate.arg("--output-path").arg(&made));
    assert!(!told.contains("Unable to process schema"), "{told}"); // pictures it leaves to others
    let scan = papers::clean(Kind::Decision, 51);
    let path = folder.join("scan.pdf");
    fs::write(&path, papers::bytes(&scan)).unwrap();
    let fields = folder.join("fields.json");
    fs::write(&fields, truth_of(&scan).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/story.py");
    let mut tell = judge("python");
    tell.env("PYTHONPATH", &made).arg(script).args([&service.url, cookie]).arg(path).arg(fields);
    serde_json::from_str(&said(&mut tell)).unwrap()
}

/// Half of the ids in paths are those of the story, so that more than refusals is seen.
fn settings_of(ids: &Value) -> String {
    let id = |name: &str| ids[name].as_str().unwrap().to_owned();
    let of = |path: &str, id: String| {
        format!(
            "[[operations]]\ninclude-path-regex = \"^/{path}/\"\nparameters = {{ \"path.id\" = \"{id}\", \"path.code\" = \
             \"01\", \"path.position\" = \"1\", \"query.purpose\" = \"giai-quyet-ho-so\" }}\n"
        )
    };
    ["dossier", "paper", "document", "owner"].map(|name| of(&format!("{name}s"), id(name))).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_find_the_api_to_be_as_it_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&folder.path().join("data"));
    let cookie = service.cookie().await;
    let ids = story(&service, &cookie, folder.path());
    fs::write(folder.path().join("schemathesis.toml"), settings_of(&ids)).unwrap();
    let n_cases: usize = std::env::var("SOHOA_API_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let description = sohoa::faces::api::openapi();
    let n_operations: usize =
        description["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    let mut thesis = judge("schemathesis");
    thesis.current_dir(folder.path()).arg("--config-file").arg(folder.path().join("schemathesis.toml"));
    thesis.arg("run").arg(format!("{}/api/v1/openapi.json", service.url));
    let phases = if n_cases > 300 { "examples,coverage,fuzzing" } else { "examples,fuzzing" };
    thesis.args(["--header", &format!("Cookie: {cookie}"), "--phases", phases]);
    thesis.args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"]);
    thesis.args(["--checks", "response_headers_conformance,response_schema_conformance"]);
    thesis.args(["--max-examples", &n_cases.div_ceil(n_operations).to_string(), "--continue-on-failure"]);
    // Events of a paper never end; what erases and cancels comes in stories of its own.
    thesis.args(["--exclude-path-regex", "/events$", "--seed", "1917", "--no-shrink"]);
    thesis.args(["--workers", "2", "--request-timeout", "30", "--suppress-health-check", "all"]);
    thesis.args(["--warnings", "off", "--generation-database", "none"]);
    said(&mut thesis);
}
