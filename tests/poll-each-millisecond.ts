/**
 * Dawn asks for news in every turn of Node's event loop while anything is pending, which takes a core from the software
 * driver that is to have news. It calls the global `setImmediate` for that; waiting a millisecond each time halves what
 * the GPU's tests take.
 */
const immediately = globalThis.setImmediate;
const slowly = (callback: (...args: unknown[]) => void, ...args: unknown[]): unknown =>
  String(callback).includes('[native code]') ? setTimeout(callback, 1, ...args) : immediately(callback, ...args);
globalThis.setImmediate = Object.defineProperties(
  slowly,
  Object.getOwnPropertyDescriptors(immediately),
) as typeof setImmediate;
