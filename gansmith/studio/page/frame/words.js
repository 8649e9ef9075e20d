// Numbers as words a person reads.

const NUMBER = new Intl.NumberFormat("en");

// A count or a speed: 1,234 or 12.5 or 0.031.
export function amount(value) {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 || Number.isInteger(value) ? NUMBER.format(Math.round(value)) : threeDigits(value);
}

// A measured number in three digits, with a true minus sign.
export function threeDigits(value) {
  if (!Number.isFinite(value)) return "–";
  const text = value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6)
    ? value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e")
    : String(Number(value.toPrecision(3)));
  return text.replaceAll("-", "−");
}

// 48 s, 3 min 20 s, 2 h 5 min.
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${NUMBER.format(Math.floor(minutes / 60))} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function ago(time, now = Date.now() / 1000) {
  const seconds = now - time;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "yesterday" : `${NUMBER.format(days)} days ago`;
}

export function bytes(count) {
  if (count < 1e3) return `${count} bytes`;
  if (count < 1e6) return `${Math.round(count / 1e3)} kB`;
  if (count < 1e9) return `${threeDigits(count / 1e6)} MB`;
  return `${threeDigits(count / 1e9)} GB`;
}

export function percent(share) {
  return `${Math.floor(share * 100)} %`;
}

export function plural(count, one, many = `${one}s`) {
  return `${amount(count)} ${count === 1 ? one : many}`;
}

// A setting's value as a recipe writes it.
export function writtenValue(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value) || typeof value === "object") return JSON.stringify(value);
  return String(value);
}

// An item: (channels, height, width) of a picture, or how many numbers a vector has.
export function shapeWords([first, height, width]) {
  const colours = { 1: "grey", 4: "colour with transparency" }[first] || "colour";
  return height ? `${width}x${height} pixels, ${colours}` : plural(first, "number");
}

// The path of a run for the server: a name is one segment.
export function runPath(name, rest = "") {
  return `runs/${encodeURIComponent(name)}${rest && `/${rest}`}`;
}

// The address of a run's page, or of its part "steer" or "quiz".
export function runPage(name, part = "") {
  return `#/run/${encodeURIComponent(name)}${part && `/${part}`}`;
}
