import { UnmaskError } from '../../errors';

/** How long a failed call waits to learn whether the device is lost; the loss is told separately from the failure. */
const LOSS_DELAY_MS = 100;

/** Turns what WebGPU does when a device goes away or runs full into errors that say what to do. */
export class DeviceGuard {
  readonly #device: GPUDevice;
  readonly #loss: Promise<GPUDeviceLostInfo>;
  #failure: UnmaskError | undefined;
  #pending: ((error: UnmaskError) => void) | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#loss = new Promise((resolve) => {
      onLoss(device, this, (info) => {
        // Whatever failed before, the loss is what a person can act on.
        this.#failure = deviceLost(info);
        this.#pending?.(this.#failure);
        resolve(info);
      });
    });
    device.addEventListener('uncapturederror', this.#onError);
  }

  /** Throws what went wrong with the device, if anything did: it is of no use after that. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** The work's result; throws `device-lost` as soon as the device is gone. One work at a time. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#pending = reject;
        work().then(resolve, reject);
      });
    } catch (error) {
      await Promise.race([this.#loss, new Promise((resolve) => setTimeout(resolve, LOSS_DELAY_MS))]);
      throw this.#failure ?? error;
    } finally {
      this.#pending = undefined;
    }
  }

  /**
   * Runs `make`, which creates GPU objects. Throws `out-of-memory` where the device has no room for
   * them, and `internal` where it refuses them for another reason.
   */
  async create<T>(make: () => T | Promise<T>): Promise<T> {
    return this.run(async () => {
      this.#device.pushErrorScope('validation');
      this.#device.pushErrorScope('out-of-memory');
      const made = await Promise.resolve()
        .then(make)
        .then(
          (value) => () => value,
          (error: unknown) => () => {
            throw error;
          },
        );
      // Both scopes must be closed, whatever happened within.
      const errors = [await this.#device.popErrorScope(), await this.#device.popErrorScope()];
      const error = errors.find((found) => found !== null);
      if (error) throw refusal(error);
      return made();
    });
  }

  /** Leaves the device to its owner. */
  dispose(): void {
    guarded.get(this.#device)?.delete(this);
    this.#device.removeEventListener('uncapturederror', this.#onError);
  }

  readonly #onError = ({ error }: GPUUncapturedErrorEvent): void => {
    this.#failure ??= refusal(error);
  };
}

type Listener = (info: GPUDeviceLostInfo) => void;

/** Who is told of a loss. A device outlives many guards, and what once waits for its `lost` waits for good. */
const guarded = new WeakMap<GPUDevice, Map<DeviceGuard, Listener>>();

function onLoss(device: GPUDevice, guard: DeviceGuard, listener: Listener): void {
  let listeners = guarded.get(device);
  if (!listeners) {
    const all = new Map<DeviceGuard, Listener>();
    listeners = all;
    guarded.set(device, all);
    void device.lost.then((info) => {
      for (const tell of all.values()) tell(info);
    });
  }
  listeners.set(guard, listener);
}

function deviceLost({ reason, message }: GPUDeviceLostInfo): UnmaskError {
  return new UnmaskError(
    'device-lost',
    `The GPU device is gone (${[reason, message.trim()].filter(Boolean).join(': ') || 'no reason given'}). ` +
      'Load the model again; if it happens again, choose the wasm backend.',
  );
}

function refusal(error: GPUError): UnmaskError {
  if (error instanceof GPUOutOfMemoryError) {
    return new UnmaskError('out-of-memory', 'The GPU has no room for what it was asked for.');
  }
  return new UnmaskError('internal', `WebGPU refused a request: ${error.message}`);
}
