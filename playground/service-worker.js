// Keeps the page's own files, so that it works without a network after its first visit.
//
// Each build has a cache of its own, filled whole before it serves anything: the files of two builds are
// never mixed. A new build waits until the page asks for it.

/* global SITE */
importScripts('site-files.js');

const CACHE = `gradling-${SITE.version}`;
const address = (file) => new URL(file, self.registration.scope).href;
const PAGE = address('index.html');

self.addEventListener('install', (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SITE.files.map((file) => new Request(address(file), { cache: 'no-cache' })));
  };
  event.waitUntil(fill());
});

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    const others = (await caches.keys()).filter((name) => name.startsWith('gradling-') && name !== CACHE);
    await Promise.all(others.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('message', (event) => {
  if (event.data === 'take over') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const answer = async () => {
    const cache = await caches.open(CACHE);
    const wanted = request.mode === 'navigate' ? PAGE : request;
    return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request);
  };
  event.respondWith(answer());
});
