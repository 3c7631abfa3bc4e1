//! The officer's side: shows what is asked, takes the PIN, or a no.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::{Command, Stdio},
    sync::Arc,
};

use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::desk::{Asked, Desk};
use crate::engines::signature::seal::key::Secret;

/// Documents that are listed; more are counted.
const MOST_LISTED: usize = 20;

/// Asks the officer about each request that comes in.
pub(super) fn serve(desk: Arc<Desk>) {
    let (to, mut lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if to.send(line).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        loop {
            desk.news.notified().await;
            if let Some(asked) = desk.waiting() {
                ask(&desk, asked, &mut lines).await;
            }
        }
    });
}

async fn ask(desk: &Arc<Desk>, asked: Asked, lines: &mut UnboundedReceiver<String>) {
    // What was typed before nobody asked is no consent.
    if io::stdin().is_terminal() {
        while lines.try_recv().is_ok() {}
    }
    show(&asked);
    echo(false);
    let line = loop {
        let turn = tokio::time::sleep(std::time::Duration::from_millis(500));
        tokio::select! {
            line = lines.recv() => break line,
            () = turn => {
                if desk.waiting().is_none_or(|waiting| waiting.id != asked.id) {
                    echo(true);
                    println!("\nYêu cầu đã bị rút hoặc hết hạn.");
                    return;
                }
            }
        }
    };
    echo(true);
    println!();
    let pin = line
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .map(|line| Secret::new(&line));
    let desk = desk.clone();
    let answered = tokio::task::spawn_blocking(move || desk.answer(&asked, pin)).await;
    if let Ok((_, message)) = answered {
        println!("→ {message}");
    }
}

fn show(asked: &Asked) {
    println!("\nTrang {} xin ký {} giấy tờ.", asked.origin, asked.documents.len());
    println!("Chứng thư số: {} (số {})", asked.certificate.name(), asked.certificate.serial());
    for (title, digest) in asked.documents.iter().take(MOST_LISTED) {
        println!("  - {} [SHA-256 {}…]", if title.is_empty() { "(không tên)" } else { title }, &digest[..16]);
    }
    if asked.documents.len() > MOST_LISTED {
        println!("  … và {} giấy tờ nữa", asked.documents.len() - MOST_LISTED);
    }
    print!("Nhập mã PIN để ký, hoặc Enter để từ chối: ");
    let _ = io::stdout().flush();
}

/// Whether the terminal shows what is typed; where there is none, nothing is done.
fn echo(is_on: bool) {
    if io::stdin().is_terminal() {
        let setting = if is_on { "echo" } else { "-echo" };
        let _ = Command::new("stty").arg(setting).stdin(Stdio::inherit()).status();
    }
}
