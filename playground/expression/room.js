// The room of expressions.

export async function mount(host) {
  host.root.textContent = 'This room is being built.';
  return { unmount() {} };
}
