//! A real browser (Chromium without a screen), told what to do through a pipe by the DevTools protocol, as a person
//! would use it: pages are opened, things are clicked where they are seen, and what stands there is read.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    child: Child,
    _folder: TempDir,
    to: File,
    from: Receiver<Value>,
    last_id: u64,
}

/// A page of it.
pub struct Tab<'a> {
    browser: &'a mut Browser,
    session: String,
}

impl Browser {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (in_pipe, out_pipe) = (folder.path().join("in"), folder.path().join("out"));
        let made = Command::new("mkfifo").arg(&in_pipe).arg(&out_pipe).status().unwrap();
        assert!(made.success());
        // It reads commands from file 3 and writes to file 4.
        let mut shell = Command::new("sh");
        shell.args(["-c", "in=$1 out=$2; shift 2; exec \"$@\" 3<\"$in\" 4>\"$out\"", "sh"]);
        shell.arg(&in_pipe).arg(&out_pipe).arg("chromium").args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-pipe",
            "--window-size=1200,1000",
        ]);
        shell.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
        let child = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let to = File::options().write(true).open(&in_pipe).unwrap();
        let mut out = File::open(&out_pipe).unwrap();
        let (send, from) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut bytes, mut rest) = (vec![0; 1 << 16], Vec::new());
            while let Ok(n @ 1..) = out.read(&mut bytes) {
                rest.extend_from_slice(&bytes[..n]);
                while let Some(end) = rest.iter().position(|byte| *byte == 0) {
                    let message: Vec<u8> = rest.drain(..=end).collect();
                    let message = serde_json::from_slice(&message[..end]).unwrap();
                    if send.send(message).is_err() {
                        return;
                    }
                }
            }
        });
        let mut browser = Self { child, _folder: folder, to, from, last_id: 0 };
        let version = browser.call(None, "Browser.getVersion", &json!({}));
        assert!(version.is_ok(), "chromium is needed by this test (package chromium): {version:?}");
        browser
    }

    fn call(&mut self, session: Option<&str>, method: &str, parameters: &Value) -> Result<Value, String> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).map_err(|e| e.to_string())?;
        loop {
            let said = self.from.recv_timeout(PATIENCE).map_err(|e| format!("{method}: {e}"))?;
            if said["id"] == self.last_id {
                let fault = &said["error"]["message"];
                return fault.as_str().map_or(Ok(said["result"].clone()), |fault| Err(fault.to_owned()));
            }
        }
    }

    pub fn open(&mut self, url: &str) -> Tab<'_> {
        let made = self.call(None, "Target.createTarget", &json!({ "url": "about:blank" })).unwrap();
        let target = json!({ "targetId": made["targetId"], "flatten": true });
        let attached = self.call(None, "Target.attachToTarget", &target).unwrap();
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut tab = Tab { browser: self, session };
        for method in ["Page.enable", "Runtime.enable"] {
            tab.call(method, &json!({})).unwrap();
        }
        tab.go(url);
        tab
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call(None, "Browser.close", &json!({}));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Tab<'_> {
    fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.browser.call(Some(&self.session), method, parameters)
    }

    pub fn go(&mut self, url: &str) {
        let went = self.call("Page.navigate", &json!({ "url": url })).unwrap();
        assert!(went["errorText"].is_null(), "{went}");
        self.until("document.readyState === 'complete'");
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Result<Value, String> {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let said = self.call("Runtime.evaluate", &asked)?;
        let fault = &said["exceptionDetails"];
        if fault.is_null() { Ok(said["result"]["value"].clone()) } else { Err(fault.to_string()) }
    }

    pub fn text(&mut self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({selector:?}).textContent")).unwrap();
        text.as_str().unwrap().to_owned()
    }

    /// Waits until an expression holds, also over pages that are loaded anew.
    pub fn until(&mut self, expression: &str) {
        let start = Instant::now();
        let asked = format!(
            "new Promise((done) => {{ const look = (n) => ({expression}) ? done(true) : n ? setTimeout(look, 50, n - 1) \
             : done(false); look(20); }})"
        );
        while start.elapsed() < PATIENCE {
            if self.value(&asked) == Ok(Value::Bool(true)) {
                return;
            }
        }
        let page = self.value("document.body.innerText");
        panic!("never came true: {expression}\n{page:?}");
    }

    /// Waits until something on the page has this text.
    pub fn until_text(&mut self, selector: &str, text: &str) {
        self.until(&format!("document.querySelector({selector:?})?.textContent.includes({text:?})"));
    }

    /// Clicks in the middle of what can be seen of an element, once it can be clicked.
    pub fn click(&mut self, selector: &str) {
        self.until(&format!("document.querySelector({selector:?})?.disabled === false"));
        let middle = self.value(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{ block: 'center' }}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        ));
        let middle = middle.unwrap();
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event).unwrap();
        }
    }

    /// As if nobody answered at these addresses.
    pub fn block(&mut self, urls: &[&str]) {
        self.call("Network.enable", &json!({})).unwrap();
        self.call("Network.setBlockedURLs", &json!({ "urls": urls })).unwrap();
    }

    /// With `SOHOA_SCREENSHOTS=DIR` the page as it looks now goes into that folder.
    pub fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SOHOA_SCREENSHOTS") else { return };
        let taken = self.call("Page.captureScreenshot", &json!({ "format": "png" })).unwrap();
        let png = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }
}
