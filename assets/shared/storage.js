// Storage is closed to some frames and private windows; the page works without.
const inStorage = (name) => ({
  read(key) {
    try {
      return globalThis[name].getItem(key);
    } catch {
      return null;
    }
  },
  // The value under `key`; null where there is none.
  readValue(key) {
    try {
      return JSON.parse(this.read(key));
    } catch {
      return null;
    }
  },
  // The array under `key`, or null where there is none.
  readList(key) {
    const value = this.readValue(key);
    return Array.isArray(value) ? value : null;
  },
  remove(key) {
    try {
      globalThis[name].removeItem(key);
    } catch {
      // What could not be written is not there.
    }
  },
  write(key, text) {
    try {
      globalThis[name].setItem(key, text);
    } catch {
      // A full or closed storage only means that a reload starts afresh.
    }
  },
});

export const storage = inStorage("sessionStorage"); // what a reload keeps
export const kept = inStorage("localStorage"); // what a later visit finds
