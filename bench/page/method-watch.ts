/** Stands in for methods of WebGPU's own classes, on every object of this thread, until `stop`. */
export class MethodWatch {
  readonly #restores: (() => void)[] = [];

  /** Calls `seen` after every call of a method, with the object, its arguments and what it returned. */
  after<Target extends object, Name extends keyof Target>(
    target: Target,
    name: Name,
    seen: (self: Target, args: ArgumentsOf<Target[Name]>, result: ResultOf<Target[Name]>) => void,
  ): void {
    const descriptor = Object.getOwnPropertyDescriptor(target, name)!;
    const original = target[name] as (...args: unknown[]) => ResultOf<Target[Name]>;
    Object.defineProperty(target, name, {
      ...descriptor,
      value(this: Target, ...args: unknown[]) {
        const result = original.apply(this, args);
        seen(this, args as ArgumentsOf<Target[Name]>, result);
        return result;
      },
    });
    this.#restores.push(() => Object.defineProperty(target, name, descriptor));
  }

  /** Gives the classes their methods back. */
  stop(): void {
    for (const restore of this.#restores.splice(0).reverse()) restore();
  }
}

type ArgumentsOf<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type ResultOf<Method> = Method extends (...args: never[]) => infer Result ? Result : never;
