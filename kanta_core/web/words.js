// How numbers, times and people are put into words.

const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const number = new Intl.NumberFormat("en-GB");

/** "1 photo", "1,200 photos". */
export function count(many, one, several = `${one}s`) {
  return `${number.format(many)} ${many === 1 ? one : several}`;
}

/** "21 Nov 2026, 15:00", in the reader's own zone. */
export function time(text) {
  return moment.format(new Date(text));
}

/** "21 Nov 2026, 15:00 – 23:00": from when until when, where there is an end. */
export function when(start, end) {
  return end ? moment.formatRange(new Date(start), new Date(end)) : time(start);
}

/** "3.4 MB". */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${value.toFixed(unit < 2 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

/** What a person is called. */
export function called(person) {
  return person.name ?? `Person ${person.cluster_id}`;
}

/** What an event is called. */
export function eventName(event) {
  return event.name || event.code;
}

/** The address of a part of an event's page. */
export function address(code, ...parts) {
  return `#/events/${[code, ...parts].map(encodeURIComponent).join("/")}`;
}
