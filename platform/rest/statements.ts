const MAX_TEXTS = 500

/**
 * Cache of statement texts by what they depend on: what is selected, and further parts. It returns the same string object each time,
 * whose hash is known: prepared statements are found by their text.
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
    if (this.#count++ < MAX_TEXTS) this.#texts.set(selected, texts.set(id, text))
    return text
  }
}
