// A scanner that types: keys closer than 60 ms, or anything after its prefix, ended by Enter. Needs no focus.
const GAP_MAX_MS = 60;
const LENGTH_MIN = 3;
const LENGTH_MAX = 200;
const GROUP_SEPARATOR = "\x1d";

export function listenForScans({ prefix, onScan }) {
  let text = "";
  let last = 0;
  let fast = true;

  function reset() {
    text = "";
    fast = true;
  }
  function onKey(event) {
    const now = event.timeStamp; // when the key came, however busy this page is
    const prefixed = Boolean(prefix) && text.startsWith(prefix);
    if (event.key === "Enter") {
      const isScan = text.length >= LENGTH_MIN && (prefixed || (fast && now - last <= GAP_MAX_MS));
      if (isScan) {
        event.preventDefault();
        event.stopPropagation();
        takeOutOf(event.target, text);
        onScan(prefixed ? text.slice(prefix.length) : text);
      }
      return reset();
    }
    const key = event.ctrlKey && event.key === "]" ? GROUP_SEPARATOR : event.key;
    if (key.length !== 1 || event.altKey || event.metaKey || (event.ctrlKey && key !== GROUP_SEPARATOR)) return;
    if (text && !prefixed && now - last > GAP_MAX_MS) reset();
    if (text.length >= LENGTH_MAX) reset();
    text += key;
    last = now;
  }
  window.addEventListener("keydown", onKey, true);
  return () => window.removeEventListener("keydown", onKey, true);
}

// What the scanner typed into a focused field does not belong there.
function takeOutOf(target, text) {
  if (target instanceof HTMLInputElement && target.value.endsWith(text)) {
    target.value = target.value.slice(0, -text.length);
    target.dispatchEvent(new Event("input"));
  }
}
