// What this browser remembers for this person: the scheme, lessons done. Never the state of a room, which is
// in the address. Where storage is forbidden, nothing is remembered and nothing fails.

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Null forgets. */
export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
