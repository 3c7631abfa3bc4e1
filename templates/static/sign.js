// Signs confirmed papers with the officer's token: asks our server what is to be signed, has the signing agent on this
// computer sign it, and hands the answers in. The PIN is entered at the agent and never comes here. One consent for all
// papers of the page, a result for each; what the token signed is not lost when the connection is.
"use strict";

const card = document.getElementById("sign");

if (card) {
  const find = (id) => document.getElementById(id);
  const [choice, button, again, stop, status] = ["certificate", "do-sign", "find-agent", "stop-signing", "sign-status"].map(find);
  const agent = card.dataset.agent;
  const known = new Map();
  // Papers of one request to the agent, as its contract says.
  const MOST = 200;
  // Under what the page remembers, until the tab is closed, which request it made for which prepared papers.
  const KEPT = "sohoa-signing";
  const papers = [...document.querySelectorAll("[data-sign]")].map((place) => ({
    id: place.dataset.sign,
    title: place.dataset.title,
    signing: place.dataset.prepared,
    result: place.querySelector(".sign-result"),
    box: place.querySelector("input[type=checkbox]"),
    signature: null,
    isDone: false,
  }));
  let isStopped = false;
  let request = null;

  const say = (text, kind) => {
    status.textContent = text;
    status.className = kind || "";
  };

  const tell = (paper, text, kind) => {
    if (paper.result) {
      paper.result.textContent = text;
      paper.result.className = "sign-result " + (kind || "");
    } else {
      say(text, kind);
    }
  };

  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  // fetch() says so of servers that do not answer.
  const isSilence = (error) => error instanceof TypeError;

  const answer = async (response) => {
    const body = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new Error(body.detail || "Lỗi " + response.status);
    }
    return body;
  };

  const ask = (method, path, body) =>
    fetch(agent + path, {
      method,
      credentials: "omit",
      headers: body ? { "content-type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    }).then(answer);

  const step = (paper, body, key) =>
    fetch("/api/v1/papers/" + encodeURIComponent(paper.id) + "/sign", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key || crypto.randomUUID() },
      body: JSON.stringify(body),
    }).then(answer);

  // Why the agent did not answer. A page may not read a refusal; whether anybody is there at all it may know.
  const silence = async () => {
    const isThere = await fetch(agent + "/v1/state", { mode: "no-cors", credentials: "omit" }).then(() => true, () => false);
    return isThere
      ? "Phần mềm ký trên máy này không cho phép trang này xin ký: mở lại sohoa agent với --origin " + location.origin + ", rồi bấm “Tìm lại”."
      : "Chưa thấy phần mềm ký trên máy này: mở sohoa agent (nếu trình duyệt hỏi, cho phép trang truy cập ứng dụng trên máy này), rồi bấm “Tìm lại”.";
  };

  const why = async (error) => (isSilence(error) ? silence() : sentence(error.message));

  const chosen = () => papers.filter((paper) => !paper.isDone && (!paper.box || paper.box.checked));

  const refresh = () => {
    const n = chosen().length;
    button.disabled = !known.has(choice.value) || n === 0;
    if (papers.some((paper) => paper.box)) {
      button.textContent = n === 0 ? "Ký số" : "Ký tất cả (" + n + " giấy tờ)";
    }
  };

  const working = (isWorking) => {
    for (const paper of papers) {
      if (paper.box) {
        paper.box.disabled = isWorking || paper.isDone;
      }
    }
    choice.disabled = isWorking || known.size === 0;
    stop.hidden = !isWorking;
    stop.disabled = false;
    isStopped = false;
    if (isWorking) {
      button.disabled = true;
    } else {
      refresh();
    }
  };

  const offer = async () => {
    again.hidden = true;
    known.clear();
    refresh();
    choice.disabled = true;
    choice.replaceChildren(new Option("Đang hỏi phần mềm ký trên máy này…", ""));
    const slow = setTimeout(
      () => say("Phần mềm ký chưa trả lời. Nếu trình duyệt đang hỏi quyền truy cập ứng dụng trên máy này, hãy cho phép."),
      4000,
    );
    try {
      const { certificates } = await ask("GET", "/v1/certificates");
      choice.replaceChildren();
      for (const found of certificates) {
        const day = (found.not_after || "").slice(0, 10).split("-").reverse().join("/");
        const label = found.name + " (" + found.issuer + ", đến " + day + ")" + (found.message ? " – " + found.message : "");
        const option = new Option(label, found.id);
        option.disabled = !found.is_usable;
        choice.add(option);
        if (found.is_usable) {
          known.set(found.id, found);
        }
      }
      const [usable] = known.keys();
      if (!usable) {
        throw new Error("Thiết bị ký không có chứng thư số dùng được.");
      }
      choice.value = usable;
      choice.disabled = false;
      say("");
    } catch (error) {
      if (choice.options.length === 0 || !choice.options[0].value) {
        choice.replaceChildren(new Option("Chưa có chứng thư số", ""));
      }
      say(await why(error), "wrong");
      again.hidden = false;
    } finally {
      clearTimeout(slow);
      refresh();
    }
  };

  const remember = (some) => {
    const list = some.map((paper) => ({ id: paper.id, signing: paper.signing }));
    sessionStorage.setItem(KEPT, JSON.stringify({ request, papers: list }));
  };

  const forget = () => {
    request = null;
    sessionStorage.removeItem(KEPT);
  };

  // What the token signed, and of the rest why not: it may stop on the way.
  const consent = async () => {
    for (;;) {
      const seen = await ask("GET", "/v1/signatures/" + request);
      if (seen.state === "signed" || seen.state === "partly_signed") {
        return seen;
      }
      if (seen.state !== "waiting_for_consent" && seen.state !== "signing") {
        throw new Error(seen.message);
      }
      if (isStopped) {
        await ask("DELETE", "/v1/signatures/" + request);
      }
      say(sentence(seen.message));
      await later(700);
    }
  };

  // Keeps what is signed, and gives up the rest; whether all of it is signed.
  const received = async (seen, of) => {
    for (const [n, paper] of of.entries()) {
      if (paper && seen.signatures[n]) {
        paper.signature = seen.signatures[n];
      }
    }
    for (const [n, paper] of of.entries()) {
      if (paper && !seen.signatures[n]) {
        await giveUp([paper], "✗ Chưa ký: " + sentence((seen.faults || [])[n] || seen.message));
      }
    }
    return seen.state === "signed";
  };

  // Hands in what is signed; what the server did not answer to can be handed in again.
  const handIn = async () => {
    for (const paper of papers.filter((one) => one.signature)) {
      if (isStopped) {
        tell(paper, "Đã ký trên thiết bị, chưa ghép vào giấy tờ.");
        continue;
      }
      tell(paper, "Đang ghép chữ ký…");
      const body = { act: "complete", signing: paper.signing, signature: paper.signature };
      try {
        // The same key when it is sent again: it acts once.
        await step(paper, body, "complete-" + paper.signing);
        paper.isDone = true;
        paper.signature = null;
        tell(paper, "✓ Đã ký", "good");
      } catch (error) {
        if (isSilence(error)) {
          tell(paper, "Đã ký trên thiết bị, nhưng máy chủ không trả lời nên chưa ghép được vào giấy tờ.", "wrong");
        } else {
          paper.signature = null;
          tell(paper, "✗ " + sentence(error.message), "wrong");
        }
      }
    }
    if (!papers.some((paper) => paper.signature)) {
      forget();
    }
  };

  // Nobody can complete them any more; when even this fails they expire.
  const giveUp = async (some, text) => {
    for (const paper of some) {
      await step(paper, { act: "give_up", signing: paper.signing }).catch(() => {});
      tell(paper, text, isStopped ? "" : "wrong");
    }
  };

  const prepared = async (certificate, some) => {
    const ready = [];
    for (const paper of some) {
      if (isStopped) {
        break;
      }
      tell(paper, "Đang chuẩn bị…");
      try {
        const asked = await step(paper, { act: "prepare", certificate: certificate.der, chain: certificate.chain });
        paper.signing = asked.signing;
        ready.push({ paper, document: { title: paper.title, signed_attributes: asked.signed_attributes } });
        tell(paper, "Chờ công chức nhập mã PIN…");
      } catch (error) {
        const text = isSilence(error) ? "Máy chủ không trả lời." : sentence(error.message);
        tell(paper, "✗ Chưa ký: " + text, "wrong");
      }
    }
    return ready;
  };

  const signSome = async (certificate, some) => {
    const ready = await prepared(certificate, some);
    const of = ready.map((one) => one.paper);
    if (isStopped) {
      await giveUp(of, "Đã dừng, chưa ký.");
      return;
    }
    if (ready.length === 0) {
      return;
    }
    let isWhole = false;
    try {
      const documents = ready.map((one) => one.document);
      request = (await ask("POST", "/v1/signatures", { certificate: certificate.id, documents })).id;
      remember(of);
      isWhole = await received(await consent(), of);
    } catch (error) {
      const text = isSilence(error) ? "mất kết nối với phần mềm ký." : error.message;
      if (request) {
        await ask("DELETE", "/v1/signatures/" + request).catch(() => {});
      }
      forget();
      await giveUp(of, "✗ Chưa ký: " + (isStopped ? "đã dừng." : sentence(text)));
      isStopped = true;
      return;
    }
    await handIn();
    isStopped = isStopped || !isWhole;
  };

  const ended = () => {
    const n = papers.filter((paper) => paper.isDone).length;
    const kept = papers.filter((paper) => paper.signature).length;
    if (papers.some((paper) => paper.box)) {
      const rest = kept ? " " + kept + " giấy tờ đã ký trên thiết bị, chưa ghép: bấm “Tiếp tục”." : "";
      say("Đã ký " + n + "/" + papers.length + " giấy tờ." + rest, n === papers.length ? "good" : "");
    } else if (n > 0) {
      location.reload();
    }
    working(false);
    if (kept) {
      button.textContent = "Tiếp tục";
      button.disabled = false;
    }
  };

  const sign = async () => {
    const isKept = papers.some((paper) => paper.signature);
    const some = isKept ? [] : chosen();
    const certificate = known.get(choice.value);
    working(true);
    if (isKept) {
      await handIn();
    }
    for (let from = 0; from < some.length && !isStopped; from += MOST) {
      await signSome(certificate, some.slice(from, from + MOST));
    }
    ended();
  };

  // What the officer agreed to before the page was loaded anew is not asked for twice.
  const resume = async () => {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (!kept) {
      return;
    }
    const of = kept.papers.map((one) => papers.find((paper) => paper.id === one.id && paper.signing === one.signing));
    if (!of.some(Boolean)) {
      return; // they are of another page, or done by now
    }
    request = kept.request;
    working(true);
    try {
      await received(await consent(), of);
      await handIn();
    } catch (error) {
      if (!isSilence(error)) {
        forget();
        say("Lượt ký trước chưa xong: " + sentence(error.message), "wrong");
      }
      working(false);
      return;
    }
    ended();
  };

  const halt = async () => {
    isStopped = true;
    stop.disabled = true;
    if (request) {
      await ask("DELETE", "/v1/signatures/" + request).catch(() => {});
    }
  };

  button.addEventListener("click", sign);
  again.addEventListener("click", offer);
  stop.addEventListener("click", halt);
  for (const paper of papers) {
    paper.box?.addEventListener("change", refresh);
  }
  offer().then(resume);
}
