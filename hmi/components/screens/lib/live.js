// The browser's side of a live screen: the view model, its age by this browser's own clock, and requests.
import { reactive } from "vue";
import { tone } from "./tones.js";

const ANSWER_TIMEOUT_MS = 12000;
const SILENCE_MAX_MS = 5000; // nothing may be booked on a picture older than this
const TICK_MS = 500;
const TOUCH_EVERY_MS = 15000;

export function newId() {
  if (window.crypto.randomUUID) return crypto.randomUUID(); // only in secure contexts
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

export function createLive({ labels, page, send, connected }) {
  const pending = new Map();
  const scanHandlers = [];
  let received = null; // performance.now() when the last message came
  let sent = { nowMs: Date.now(), ageMs: 0, linked: false };
  let started = 0;
  let timer = null;
  let lastTouch = 0;

  const live = reactive({
    vm: {},
    page,
    ready: false,
    now: Date.now(), // the server's clock, carried on by this browser's own
    age: 0, // ms since the picture was last known to be true
    linked: true,
    theme: document.documentElement.dataset.theme || "day",

    get offline() {
      return !live.linked || (live.age > SILENCE_MAX_MS && live.ready);
    },
    get stale() {
      return live.ready && live.age > (page.staleAfterMs || SILENCE_MAX_MS);
    },
    t(key, values) {
      const text = labels[key];
      if (text === undefined) {
        console.error(`no words for ${key}`);
        return key;
      }
      return values ? text.replace(/\{(\w+)\}/g, (_, name) => values[name]) : text;
    },

    start() {
      started = performance.now();
      timer = setInterval(tick, TICK_MS);
      window.addEventListener("pointerdown", touch, true);
      window.addEventListener("keydown", touch, true);
      tick();
    },
    stop() {
      clearInterval(timer);
      window.removeEventListener("pointerdown", touch, true);
      window.removeEventListener("keydown", touch, true);
    },
    receive(message) {
      received = performance.now();
      sent = message.link;
      Object.assign(live.vm, message.patch);
      live.ready = live.ready || sent.loaded;
      tick();
    },
    settle(answer) {
      pending.get(answer.id)?.(answer);
    },
    // Ask the server; the id makes it book once however often it is sent. Never queued: offline means refused.
    ask(verb, body = {}, id = newId()) {
      tick();
      if (live.offline) {
        tone("refused");
        return Promise.resolve({ id, ok: false, problem: live.offlineProblem() });
      }
      return new Promise((resolve) => {
        const giveUp = setTimeout(() => settled({ id, ok: false, problem: live.silentProblem() }), ANSWER_TIMEOUT_MS);
        const settled = (answer) => {
          clearTimeout(giveUp);
          pending.delete(id);
          resolve(answer);
        };
        pending.set(id, settled);
        send({ id, verb, body, atMs: live.now });
      });
    },
    // The same, for what a person does: tells the outcome by tone.
    async book(verb, body, id) {
      const answer = await live.ask(verb, body, id);
      tone(answer.ok ? "accepted" : "refused");
      return answer;
    },
    // What was scanned or typed does not fit here.
    refuse() {
      tone("refused");
    },
    onScan(handler) {
      scanHandlers.push(handler);
      return () => scanHandlers.splice(scanHandlers.indexOf(handler), 1);
    },
    scanned(text) {
      const handler = scanHandlers[scanHandlers.length - 1];
      if (live.offline || !handler) tone("refused");
      if (handler) handler(text, live.offline ? live.offlineProblem() : null);
    },
    offlineProblem() {
      return { title: live.t("offline.title"), detail: live.t("offline.detail"), instance: "" };
    },
    silentProblem() {
      return { title: live.t("silent.title"), detail: live.t("silent.detail"), instance: "" };
    },
    setTheme(theme) {
      live.theme = theme;
      document.documentElement.dataset.theme = theme;
      localStorage.setItem("lineside.theme", theme);
    },
    setLanguage(language) {
      document.cookie = `lineside_language=${language};path=/;max-age=31536000;samesite=lax`;
      window.location.reload();
    },
  });

  function tick() {
    const since = received === null ? 0 : performance.now() - received;
    live.now = sent.nowMs + since;
    live.age = sent.ageMs === null ? Infinity : sent.ageMs + since;
    const waiting = received === null && performance.now() - started < SILENCE_MAX_MS;
    live.linked = waiting || (sent.linked && connected());
  }
  function touch() {
    const now = performance.now();
    if (!page.station || live.offline || now - lastTouch < TOUCH_EVERY_MS) return;
    lastTouch = now;
    send({ id: newId(), verb: "touch", body: {}, atMs: live.now });
  }
  return live;
}

// A command's id lives as long as its content: a double tap and a retry repeat it, a change makes a new one.
export function idKeeper() {
  let content = null;
  let id = null;
  return {
    for(body) {
      const text = JSON.stringify(body);
      if (text !== content) [content, id] = [text, newId()];
      return id;
    },
    forget() {
      content = null;
    },
  };
}
