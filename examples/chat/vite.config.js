export default {
  base: './',
  // The worker loads what it needs when it needs it, which takes modules.
  worker: { format: 'es' },
};
