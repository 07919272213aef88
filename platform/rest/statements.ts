const MOST = 500

/**
 * Texts of statements, made once for what they depend on: a representation (or what else is selected) and further parts. The same
 * text object every time, since prepared statements are found by it.
 */
export class Statements {
  readonly #texts = new Map<unknown, Map<string, string>>()
  #count = 0

  text(parts: readonly string[], selected: object | string, make: () => string): string {
    const texts = this.#texts.get(selected) ?? new Map<string, string>()
    const id = parts.join('\n')
    const known = texts.get(id)
    if (known !== undefined) return known
    const text = make()
    if (this.#count++ < MOST) this.#texts.set(selected, texts.set(id, text))
    return text
  }
}
