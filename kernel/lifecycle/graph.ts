/** Order by dependency. Knows nothing of plugins: names and what each needs. */
export interface Node {
  readonly name: string
  /** Must be there. */
  readonly needs: readonly string[]
  /** Come first where they are there. */
  readonly after: readonly string[]
}

export interface Order {
  /** Every node after all it needs, ties by name; without the nodes on a cycle. */
  readonly order: readonly string[]
  readonly missing: readonly { readonly name: string; readonly needs: string }[]
  /** Each cycle as a path that ends where it began. */
  readonly cycles: readonly (readonly string[])[]
}

/** Sorts by dependency; the result does not depend on the order of the input. */
export function sort(nodes: readonly Node[]): Order {
  const known = new Map(nodes.map(node => [node.name, node]))
  const names = [...known.keys()].sort()
  const missing = names.flatMap(name =>
    (known.get(name)?.needs ?? []).filter(need => !known.has(need)).map(needs => ({ name, needs }))
  )
  const order: string[] = []
  const cycles: string[][] = []
  const done = new Set<string>()

  function visit(name: string, path: readonly string[]): void {
    if (done.has(name)) return
    const start = path.indexOf(name)
    if (start >= 0) {
      cycles.push([...path.slice(start), name])
      return
    }
    const node = known.get(name)
    if (!node) return
    for (const before of [...node.needs, ...node.after].sort()) visit(before, [...path, name])
    if (!done.has(name)) {
      done.add(name)
      order.push(name)
    }
  }

  for (const name of names) visit(name, [])
  return { order, missing, cycles }
}
