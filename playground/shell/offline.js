// The service worker: the page works without a network after its first visit.

export async function goOffline(tell) {
  if (!('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.register('service-worker.js', { updateViaCache: 'none' });
  const known = navigator.serviceWorker.controller !== null;
  // The first one claims the page; a later one takes over because it was asked to.
  let asked = false;
  navigator.serviceWorker.addEventListener('controllerchange', () => asked && location.reload());
  const offer = (worker) => {
    const run = () => {
      asked = true;
      worker.postMessage('take over');
    };
    tell('A newer version of this page is here.', { action: { label: 'Load it', run } });
  };
  if (registration.waiting && known) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker.addEventListener('statechange', () => {
      if (worker.state === 'installed' && known) offer(worker);
    });
  });
  await navigator.serviceWorker.ready;
  document.documentElement.dataset.offline = 'ready';
}
