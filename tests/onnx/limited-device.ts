/** A device that says it binds less. */
export function limited(device: GPUDevice, limit: number): GPUDevice {
  const limits = { ...device.limits, maxStorageBufferBindingSize: limit, maxBufferSize: 2 ** 28 };
  return new Proxy(device, {
    get(target, key) {
      if (key === 'limits') return limits;
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
