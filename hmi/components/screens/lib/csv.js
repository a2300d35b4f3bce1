// What a screen shows, as a file for a spreadsheet. Text that a spreadsheet would run is made harmless.
const RUNS = /^[=+\-@\t\r]/;
const NUMBER = /^[+\-−]?[\d,]+(\.\d+)?( .*)?$/;

function cell(value) {
  const text = String(value ?? "").replaceAll("−", "-");
  const safe = RUNS.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function saveCsv(name, titles, rows) {
  const lines = [titles, ...rows].map((row) => row.map(cell).join(","));
  const file = new Blob([`\ufeff${lines.join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name.replace(/[^A-Za-z0-9._-]+/g, "-")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
