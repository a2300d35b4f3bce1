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

// The plant's wall clock at an instant: what a person there would write down.
export function wall(ms, zone) {
  const shown = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(ms);
  const part = Object.fromEntries(shown.map((one) => [one.type, one.value]));
  return { day: `${part.year}-${part.month}-${part.day}`, time: `${part.hour}:${part.minute}` };
}

// The instant of a wall-clock time of the plant, as ISO text; null when it is none.
export function moment({ day, time }, zone) {
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !/^([01]?\d|2[0-3]):[0-5]\d$/.test(time)) return null;
  const wanted = Date.parse(`${day}T${time.padStart(5, "0")}:00Z`);
  if (Number.isNaN(wanted)) return null;
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) {
    const there = wall(at, zone);
    at += wanted - Date.parse(`${there.day}T${there.time}:00Z`);
  }
  return new Date(at).toISOString();
}

// Dates are typed as they are shown, whatever country the browser is set to: eight digits 20271231 become 2027-12-31 in their input.
export function dated(input) {
  const digits = input.value.replace(/\D/g, "").slice(0, 8);
  input.value = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)].filter(Boolean).join("-");
  return input.value;
}
