// Durations as people read them; clock times come formatted from the server, in the plant's zone.
const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (number) => String(number).padStart(2, "0");

// 00:42:10, and from a day on "2 d 04:10".
export function elapsed(ms, t) {
  const rest = Math.max(0, ms);
  const days = Math.floor(rest / DAY);
  const hours = Math.floor((rest % DAY) / HOUR);
  const minutes = Math.floor((rest % HOUR) / MINUTE);
  if (days) return `${days} ${t("time.d")} ${two(hours)}:${two(minutes)}`;
  return `${two(hours)}:${two(minutes)}:${two(Math.floor((rest % MINUTE) / 1000))}`;
}

// 34 min, 3 h 20 min, 2 d 4 h; null stays null.
export function span(ms, t) {
  if (ms === null || ms === undefined) return null;
  if (ms <= 0) return t("time.now");
  if (ms < MINUTE) return `< 1 ${t("time.min")}`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} ${t("time.min")}`;
  const hours = Math.floor(ms / HOUR);
  if (ms < 10 * HOUR) return `${hours} ${t("time.h")} ${Math.floor((ms % HOUR) / MINUTE)} ${t("time.min")}`;
  if (ms < 2 * DAY) return `${hours} ${t("time.h")}`;
  return `${Math.floor(ms / DAY)} ${t("time.d")} ${Math.floor((ms % DAY) / HOUR)} ${t("time.h")}`;
}

// How old: 0.2 s, 12 s, 3 min.
export function age(ms, t) {
  if (!Number.isFinite(ms)) return "—";
  if (ms < 10000) return `${(ms / 1000).toFixed(1)} ${t("time.s")}`;
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} ${t("time.s")}`;
  return span(ms, t);
}
