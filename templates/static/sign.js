// Signs a confirmed paper with the officer's token: asks our server what is to be signed, has the signing agent on this
// computer sign it, and hands the answer in. The PIN is entered at the agent and never comes here.
"use strict";

const card = document.getElementById("sign");
