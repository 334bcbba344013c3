// The tour: eight lessons in the two rooms.

export async function mount(host) {
  host.root.textContent = 'This room is being built.';
  return { unmount() {} };
}
