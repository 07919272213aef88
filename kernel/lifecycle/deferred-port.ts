/** A port that exists before its gateway is open: plugins are built and routes are mounted on it. */
export interface DeferredPort<P extends object> {
  /** Keeps its identity. Its known constants can be read at once; every other use throws until `bind`. */
  readonly port: P
  /** Gives it the members of the opened port, so that a call costs what a call of the opened port costs. */
  bind(opened: P): void
}

/** Makes a port that is not open yet. `constants` are properties that follow from the gateway's settings alone. */
export function deferPort<P extends object>(name: string, constants: Partial<P> = {}): DeferredPort<P> {
  const port = Object.assign(Object.create(closed(name)) as P, constants)
  return {
    port,
    bind(opened) {
      Object.setPrototypeOf(port, Object.prototype)
      for (const key of membersOf(opened)) {
        const value = opened[key as keyof P]
        Object.defineProperty(port, key, {
          configurable: true,
          enumerable: true,
          // A function keeps its object, which may have private fields; anything else is read from the port each time.
          ...(typeof value === 'function'
            ? { writable: true, value: (value as () => unknown).bind(opened) }
            : { get: () => opened[key as keyof P] })
        })
      }
    }
  }
}

/** Own members and those of its classes. */
function membersOf(value: object): Set<string> {
  const members = new Set<string>()
  for (let at = value; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at) as object)
    for (const key of Object.getOwnPropertyNames(at)) if (key !== 'constructor') members.add(key)
  return members
}

/** May be passed around, and its properties may be read and passed around; throws when it is called. */
function closed(name: string): object {
  return new Proxy(() => undefined, {
    get(_, key) {
      if (key === Symbol.toPrimitive) return () => refuse(name)
      return key === 'then' || typeof key === 'symbol' ? undefined : closed(`${name}.${key}`)
    },
    apply: () => refuse(name)
  })
}

function refuse(name: string): never {
  throw new Error(`${name} is not open yet: services and routes() build and mount, they do no work`)
}
