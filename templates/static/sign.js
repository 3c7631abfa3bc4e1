// Signs a confirmed paper with the officer's token: asks our server what is to be signed, has the signing agent on this
// computer sign it, and hands the answer in. The PIN is entered at the agent and never comes here.
"use strict";

const card = document.getElementById("sign");

if (card) {
  const choice = document.getElementById("certificate");
  const button = document.getElementById("do-sign");
  const status = document.getElementById("sign-status");
  const agent = card.dataset.agent;
  const known = new Map();

  const say = (text) => {
    status.textContent = text;
  };

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

  const step = (body) =>
    fetch("/api/v1/papers/" + encodeURIComponent(card.dataset.paper) + "/sign", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
      body: JSON.stringify(body),
    }).then(answer);

  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  const offer = async () => {
    try {
      const { certificates } = await ask("GET", "/v1/certificates");
      choice.replaceChildren();
      for (const found of certificates) {
        known.set(found.id, found);
        const until = (found.not_after || "").slice(0, 10);
        const label = found.name + " (" + found.issuer + ", đến " + until + ")" + (found.message ? " – " + found.message : "");
        const option = new Option(label, found.id);
        option.disabled = !found.is_usable;
        choice.add(option);
      }
      const usable = certificates.find((found) => found.is_usable);
      if (!usable) {
        throw new Error("Thiết bị ký không có chứng thư số dùng được.");
      }
      choice.value = usable.id;
      choice.disabled = false;
      button.disabled = false;
      say("");
    } catch (error) {
      const silent = error instanceof TypeError;
      say(silent ? "Chưa thấy phần mềm ký trên máy này. Hãy mở sohoa agent rồi tải lại trang." : error.message);
    }
  };

  const consent = async (id) => {
    for (;;) {
      const request = await ask("GET", "/v1/signatures/" + id);
      if (request.state === "signed") {
        return request.signatures[0];
      }
      if (request.state !== "waiting_for_consent" && request.state !== "signing") {
        throw new Error("Chưa ký được: " + request.message);
      }
      say(request.message);
      await later(700);
    }
  };

  const sign = async () => {
    const certificate = known.get(choice.value);
    button.disabled = true;
    choice.disabled = true;
    let signing = null;
    try {
      if (card.dataset.prepared) {
        await step({ act: "give_up", signing: card.dataset.prepared });
        delete card.dataset.prepared;
      }
      say("Đang chuẩn bị…");
      const prepared = await step({ act: "prepare", certificate: certificate.der, chain: certificate.chain });
      signing = prepared.signing;
      const title = document.querySelector("h1");
      const request = await ask("POST", "/v1/signatures", {
        certificate: certificate.id,
        documents: [{ title: title ? title.textContent.trim() : "", signed_attributes: prepared.signed_attributes }],
      });
      const signature = await consent(request.id);
      say("Đang ghép chữ ký…");
      await step({ act: "complete", signing, signature });
      signing = null;
      say("Đã ký.");
      location.reload();
    } catch (error) {
      say(error.message);
      if (signing) {
        // Nobody can complete it any more; when even this fails it expires.
        await step({ act: "give_up", signing }).catch(() => {});
      }
      button.disabled = false;
      choice.disabled = false;
    }
  };

  button.addEventListener("click", sign);
  offer();
}
