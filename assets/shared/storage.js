// What a reload keeps. Storage is closed to some frames and private windows; the page works without.
export const storage = {
  read(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  },
  // The array under `key`, or null where there is none.
  readList(key) {
    try {
      const value = JSON.parse(this.read(key));
      return Array.isArray(value) ? value : null;
    } catch {
      return null;
    }
  },
  write(key, text) {
    try {
      sessionStorage.setItem(key, text);
    } catch {
      // A full or closed storage only means that a reload starts afresh.
    }
  },
};
